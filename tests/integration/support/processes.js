// Starts and stops the real processes, each on free ports, and keeps what they print.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { get } from './rest.js';
import { guarded, until } from './wait.js';

/** What each process says that it listens on, and with which flag that port is chosen. */
const ENDPOINTS = {
  'room-service': { grpc: 'port', metrics: 'metrics-port' },
  'messaging-service': { grpc: 'port', metrics: 'metrics-port' },
  edge: { http: 'port' },
};

/** With a certificate, the edge speaks HTTPS instead. */
function endpointsOf(name, flags) {
  return name === 'edge' && flags['tls-certificate'] ? { https: 'port' } : ENDPOINTS[name];
}

/** All clients of a test share one address; tests of what that address may take set these themselves. */
const ONE_ADDRESS = { 'max-connections-per-address': 0, 'handshake-rate-per-address': 0 };

const running = new Set();
const scratch = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of scratch) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Path of one of our executables. */
export function executable(name) {
  const directory = process.env.PARLEY_BIN_DIR;
  assert.ok(
    directory,
    'PARLEY_BIN_DIR must name the directory with room-service, messaging-service and edge',
  );
  const path = resolve(directory, name);
  assert.ok(existsSync(path), `${path} is missing: build it first`);
  return path;
}

/** `{ 'join-timeout': '1s' }` as command-line arguments. */
export function flagArguments(flags) {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** The environment without any PARLEY_ variable but those given. */
export function cleanEnvironment(variables = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_'));
  return { ...Object.fromEntries(inherited), ...variables };
}

/** What the kernel tells of each thread of a process: thread ids, and the fields of `stat` from the third, the state, on. */
export function threadsOf(pid) {
  const tasks = `/proc/${pid}/task`;
  // The second field, a name in brackets, may hold anything.
  const fields = (thread) => readFileSync(`${tasks}/${thread}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
  return new Map(readdirSync(tasks).map((thread) => [Number(thread), fields(thread)]));
}

/** Runs an executable that is expected to end by itself; tells how it ended and what it printed. */
export async function runToEnd(name, args, variables = {}) {
  const child = spawn(executable(name), args, {
    // A service that gets as far as making its data directory makes it there.
    cwd: scratchDirectory(),
    env: cleanEnvironment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed.stderr += text));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  try {
    return { ...(await guarded(ended, () => `the end of ${name} ${args.join(' ')}`)), ...printed };
  } finally {
    child.kill('SIGKILL');
    running.delete(child);
  }
}

/** A directory that is there until this process ends. */
function scratchDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'parley-'));
  scratch.add(directory);
  return directory;
}

/** One process, which can be stopped and started again on the same ports. */
export class Process {
  constructor(name, flags, variables = {}) {
    this.name = name;
    this.flags = { host: '127.0.0.1', 'log-format': 'json', 'log-level': 'debug', ...flags };
    if (name !== 'edge') this.flags['data-dir'] ??= scratchDirectory();
    // Tests that look at something else need not wait for it at their end.
    if (name === 'edge') this.flags['drain-time'] ??= 0;
    for (const flag of Object.values(endpointsOf(name, this.flags))) this.flags[flag] ??= 0;
    this.variables = variables;
    this.log = [];
    this.stdout = [];
    this.endpoints = {};
    this.child = null;
  }

  get pid() {
    return this.child.pid;
  }

  /** Returns when the process has said that it listens on everything it should. */
  async start() {
    const child = spawn(executable(this.name), flagArguments(this.flags), {
      env: cleanEnvironment(this.variables),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(child);
    this.stdout = [];
    this.endpoints = {};
    createInterface({ input: child.stderr }).on('line', (line) => this.log.push(line));
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    const listening = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.stdout.push(line);
        const [, kind, address] = /^listening (\S+) (\S+)$/.exec(line) ?? [];
        if (kind) this.endpoints[kind] = address;
        if (Object.keys(endpointsOf(this.name, this.flags)).every((expected) => this.endpoints[expected])) resolve();
      });
    });
    const early = this.ended.then(({ code, signal }) => {
      throw new Error(`${this.name} ended (${code ?? signal}) before it listened:\n${this.log.join('\n')}`);
    });
    early.catch(() => {});
    await guarded(Promise.race([listening, early]), () => `${this.name} to listen`);
    for (const [kind, flag] of Object.entries(endpointsOf(this.name, this.flags))) {
      this.flags[flag] = Number(this.endpoints[kind].split(':').at(-1));
    }
    return this;
  }

  /** Returns when all of the process stands still: until its threads have heard of it, they go on. */
  async freeze() {
    this.child.kill('SIGSTOP');
    const stands = ([state]) => state === 'T';
    await until(`${this.name} stands still`, () => [...threadsOf(this.pid).values()].every(stands));
  }

  thaw() {
    this.child.kill('SIGCONT');
  }

  /** Asks the process to stop and insists on a clean end. */
  async stop(signal = 'SIGTERM') {
    if (!running.has(this.child)) {
      const { code, signal: by } = await this.ended;
      assert.fail(`${this.name} had ended by itself already (${code ?? by})`);
    }
    this.child.kill(signal);
    try {
      const end = await guarded(this.ended, () => `${this.name} to end after ${signal}`);
      assert.deepEqual(
        end,
        { code: 0, signal: null },
        `${this.name} must end with exit code 0 after ${signal}`,
      );
    } finally {
      this.child.kill('SIGKILL');
    }
  }
}

/** The three processes, knowing of each other. */
export class Parley {
  /**
   * `flags` and `variables` hold, for `room`, `messaging` and `edge`, flags without their dashes and environment
   * variables.
   */
  constructor({ flags = {}, variables = {} } = {}) {
    this.flags = flags;
    this.variables = variables;
    /** What must not stand in any log; checked when the processes have stopped. */
    this.secrets = new Set();
  }

  async start() {
    const { flags, variables } = this;
    this.room = await new Process('room-service', { ...flags.room }, variables.room).start();
    const rooms = { 'room-service-address': this.room.endpoints.grpc };
    this.messaging = await new Process(
      'messaging-service',
      { ...rooms, ...flags.messaging },
      variables.messaging,
    ).start();
    const services = { ...rooms, 'messaging-service-address': this.messaging.endpoints.grpc };
    this.edge = await new Process(
      'edge',
      { ...services, ...ONE_ADDRESS, ...flags.edge },
      variables.edge,
    ).start();
    await this.ready();
    return this;
  }

  get processes() {
    return [this.edge, this.messaging, this.room].filter(Boolean);
  }

  /** Where the edge is, as an URL without a path. */
  get url() {
    const { http, https } = this.edge.endpoints;
    return https ? `https://${https}` : `http://${http}`;
  }

  /** Returns when the edge says that it and everything that it needs is there. */
  async ready() {
    await until('/readyz answers 200', async () => (await get(this.url, '/readyz')).status === 200);
  }

  /** Stops all three and insists on clean ends and on logs that hold no secret. */
  async stop() {
    const failures = [];
    const stop = (one) => one?.stop().catch((error) => failures.push(error));
    // The edge first, as an operator would; the services need no order.
    await stop(this.edge);
    await Promise.all([stop(this.messaging), stop(this.room)]);
    try {
      this.assertNoSecretLogged();
    } catch (error) {
      failures.push(error);
    }
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.join('\n'));
  }

  assertNoSecretLogged() {
    for (const { name, log } of this.processes) {
      const text = log.join('\n');
      for (const secret of this.secrets) {
        const at = text.indexOf(secret);
        assert.equal(at, -1, `${name} logged a secret: ${text.slice(Math.max(0, at - 200), at + 200)}`);
      }
    }
  }

  /** A place in all logs, to be given to `logsSince`. */
  mark() {
    return new Map(this.processes.map((one) => [one, one.log.length]));
  }

  /** The last lines that the processes logged after `mark`. */
  logsSince(mark, lines = 80) {
    return this.processes.flatMap((one) => {
      const news = one.log.slice(mark.get(one) ?? 0);
      const end = running.has(one.child) ? '' : ' (not running)';
      return [
        `---- ${one.name}${end}: last ${Math.min(lines, news.length)} of ${news.length} log lines`,
        ...news.slice(-lines),
      ];
    });
  }
}

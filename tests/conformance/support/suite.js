// A suite of promises that a server of the protocols alone keeps; see echo_server.cc for what it answers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, afterEach, before, describe, it } from 'node:test';
import { createInterface } from 'node:readline';

import { executable, flagArguments } from '../../integration/support/processes.js';
import { guarded } from '../../integration/support/wait.js';
import { PollingSession, request } from './polling.js';
import { WebSocketSession } from './websocket.js';

// One worker, so that what is sent first takes effect first, whatever connection it is sent on. Intervals that no
// test lives long enough to see, unless it asks for others.
const DEFAULTS = {
  port: 0,
  workers: 1,
  ping_interval_ms: 25_000,
  ping_timeout_ms: 20_000,
  connect_timeout_ms: 45_000,
};

/** A running echo_server and the sessions that a test has with it. */
export class EchoServer {
  constructor(flags) {
    this.flags = { ...DEFAULTS, ...flags };
    this.path = flags.raw ? '/engine.io/' : '/socket.io/';
    this.sessions = new Set();
    this.reasons = [];
    this.waiting = () => {};
  }

  async start() {
    this.child = spawn(executable('echo_server'), flagArguments(this.flags), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve({ code, signal })),
    );
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      this.reasons.push(line);
      this.waiting();
    });
    const listening = new Promise((resolve) => {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const [, address] = /^listening http (\S+)$/.exec(line) ?? [];
        if (address) resolve(address);
      });
    });
    const early = this.ended.then(({ code, signal }) => {
      throw new Error(`echo_server ended (${code ?? signal}): ${this.reasons.join('\n')}`);
    });
    early.catch(() => {});
    this.address = await guarded(Promise.race([listening, early]), () => 'echo_server to listen');
  }

  async stop() {
    this.child.kill('SIGTERM');
    try {
      const end = await guarded(this.ended, () => 'echo_server to end');
      assert.deepEqual(end, { code: 0, signal: null });
    } finally {
      this.child.kill('SIGKILL');
    }
  }

  /** One request on a connection of its own, `query` behind the server's path; see request. */
  request(query, options) {
    return request(this.address, `${this.path}?${query}`, options);
  }

  /** A session over polling that has had its open packet. `query` is what its requests have in common. */
  async poll(query) {
    const session = await PollingSession.open(this, query);
    this.sessions.add(session);
    return session;
  }

  /** An open WebSocket whose messages haven't been read. `query`: all but the transport. `options`: those of ws. */
  async webSocket(query, options) {
    const session = await WebSocketSession.open(this, query, options);
    this.sessions.add(session);
    return session;
  }

  /** A WebSocket that is connected to / and has had everything that is said on connecting. */
  async client(eio = 'EIO=4') {
    const socket = await this.webSocket(eio);
    assert.match(await socket.next(), /^0\{/);
    if (eio === 'EIO=4') socket.send('40');
    assert.match(await socket.next(), eio === 'EIO=4' ? /^40\{/ : /^40$/);
    await socket.hears('42["auth",{}]');
    return socket;
  }

  /** The next line that the server has said about the end of a connection. */
  async reason() {
    if (this.reasons.length === 0) {
      await guarded(new Promise((resolve) => (this.waiting = resolve)), () => 'a connection to end');
    }
    return this.reasons.shift();
  }

  closeSessions() {
    for (const session of this.sessions) session.close();
    this.sessions.clear();
  }
}

/** Declares a suite; `define(promise, server)` declares its tests by `promise(name, body)`. */
export function suite(name, flags, define) {
  describe(name, () => {
    const server = new EchoServer(flags);
    before(() => server.start());
    afterEach(() => server.closeSessions());
    after(() => server.stop());
    define((title, body) => it(title, { timeout: 60_000 }, body), server);
  });
}

// Both services and three edges, the wires between them, and what was done to each of them when.
import { fill, makeRoom } from '../integration/support/disk.js';
import { Process } from '../integration/support/processes.js';
import { get } from '../integration/support/rest.js';
import { until } from '../integration/support/wait.js';
import { Wire } from '../integration/support/wire.js';

/** How long an edge is taken for alive, and a client is waited for, in milliseconds. */
export const LEASE_MS = 5_000;
export const GRACE_MS = 20_000;
/** How long a process that was cut off may take to connect again. */
const CATCH_UP_MS = 3_000;
const EDGES = 3;

const QUIET = { 'log-level': 'warning', 'shutdown-timeout': '2s' };
const FLAGS = {
  room: {
    ...QUIET,
    'edge-lease': `${LEASE_MS}ms`,
    'reconnect-grace': `${GRACE_MS}ms`,
    'join-timeout': '60s',
  },
  messaging: { ...QUIET, 'message-rate': 0 },
  // Whoever hangs is missed soon.
  edge: {
    ...QUIET,
    'reconnect-grace': `${GRACE_MS}ms`,
    'drain-time': '1s',
    'ping-interval': '1s',
    'ping-timeout': '2s',
    'rpc-timeout': '2s',
    'max-connections-per-address': 0,
    'handshake-rate-per-address': 0,
  },
};

/** When a process serves again after an outage; in no foreseeable time while it lasts. */
export function feltUntil({ kind, to }) {
  if (to === undefined) return Infinity;
  return kind === 'sever' || kind === 'silence' ? to + CATCH_UP_MS : to;
}

/** One process, and the times at which it was away: `{ from, to }`, without `to` while it is. */
class Member {
  /** `wires` lead from it to the services that it needs. */
  constructor(process, wires = []) {
    this.process = process;
    this.wires = wires;
    this.outages = [];
  }

  get name() {
    return this.process.name;
  }

  get url() {
    return `http://127.0.0.1:${this.process.flags.port}`;
  }

  get busy() {
    const last = this.outages.at(-1);
    return last !== undefined && last.to === undefined;
  }

  /** Does something to the process that keeps it from serving all, waits for `pause`, and has it back. */
  async outage(kind, pause) {
    const { exitCode, signalCode } = this.process.child;
    if (exitCode !== null || signalCode)
      throw new Error(`${this.name} had ended by itself (${exitCode ?? signalCode})`);
    const outage = { kind, from: Date.now() };
    this.outages.push(outage);
    await this.#strike[kind](pause);
    outage.to = Date.now();
  }

  #strike = {
    kill: async (pause) => {
      this.process.child.kill('SIGKILL');
      await this.process.ended;
      await pause();
      await this.process.start();
    },
    restart: async (pause) => {
      await this.process.stop();
      await pause();
      await this.process.start();
    },
    freeze: async (pause) => {
      this.process.child.kill('SIGSTOP');
      await pause();
      this.process.child.kill('SIGCONT');
    },
    // Serves what is there, and refuses what would change it.
    full: async (pause) => {
      fill(this.process);
      await pause();
      makeRoom(this.process);
    },
    sever: async (pause) => {
      for (const wire of this.wires) wire.sever();
      await pause();
      for (const wire of this.wires) wire.heal();
    },
    silence: async (pause) => {
      for (const wire of this.wires) wire.silence();
      await pause();
      for (const wire of this.wires) wire.heal();
    },
  };
}

/** Wires to `addresses`, which are named by flags, and the flags by which they are taken. */
async function connect(addresses) {
  const wires = Object.values(addresses).map((address) => new Wire(address));
  const starts = await Promise.all(wires.map((wire) => wire.start()));
  return { wires, flags: Object.fromEntries(Object.keys(addresses).map((flag, at) => [flag, starts[at]])) };
}

async function startEdge(room, messaging) {
  const { wires, flags } = await connect({
    'room-service-address': room.endpoints.grpc,
    'messaging-service-address': messaging.endpoints.grpc,
  });
  return new Member(await new Process('edge', { ...flags, ...FLAGS.edge }).start(), wires);
}

export class Cluster {
  async start() {
    const room = await new Process('room-service', { ...FLAGS.room }).start();
    const rooms = await connect({ 'room-service-address': room.endpoints.grpc });
    const messaging = await new Process('messaging-service', { ...rooms.flags, ...FLAGS.messaging }).start();
    this.services = [new Member(room), new Member(messaging, rooms.wires)];
    this.edges = await Promise.all(Array.from({ length: EDGES }, () => startEdge(room, messaging)));
    await this.ready();
    return this;
  }

  get members() {
    return [...this.services, ...this.edges];
  }

  /**
   * Whether messaging-service may not have known at `at` what had happened in a room at `since`: it goes on with what
   * it knows while it is cut off from room-service, and catches up soon.
   */
  mayNotKnow(since, at) {
    const [, messaging] = this.services;
    const cutOff = messaging.outages.filter(({ kind }) => kind === 'sever' || kind === 'silence');
    return cutOff.some((outage) => outage.from <= since && at <= feltUntil(outage));
  }

  /** Returns when every edge says that it has everything that it needs. */
  async ready() {
    const isReady = async ({ url }) => (await get(url, '/readyz').catch(() => ({}))).status === 200;
    await Promise.all(this.edges.map((edge) => until(`${edge.url} is ready`, () => isReady(edge))));
  }

  /** Stops all and insists on clean ends. */
  async stop() {
    await Promise.all(this.edges.map(({ process }) => process.stop()));
    await Promise.all(this.services.map(({ process }) => process.stop()));
  }

  /** What was done to each process and when, and what it logged last. */
  describe(lines = 20) {
    return this.members.flatMap(({ name, url, outages, process }) => [
      `---- ${name} ${url}`,
      ...outages.map(({ kind, from, to }) => `${kind} from ${from} to ${to}`),
      ...process.log.slice(-lines),
    ]);
  }
}

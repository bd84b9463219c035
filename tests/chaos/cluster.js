// Both services and three edges, and what was done to each of them when.
import { fill, makeRoom } from '../integration/support/disk.js';
import { Process } from '../integration/support/processes.js';
import { get } from '../integration/support/rest.js';
import { until } from '../integration/support/wait.js';

/** How long an edge is taken for alive, and a client is waited for, in milliseconds. */
export const LEASE_MS = 5_000;
export const GRACE_MS = 20_000;
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
    'ping-interval': '1s',
    'ping-timeout': '2s',
    'rpc-timeout': '2s',
    'max-connections-per-address': 0,
    'handshake-rate-per-address': 0,
  },
};

/** One process, and the times at which it was away: `{ from, to }`, without `to` while it is. */
class Member {
  constructor(process) {
    this.process = process;
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
  };
}

export class Cluster {
  async start() {
    const room = await new Process('room-service', { ...FLAGS.room }).start();
    const rooms = { 'room-service-address': room.endpoints.grpc };
    const messaging = await new Process('messaging-service', { ...rooms, ...FLAGS.messaging }).start();
    const services = { ...rooms, 'messaging-service-address': messaging.endpoints.grpc };
    const edges = Array.from({ length: EDGES }, () => new Process('edge', { ...services, ...FLAGS.edge }));
    await Promise.all(edges.map((edge) => edge.start()));
    this.services = [room, messaging].map((one) => new Member(one));
    this.edges = edges.map((edge) => new Member(edge));
    await this.ready();
    return this;
  }

  get members() {
    return [...this.services, ...this.edges];
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

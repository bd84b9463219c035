// Clients without end that connect, join, leave and vanish, against the three processes: afterwards nothing must be
// left of them, neither a room nor memory nor a descriptor. Usage: node soak.js [CYCLES]
import { descriptors, residentMib } from '../integration/support/memory.js';
import { metrics } from '../integration/support/metrics.js';
import { Parley } from '../integration/support/processes.js';
import { until } from '../integration/support/wait.js';
import { holdParty } from './guests.js';

const CYCLES = Number(process.argv[2] ?? 100_000);
if (!Number.isInteger(CYCLES) || CYCLES < 2_000) {
  console.error(`CYCLES must be a number from 2000 on, not "${process.argv[2]}"`);
  process.exit(2);
}
/** Parties that are held at once. */
const CONCURRENCY = 24;
/** Before the first look: what is allocated once, by the first of each kind, is no leak. */
const WARM_UP = Math.max(1_000, CYCLES * 0.4);
/**
 * The services keep their last 65,536 answers, in case a request is repeated. A cycle leaves some three of them, so
 * that after a long warm-up they have as many, and any more would be a leak; in a short soak they still gather.
 */
const ANSWERS_MIB = WARM_UP < 32_000 ? (CYCLES - WARM_UP) * 0.0012 : 0;

/** How much more a process may hold at the end than after the warm-up. */
const MEMORY_TOLERANCE_MIB = 6;
const DESCRIPTOR_TOLERANCE = 4;

const QUIET = { 'log-level': 'warning' };
const FLAGS = {
  room: { ...QUIET, 'join-timeout': '5s' },
  messaging: QUIET,
  // Those who vanish are missed soon.
  edge: { ...QUIET, 'ping-interval': '1s', 'ping-timeout': '5s', 'reconnect-grace': '3s' },
};

/** Everything that must be 0 once nobody is there; the one connection is that on which the edge is asked. */
async function remainders(parley) {
  const edge = await metrics(parley.url);
  const rooms = await metrics(`http://${parley.room.endpoints.metrics}`);
  const messaging = await metrics(`http://${parley.messaging.endpoints.metrics}`);
  return {
    connections: edge.get('parley_edge_connections') - 1,
    sessions: edge.get('parley_edge_sessions'),
    rooms: rooms.get('parley_rooms'),
    participants: rooms.get('parley_participants'),
    'rooms with messages': messaging.get('parley_rooms'),
    messages: messaging.get('parley_messages'),
  };
}

/** Holds parties until `cycles` clients have come and gone. */
async function hold(parley, cycles) {
  let done = 0;
  let number = 0;
  const worker = async () => {
    while (done < cycles) {
      const gone = await holdParty(parley.url, number++);
      done += gone;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function look(parley) {
  let left;
  await until('nothing is left', async () => {
    left = await remainders(parley);
    return Object.values(left).every((count) => count === 0);
  }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(left)}`);
  });
  return parley.processes.map((one) => ({ name: one.name, mib: residentMib(one), fds: descriptors(one) }));
}

const parley = new Parley({ flags: FLAGS });
await parley.start();
const started = Date.now();
await hold(parley, WARM_UP);
const before = await look(parley);
await hold(parley, CYCLES - WARM_UP);
const after = await look(parley);
const seconds = (Date.now() - started) / 1000;
console.log(`${CYCLES} cycles in ${seconds.toFixed(0)} s, ${(CYCLES / seconds).toFixed(0)} each second`);

before.forEach(({ name, mib, fds }, at) => {
  const now = after[at];
  console.log(
    `${name}: ${mib.toFixed(1)} MiB and ${fds} descriptors after ${WARM_UP} cycles,`,
    `${now.mib.toFixed(1)} MiB and ${now.fds} at the end`,
  );
  const answers = name === 'edge' ? 0 : ANSWERS_MIB;
  if (now.mib > mib + MEMORY_TOLERANCE_MIB + answers || now.fds > fds + DESCRIPTOR_TOLERANCE) {
    console.error(`${name} has kept something`);
    process.exitCode = 1;
  }
});
await parley.stop();

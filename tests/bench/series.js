// What "scale" measures: in each series one thing grows from step to step.
import { readFileSync } from 'node:fs';

import { growth } from './growth.js';

/** Descriptors that a process has besides those of its clients; the load generator has some for those who just join. */
const OTHER_DESCRIPTORS = 200;

/** As many descriptors as this process, and those that it starts, may have. */
function descriptorLimit() {
  const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** The largest number up to `limit` of which only the first two digits aren't 0. */
function roundDown(limit) {
  const unit = 10 ** Math.max(Math.floor(Math.log10(limit)) - 1, 0);
  return Math.floor(limit / unit) * unit;
}

/** `counts` as far as the descriptors reach, when each takes `each` connections; then the last is about the most. */
function withinDescriptors(counts, each) {
  const limit = descriptorLimit();
  const most = Math.floor((limit - OTHER_DESCRIPTORS) / each);
  const possible = counts.filter((count) => count <= most);
  if (possible.length === counts.length) return { counts };
  const last = roundDown(most);
  const [wanted, got, descriptors] = [counts.at(-1), last, limit].map((number) => number.toLocaleString('en'));
  return {
    counts: [...new Set([...possible, last])],
    note: `${got} instead of ${wanted}: a process may have ${descriptors} descriptors`,
  };
}

const DELIVERIES = [
  ['cpu_us_per_delivery', 'µs CPU per delivery'],
  ['edge_cpu_us_per_delivery', 'edge'],
  ['room_cpu_us_per_delivery', 'room'],
  ['messaging_cpu_us_per_delivery', 'messaging'],
  ['deliveries_per_second', 'deliveries per second'],
  ['generator_cpu_share', 'generator'],
];
const RESIDENT = [
  ['edge_resident_mib', 'edge, MiB'],
  ['room_resident_mib', 'room, MiB'],
  ['messaging_resident_mib', 'messaging, MiB'],
];
/** Of the hour's samples. */
const MEMORY = [
  ['edge_mib', 'edge'],
  ['room_mib', 'room'],
  ['messaging_mib', 'messaging'],
];
const FILES = [
  ['room_file_mib', 'room'],
  ['messaging_file_mib', 'messaging'],
];

/** A chart has lines, each of one result: [name in the results, name of the line, which of several groups of steps]. */
const PER_DELIVERY = {
  y: 'µs CPU per delivery',
  lines: [
    ['cpu_us_per_delivery', 'all'],
    ['edge_cpu_us_per_delivery', 'edge'],
    ['messaging_cpu_us_per_delivery', 'messaging'],
  ],
};
const RATE = { y: 'deliveries per second', lines: [['deliveries_per_second', 'all']] };
const residentBy = (transport) => ({
  y: `MiB resident, over ${transport}`,
  lines: RESIDENT.map(([name, heading]) => [name, heading.replace(', MiB', ''), transport]),
});

/**
 * By name. `steps` have what grows (`at`), the load generator's flags, and perhaps the edge's, and a `group`; `x` is
 * their axis: log, linear or, for few numbers that have no scale, even. `shown` are columns of the table. `samples`
 * makes steps of a single result, and `verdict` tells what is wrong with them.
 */
export function allSeries(short) {
  const choose = (full, brief) => (short ? brief : full);
  const pairs = withinDescriptors(choose([1, 100, 10_000], [4]), 2);
  const idleCounts = choose([1_000, 10_000, 20_000], [20]);
  const idle = {
    websocket: withinDescriptors(idleCounts, 1),
    // Many are asked at the same moment whether they are there, and answer by a connection of its own each.
    polling: withinDescriptors(idleCounts, 1.25),
  };
  return {
    size: {
      title: 'One room, 4 messages in flight',
      scenario: 'room',
      axis: 'participants',
      x: 'log',
      steps: choose([2, 10, 100, 1_000], [2, 8]).map((participants) => ({
        at: participants,
        flags: { rooms: 1, participants, 'in-flight': 4 },
      })),
      shown: DELIVERIES,
      charts: [
        { ...PER_DELIVERY, scale: 'log' },
        { ...RATE, scale: 'log' },
      ],
    },
    rooms: {
      // In turns, so that all rooms are used.
      title: 'Rooms of 2, 256 of them active',
      scenario: 'room',
      axis: 'rooms',
      x: 'log',
      note: pairs.note,
      steps: pairs.counts.map((rooms) => ({
        at: rooms,
        flags: { rooms, participants: 2, 'in-flight': 1, active: 256 },
      })),
      shown: DELIVERIES,
      charts: [
        { ...PER_DELIVERY, scale: 'log' },
        { ...RATE, scale: 'log' },
      ],
    },
    history: {
      title: 'Joining rooms with a past',
      scenario: 'join',
      axis: 'messages before',
      x: 'even',
      // Few rooms, for each has to be given its past first; so there are many to join each.
      steps: choose([0, 1_000, 100_000], [60]).map((history) => ({
        at: history,
        flags: { rooms: 3, participants: choose(100, 8), history },
      })),
      shown: [
        ['cpu_us_per_join', 'µs CPU per join'],
        ['edge_cpu_us_per_join', 'edge'],
        ['room_cpu_us_per_join', 'room'],
        ['messaging_cpu_us_per_join', 'messaging'],
        ['joins_per_second', 'joins per second'],
        ['messaging_resident_mib', 'messaging, MiB'],
      ],
      charts: [
        {
          y: 'µs CPU per join',
          lines: [
            ['cpu_us_per_join', 'all'],
            ['edge_cpu_us_per_join', 'edge'],
            ['room_cpu_us_per_join', 'room'],
            ['messaging_cpu_us_per_join', 'messaging'],
          ],
        },
      ],
    },
    idle: {
      title: 'Idle participants, in rooms of 10',
      scenario: 'idle',
      axis: 'connections',
      x: 'log',
      note: Object.entries(idle)
        .flatMap(([transport, { note }]) => (note ? `over ${transport}, ${note}` : []))
        .join('; '),
      steps: Object.entries(idle).flatMap(([transport, { counts }]) =>
        counts.map((connections) => ({
          at: connections,
          group: transport,
          flags: {
            rooms: connections / 10,
            participants: 10,
            baseline: 0,
            still: choose(2, 0.1),
            measure: choose(1, 0.1),
            transport,
          },
        })),
      ),
      shown: [['kib_per_participant', 'KiB per participant'], ...RESIDENT],
      charts: [
        {
          y: 'KiB per participant',
          lines: [
            ['kib_per_participant', 'websocket', 'websocket'],
            ['kib_per_participant', 'polling', 'polling'],
          ],
        },
        residentBy('websocket'),
        residentBy('polling'),
      ],
    },
    workers: {
      title: '50 rooms of 10, 4 messages in flight each',
      scenario: 'room',
      axis: '--workers of the edge',
      x: 'even',
      steps: choose([1, 2], [2]).map((workers) => ({
        at: workers,
        flags: { rooms: choose(50, 5), participants: 10, 'in-flight': 4 },
        edgeFlags: { workers },
      })),
      shown: DELIVERIES,
      charts: [PER_DELIVERY, RATE],
    },
    hour: {
      title: 'An hour of meetings, without pauses',
      scenario: 'endurance',
      axis: 'messages sent',
      x: 'linear',
      steps: [
        {
          flags: choose(
            { rooms: 50, participants: 10, 'in-flight': 2, messages: 500_000, meeting: 500, samples: 20 },
            { rooms: 4, participants: 3, 'in-flight': 2, messages: 400, meeting: 20, samples: 6 },
          ),
        },
      ],
      samples: ({ messages, ...result }) =>
        messages.map((at, number) => ({
          at,
          result: Object.fromEntries([...MEMORY, ...FILES].map(([name]) => [name, result[name][number]])),
        })),
      verdict: (rows) => [...growth(rows, MEMORY, 'MiB of memory', 4), ...growth(rows, FILES, 'MiB of files', 100)],
      shown: [
        ...MEMORY.map(([name, heading]) => [name, `${heading}, MiB`]),
        ...FILES.map(([name, heading]) => [name, `${heading}'s file, MiB`]),
      ],
      charts: [
        { y: 'MiB resident', lines: MEMORY },
        { y: 'MiB of files', lines: FILES },
      ],
    },
  };
}

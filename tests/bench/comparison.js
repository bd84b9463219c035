// Parley, and the reference beside it.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { load, measure, runForJson } from './runs.js';
import { ParleySystem, ReferenceSystem } from './servers.js';
import { printShares, printStore, printTable } from './table.js';

const DELIVERIES = [
  ['cpu_us_per_delivery', 'µs CPU per delivery'],
  ['deliveries_per_second', 'deliveries per second'],
  ['delivery_p50_us', 'p50 of a delivery, µs'],
  ['delivery_p99_us', 'p99 of a delivery, µs'],
  ['delivery_p999_us', 'p999 of a delivery, µs'],
];

/** What is run: a scenario of parley_load, its flags, and which of the results are shown, [name, heading] each. */
const SCENARIOS = {
  room: {
    scenario: 'room',
    flags: { rooms: 1, participants: 100, 'in-flight': 4 },
    shown: DELIVERIES,
  },
  'busy-room': {
    scenario: 'room',
    flags: { rooms: 1, participants: 100, 'in-flight': 16 },
    shown: DELIVERIES,
  },
  rooms: {
    scenario: 'room',
    flags: { rooms: 50, participants: 10, 'in-flight': 2 },
    shown: DELIVERIES,
  },
  rest: {
    scenario: 'rest',
    flags: { rooms: 10, participants: 2 },
    shown: [
      ['cpu_us_per_request', 'µs CPU per request'],
      ['requests_per_second', 'requests per second'],
      ['acknowledgement_p99_us', 'p99 of an answer, µs'],
    ],
  },
  events: {
    scenario: 'events',
    flags: { rooms: 10, participants: 2 },
    shown: [
      ['cpu_us_per_request', 'µs CPU per event'],
      ['requests_per_second', 'events per second'],
      ['acknowledgement_p99_us', 'p99 of an answer, µs'],
    ],
  },
  open: {
    scenario: 'open',
    flags: { rooms: 50, participants: 10, rate: 5_000 },
    shown: [
      ['cpu_share', 'share of a core'],
      ['delivery_p50_us', 'p50 of a delivery, µs'],
      ['delivery_p99_us', 'p99 of a delivery, µs'],
      ['delivery_p999_us', 'p999 of a delivery, µs'],
    ],
  },
  join: {
    scenario: 'join',
    flags: { rooms: 300, participants: 10 },
    shown: [
      ['cpu_us_per_join', 'µs CPU per connect and join'],
      ['joins_per_second', 'joins per second'],
    ],
  },
  idle: {
    scenario: 'idle',
    flags: { rooms: 500, participants: 10, baseline: 2_000 },
    shown: [
      ['kib_per_participant', 'KiB per participant'],
      ['resident_mib', 'MiB resident, all of them'],
      ['cpu_share', 'share of a core'],
    ],
  },
};

const SHORT = {
  room: { participants: 8 },
  'busy-room': { participants: 8 },
  rooms: { rooms: 3, participants: 4 },
  events: { rooms: 2 },
  rest: { rooms: 2 },
  open: { rooms: 5, rate: 500 },
  join: { rooms: 10, participants: 4 },
  idle: { rooms: 10, participants: 4, baseline: 20, still: 0.2 },
};
const SHORT_TIMES = { 'warm-up': 0.1, measure: 0.5 };

/** The kernel alone, over as many connections as one room's participants have. */
const RAW_LIMIT = { rooms: 1, participants: 100, 'warm-up': 1, measure: 4 };
const SHORT_RAW_LIMIT = { ...RAW_LIMIT, 'warm-up': 0.01, measure: 0.1 };

/** The services' store alone, which has nothing beside it. */
const STORE = 'store';
const STORE_SECONDS = 5;
const SHORT_STORE_SECONDS = 0.1;

const SYSTEMS = {
  parley: (directory) => new ParleySystem(directory),
  reference: () => new ReferenceSystem(),
};

/** What may be named on the command line. */
export const NAMES = [...Object.keys(SCENARIOS), STORE];

/** For parseArgs. */
export const OPTIONS = {
  systems: { type: 'string', default: 'parley,reference' },
  rounds: { type: 'string' },
  transport: { type: 'string', default: 'websocket' },
  engineio: { type: 'string', default: '4' },
};

/** Turns what parseArgs has read into what `run` takes; throws what is wrong with it. */
export function readOptions(values) {
  const systems = values.systems.split(',');
  const unknown = systems.filter((name) => !SYSTEMS[name]);
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}`);
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a number from 1 on');
  return { ...values, systems, rounds };
}

/** What store_bench prints, of a store in a directory of its own. */
async function measureStore({ directory, short }) {
  const own = mkdtempSync(join(directory, 'store-bench-'));
  try {
    return await runForJson('store_bench', [own, String(short ? SHORT_STORE_SECONDS : STORE_SECONDS)]);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Result by result, the median over the runs. */
const medians = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((one) => one[name]))]));

/** All rounds of one scenario; what goes wrong is added to `failures`. */
async function compare(name, options, failures) {
  const { systems, rounds, directory, short, transport, engineio } = options;
  const { scenario, flags: usual } = SCENARIOS[name];
  const flags = { ...usual, ...(short ? { ...SHORT[name], ...SHORT_TIMES } : {}), transport, engineio };
  const runs = Object.fromEntries(systems.map((system) => [system, []]));
  // In turns, so that what else the machine does is spread over both.
  for (let round = 1; round <= rounds; ++round) {
    for (const system of systems) {
      console.error(`bench: ${name}, ${system}, round ${round} of ${rounds}`);
      try {
        runs[system].push(await measure(SYSTEMS[system](directory), scenario, flags));
      } catch (error) {
        failures.push(`${system}: ${error.message}`);
      }
    }
  }
  const compared = {};
  for (const system of systems) {
    if (runs[system].length > 0) compared[system] = { flags, median: medians(runs[system]), runs: runs[system] };
  }
  return compared;
}

/** Measures what `options.names` names and prints it; returns all results, and failures as texts. */
export async function run(options) {
  const { names, systems } = options;
  const results = {};
  const failures = [];
  for (const name of names.filter((one) => one !== STORE)) results[name] = await compare(name, options, failures);
  if (Object.keys(results).length > 0) {
    results.rawLimit = await load('raw-limit', options.short ? SHORT_RAW_LIMIT : RAW_LIMIT);
    printTable(systems, SCENARIOS, results);
    if (systems.includes('parley')) printShares(systems, SCENARIOS, results);
  }
  if (names.includes(STORE)) {
    results.store = await measureStore(options);
    printStore(results.store);
  }
  return { results, failures };
}

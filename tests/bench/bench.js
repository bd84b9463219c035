// Measures Parley, and the reference beside it, by running parley_load against each.
// Usage: node bench.js [--systems parley,reference] [--rounds N] [--short] [--json FILE] [--directory DIR]
//                      [--transport websocket|polling] [--engineio 4|3] [SCENARIO…]
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { executable } from '../integration/support/processes.js';
import { ParleySystem, ReferenceSystem } from './servers.js';
import { printStore, printTable } from './table.js';

const run = promisify(execFile);

/** What is run, and which of the results are shown: [name in the results, heading]. */
const SCENARIOS = {
  room: {
    flags: { rooms: 10, participants: 10, 'in-flight': 8 },
    shown: [
      ['cpu_us_per_delivery', 'µs CPU per delivery'],
      ['deliveries_per_second', 'deliveries per second'],
      ['delivery_p99_us', 'p99 of a delivery, µs'],
    ],
  },
  events: {
    flags: { rooms: 10, participants: 2 },
    shown: [
      ['cpu_us_per_request', 'µs CPU per event'],
      ['requests_per_second', 'events per second'],
      ['acknowledgement_p99_us', 'p99 of an answer, µs'],
    ],
  },
  rest: {
    flags: { rooms: 10, participants: 2 },
    shown: [
      ['cpu_us_per_request', 'µs CPU per request'],
      ['requests_per_second', 'requests per second'],
      ['acknowledgement_p99_us', 'p99 of an answer, µs'],
    ],
  },
  open: {
    flags: { rooms: 50, participants: 10, rate: 5_000 },
    shown: [
      ['cpu_share', 'share of a core'],
      ['cpu_us_per_delivery', 'µs CPU per delivery'],
      ['delivery_p50_us', 'p50 of a delivery, µs'],
      ['delivery_p99_us', 'p99 of a delivery, µs'],
      ['delivery_p999_us', 'p999 of a delivery, µs'],
    ],
  },
  join: {
    flags: { rooms: 300, participants: 10 },
    shown: [
      ['cpu_us_per_join', 'µs CPU per join'],
      ['joins_per_second', 'joins per second'],
    ],
  },
  idle: {
    flags: { rooms: 500, participants: 10, baseline: 2_000 },
    shown: [
      ['kib_per_participant', 'KiB per participant'],
      ['resident_mib', 'MiB resident, all of them'],
      ['cpu_share', 'share of a core'],
    ],
  },
};

/** Enough to see that everything arrives, and too little to see how fast. */
const SHORT = {
  room: { rooms: 3, participants: 4 },
  events: { rooms: 2 },
  rest: { rooms: 2 },
  open: { rooms: 5, rate: 500 },
  join: { rooms: 10, participants: 4 },
  idle: { rooms: 10, participants: 4, baseline: 20, still: 0.2 },
};
const SHORT_TIMES = { 'warm-up': 0.1, measure: 0.5 };
const RAW_TIMES = { 'warm-up': 1, measure: 4 };
const SHORT_RAW_TIMES = { 'warm-up': 0.01, measure: 0.1 };

/** The services' store alone, which has nothing beside it. */
const STORE = 'store';
const STORE_SECONDS = 5;
const SHORT_STORE_SECONDS = 0.1;

const SYSTEMS = {
  parley: (directory) => new ParleySystem(directory),
  reference: () => new ReferenceSystem(),
};

const flagArguments = (flags) => Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

/** Runs the load generator; what it finds wrong is thrown with its own words. */
async function load(scenario, flags, processArguments = []) {
  const args = [scenario, ...flagArguments(flags), ...processArguments];
  try {
    const { stdout } = await run(executable('parley_load'), args);
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(error.stderr?.trim() || error.message);
  }
}

/** What store_bench prints, of a store in a directory of its own. */
async function measureStore() {
  const directory = mkdtempSync(join(options.directory, 'store-bench-'));
  try {
    const seconds = options.short ? SHORT_STORE_SECONDS : STORE_SECONDS;
    const { stdout } = await run(executable('store_bench'), [directory, String(seconds)]);
    return JSON.parse(stdout);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One run against a server that is started for it. */
async function measure(system, scenario, flags) {
  await system.start();
  try {
    const processes = Object.entries(system.processes).map(([name, pid]) => `--process=${name}=${pid}`);
    return await load(scenario, { ...flags, server: system.address }, processes);
  } finally {
    await system.stop();
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

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: {
        systems: { type: 'string', default: 'parley,reference' },
        rounds: { type: 'string', default: '3' },
        directory: { type: 'string', default: '.' },
        json: { type: 'string' },
        transport: { type: 'string', default: 'websocket' },
        engineio: { type: 'string', default: '4' },
        short: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const systems = values.systems.split(',');
    const scenarios = positionals.length > 0 ? positionals : [...Object.keys(SCENARIOS), STORE];
    const rounds = Number(values.rounds);
    const unknown = [
      ...systems.filter((name) => !SYSTEMS[name]),
      ...scenarios.filter((name) => !SCENARIOS[name] && name !== STORE),
    ];
    if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}`);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a number from 1 on');
    return { ...values, systems, scenarios, rounds };
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const options = readArguments();
mkdirSync(options.directory, { recursive: true });
const results = {};
const failures = [];
const times = options.short ? SHORT_TIMES : {};
const { transport, engineio } = options;

for (const scenario of options.scenarios.filter((name) => name !== STORE)) {
  const flags = { ...SCENARIOS[scenario].flags, ...(options.short ? SHORT[scenario] : {}), ...times, transport, engineio };
  const runs = Object.fromEntries(options.systems.map((name) => [name, []]));
  // In turns, so that what else the machine does is spread over both.
  for (let round = 1; round <= options.rounds; ++round) {
    for (const name of options.systems) {
      console.error(`bench: ${scenario}, ${name}, round ${round} of ${options.rounds}`);
      try {
        runs[name].push(await measure(SYSTEMS[name](options.directory), scenario, flags));
      } catch (error) {
        failures.push(`${name}: ${error.message}`);
      }
    }
  }
  results[scenario] = {};
  for (const name of options.systems) {
    if (runs[name].length > 0) results[scenario][name] = { flags, median: medians(runs[name]), runs: runs[name] };
  }
}
if (Object.keys(results).length > 0) {
  results.rawLimit = await load('raw-limit', options.short ? SHORT_RAW_TIMES : RAW_TIMES);
  printTable(options.systems, SCENARIOS, results);
}
if (options.scenarios.includes(STORE)) {
  results.store = await measureStore();
  printStore(results.store);
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
for (const failure of failures) console.error(`bench: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);

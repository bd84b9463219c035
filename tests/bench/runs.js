// Runs of the load generator.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { executable, flagArguments } from '../integration/support/processes.js';

const run = promisify(execFile);

/** What one of our programs prints, which is JSON; what it finds wrong is thrown with its own words. */
export async function runForJson(name, args) {
  try {
    const { stdout } = await run(executable(name), args);
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(error.stderr?.trim() || error.message);
  }
}

/** Runs the load generator. */
export function load(scenario, flags, processArguments = []) {
  return runForJson('parley_load', [scenario, ...flagArguments(flags), ...processArguments]);
}

/** One run against a server that is started for it. */
export async function measure(system, scenario, flags) {
  await system.start();
  try {
    const processes = Object.entries(system.processes).map(([name, pid]) => `--process=${name}=${pid}`);
    return await load(scenario, { ...flags, server: system.address }, processes);
  } finally {
    await system.stop();
  }
}

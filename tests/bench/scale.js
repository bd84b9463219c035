// Parley alone, as it is given more to do.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { drawCharts } from './plot.js';
import { measure } from './runs.js';
import { allSeries } from './series.js';
import { ParleySystem } from './servers.js';
import { format, printColumns } from './table.js';

const SHORT_TIMES = { 'warm-up': 0.1, measure: 0.3 };

/** What may be named on the command line. */
export const NAMES = Object.keys(allSeries(true));

/** For parseArgs. */
export const OPTIONS = { plot: { type: 'string' } };

/** Turns what parseArgs has read into what `run` takes. */
export const readOptions = (values) => values;

/** Runs the steps of a series; returns them with their results. What goes wrong is added to `failures`. */
async function measureSteps(name, { scenario, steps, samples }, { directory, short }, failures) {
  const rows = [];
  for (const { at, group, flags, edgeFlags } of steps) {
    const label = [name, at, group].filter((part) => part !== undefined).join(' ');
    console.error(`bench: ${label}`);
    try {
      const system = new ParleySystem(directory, edgeFlags);
      const result = await measure(system, scenario, { ...(short ? SHORT_TIMES : {}), ...flags });
      rows.push(...(samples ? samples(result) : [{ at, group, result }]));
    } catch (error) {
      failures.push(`${label}: ${error.message}`);
    }
  }
  return rows;
}

function printSeries({ title, axis, shown, note }, rows) {
  const grouped = rows.some(({ group }) => group);
  console.log(`\n${title}`);
  printColumns(
    [
      [axis, ...(grouped ? ['over'] : []), ...shown.map(([, heading]) => heading)],
      ...rows.map(({ at, group, result }) => [
        at.toLocaleString('en'),
        ...(grouped ? [group] : []),
        ...shown.map(([name]) => format(result[name])),
      ]),
    ],
    grouped ? 2 : 1,
  );
  if (note) console.log(`(${note})`);
}

/** The charts of a series, as drawCharts takes them. */
const chartsOf = ({ title, axis, x, charts }, rows) =>
  charts.map(({ y, scale = 'linear', lines }) => ({
    title,
    x: { title: axis, scale: x },
    y: { title: y, scale },
    lines: lines.map(([name, line, of]) => ({
      name: line,
      points: rows.filter(({ group }) => group === of).map(({ at, result }) => [at, result[name]]),
    })),
  }));

/** Measures the series that `options.names` names and prints them; returns all results, and failures as texts. */
export async function run(options) {
  const all = allSeries(options.short);
  const results = {};
  const failures = [];
  const charts = [];
  for (const name of options.names) {
    const series = all[name];
    const rows = await measureSteps(name, series, options, failures);
    results[name] = rows;
    if (rows.length === 0) continue;
    printSeries(series, rows);
    charts.push(...chartsOf(series, rows));
    if (series.verdict) failures.push(...series.verdict(rows).map((text) => `${name}: ${text}`));
  }
  if (options.plot) {
    writeFileSync(options.plot, drawCharts(`Parley on ${availableParallelism()} cores, which the load shares`, charts));
  }
  return { results, failures };
}

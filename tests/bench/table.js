// What was measured, for people.

/** Of Parley, as results name them. */
const PROCESSES = ['edge', 'room', 'messaging'];

export function format(value) {
  if (value === undefined) return '–';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  if (value === 0) return '0';
  return value.toPrecision(3);
}

/** Prints rows of cells in columns, the first `left` to the left and the others to the right. */
export function printColumns(rows, left = 2) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, at) => (at < left ? cell.padEnd(widths[at]) : cell.padStart(widths[at])));
    console.log(cells.join('  ').trimEnd());
  }
}

/** What there is, by the load generator's flags. */
function describe({ rooms, participants, 'in-flight': inFlight, rate, baseline }) {
  return [
    `${rooms} × ${participants}`,
    inFlight && `${inFlight} in flight`,
    rate && `${rate.toLocaleString('en')} deliveries/s`,
    baseline && `from ${baseline.toLocaleString('en')} on`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** One line per result that is shown, with one column per system, and how they compare when there are two. */
export function printTable(systems, scenarios, results) {
  const both = systems.length === 2;
  const compared = both ? [`${systems[1]} / ${systems[0]}`] : [];
  const rows = [['scenario', 'rooms × participants', 'median of', ...systems, ...compared]];
  for (const [scenario, { shown }] of Object.entries(scenarios)) {
    const measured = results[scenario];
    const flags = systems.map((system) => measured?.[system]?.flags).find(Boolean);
    if (!flags) continue;
    for (const [name, heading] of shown) {
      const values = systems.map((system) => measured[system]?.median[name]);
      const ratio = values.every(Boolean) ? values[1] / values[0] : undefined;
      rows.push([scenario, describe(flags), heading, ...values.map(format), ...(both ? [format(ratio)] : [])]);
    }
  }
  printColumns(rows, 3);
  const { cpu_us_per_frame_by_1: one, cpu_us_per_frame_by_8: eight } = results.rawLimit;
  console.log(
    `\nOver 100 connections, the kernel alone takes ${format(one)} µs CPU for each frame of 220 bytes that is sent, ` +
      `and ${format(eight)} µs when eight leave together.`,
  );
}

/** What each of Parley's processes took, and whether the load generator had time to spare. */
export function printShares(systems, scenarios, results) {
  const generators = systems.map((system) => (systems.length > 1 ? `generator, ${system}` : 'generator'));
  const rows = [['scenario', ...PROCESSES, ...generators]];
  for (const scenario of Object.keys(scenarios)) {
    const measured = results[scenario];
    if (!measured) continue;
    const parley = PROCESSES.map((process) => measured.parley?.median[`${process}_cpu_share`]);
    const loads = systems.map((system) => measured[system]?.median.generator_cpu_share);
    rows.push([scenario, ...[...parley, ...loads].map(format)]);
  }
  console.log("\nShares of a core, of Parley's processes and of the load generator:");
  printColumns(rows, 1);
}

/** One line per case of store_bench. */
export function printStore(cases) {
  console.log('\nThe store alone, every client waiting for its commit:');
  const columns = ['commits_per_second', 'cpu_us_per_append', 'p50_us', 'p99_us', 'p999_us'];
  printColumns([
    ['durability', 'clients', 'commits per second', 'µs CPU per append', 'p50, µs', 'p99, µs', 'p999, µs'],
    ...cases.map((one) => [
      one.durability,
      one.clients === 1 ? '1' : `${one.clients} in ${one.rooms === 1 ? 'one room' : `${one.rooms} rooms`}`,
      ...columns.map((name) => format(one[name])),
    ]),
  ]);
}

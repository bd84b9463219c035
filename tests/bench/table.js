// What was measured, for people.

function format(value) {
  if (value === undefined) return '–';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

/** Prints rows of cells in columns, the first two to the left and the others to the right. */
function printColumns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '));
  }
}

/** One line per result that is shown, with one column per system, and how they compare when there are two. */
export function printTable(systems, scenarios, results) {
  const both = systems.length === 2;
  const rows = [['scenario', 'median of', ...systems, ...(both ? [`${systems[1]} / ${systems[0]}`] : [])]];
  for (const [scenario, { shown }] of Object.entries(scenarios)) {
    const measured = results[scenario];
    if (!measured) continue;
    for (const [name, heading] of shown) {
      const values = systems.map((system) => measured[system]?.median[name]);
      const ratio = values.every(Boolean) ? values[1] / values[0] : undefined;
      rows.push([scenario, heading, ...values.map(format), ...(both ? [format(ratio)] : [])]);
    }
  }
  printColumns(rows);
  const { cpu_us_per_frame_by_1: one, cpu_us_per_frame_by_8: eight } = results.rawLimit;
  console.log(
    `\nThe kernel alone takes ${format(one)} µs CPU for each frame of 220 bytes that is sent, ` +
      `and ${format(eight)} µs when eight leave together.`,
  );
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

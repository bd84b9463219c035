// Measures Parley, and the reference beside it, by running parley_load against each.
// Usage: node bench.js [--systems parley,reference] [--rounds N] [--transport websocket|polling] [--engineio 4|3]
//                      [--short] [--json FILE] [--directory DIR] [SCENARIO…]
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import * as comparison from './comparison.js';

/** `short` is for tests: enough to see that everything arrives, and too little to see how fast. */
const OPTIONS = {
  directory: { type: 'string', default: '.' },
  json: { type: 'string' },
  short: { type: 'boolean', default: false },
};

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: { ...OPTIONS, ...comparison.OPTIONS },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !comparison.NAMES.includes(name));
    if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}`);
    return comparison.readOptions({ ...values, names: positionals.length > 0 ? positionals : comparison.NAMES });
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const options = readArguments();
mkdirSync(options.directory, { recursive: true });
const { results, failures } = await comparison.run(options);
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
for (const failure of failures) console.error(`bench: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);

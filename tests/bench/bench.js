// Measures Parley by running parley_load against it: with a small server beside it, or alone as it is given more to do.
// Usage: node bench.js [--systems parley,reference] [--rounds N] [--transport websocket|polling] [--engineio 4|3]
//                      [--short] [--json FILE] [--directory DIR] [SCENARIO…]
//        node bench.js scale [--plot FILE] [--short] [--json FILE] [--directory DIR] [SERIES…]
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import * as comparison from './comparison.js';
import * as scale from './scale.js';

/** `short` is for tests: enough to see that everything arrives, and too little to see how fast. */
const OPTIONS = {
  directory: { type: 'string', default: '.' },
  json: { type: 'string' },
  short: { type: 'boolean', default: false },
};

const args = process.argv.slice(2);
const command = args[0] === 'scale' ? scale : comparison;
if (command === scale) args.shift();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { ...OPTIONS, ...command.OPTIONS },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !command.NAMES.includes(name));
    if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}`);
    return command.readOptions({ ...values, names: positionals.length > 0 ? positionals : command.NAMES });
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const options = readArguments();
mkdirSync(options.directory, { recursive: true });
const { results, failures } = await command.run(options);
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
for (const failure of failures) console.error(`bench: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);

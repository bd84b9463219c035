// Tells clearly what is missing before any test runs: packages of the directory that is the first argument, and
// executables that are named by the others.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [root, ...executables] = process.argv.slice(2);
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json')));
const problems = [];
for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const version = wanted.split('@').at(-1);
  if (!existsSync(manifest)) problems.push(`${name} is not installed`);
  else if (JSON.parse(readFileSync(manifest)).version !== version)
    problems.push(`${name} is not of version ${version}`);
}
if (problems.length > 0) problems.push(`run "npm ci" in ${root}`);
for (const name of executables) {
  const directory = process.env.PARLEY_BIN_DIR ?? '';
  if (!existsSync(join(directory, name)))
    problems.push(`${join(directory, name)} is missing: build it first`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

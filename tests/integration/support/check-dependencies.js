// Tells clearly what is missing before any test runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../', import.meta.url);
const { dependencies, devDependencies } = JSON.parse(readFileSync(new URL('package.json', root)));
const problems = [];
for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
  const manifest = new URL(`node_modules/${name}/package.json`, root);
  const version = wanted.split('@').at(-1);
  if (!existsSync(manifest)) problems.push(`${name} is not installed`);
  else if (JSON.parse(readFileSync(manifest)).version !== version)
    problems.push(`${name} is not of version ${version}`);
}
if (problems.length > 0) problems.push(`run "npm ci" in ${root.pathname}`);
for (const name of ['room-service', 'messaging-service', 'edge']) {
  const directory = process.env.PARLEY_BIN_DIR ?? '';
  if (!existsSync(join(directory, name)))
    problems.push(`${join(directory, name)} is missing: build it first`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

test('The protos follow the rules of proto/buf.yaml: standard names, and a comment on everything', () => {
  const { status, stdout, stderr } = spawnSync(join(here, 'node_modules', '.bin', 'buf'), ['lint'], {
    cwd: join(here, '..', '..', 'proto'),
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

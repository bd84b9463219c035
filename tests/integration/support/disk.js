// A full disk, as a process sees it: its files can't become any larger.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Whether processes can be limited at all. */
export const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

function limitFiles({ pid }, bytes) {
  const { status, stderr } = spawnSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** The process can write no more. */
export function fill(process) {
  limitFiles(process, 0);
}

/** The process can write again. */
export function makeRoom(process) {
  limitFiles(process, 'unlimited');
}

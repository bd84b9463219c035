// What grows is told from what only varies.
import assert from 'node:assert/strict';
import { it } from 'node:test';

import { growth } from './growth.js';

/** Twenty samples, whose memory in MiB is `of` their number. */
const samples = (of) => Array.from({ length: 20 }, (_, at) => ({ at, result: { mib: of(at) } }));
const verdict = (of) => growth(samples(of), [['mib', 'edge']], 'MiB of memory', 4);

it('what fills up in the first half may', () => {
  assert.deepEqual(verdict((at) => 30 + 5 * Math.min(at, 10)), []);
});

it('what goes up and down may', () => {
  assert.deepEqual(verdict((at) => 30 + 6 * (at % 2)), []);
});

it('one odd sample is no growth, even the last one', () => {
  assert.deepEqual(verdict((at) => (at === 19 ? 44 : 30)), []);
});

it('what grows as fast in the second half as before is found', () => {
  assert.deepEqual(verdict((at) => 30 + at), ['edge grew by 9.0 MiB of memory over the second half; 8.0 are allowed']);
});

it('what grows more slowly than the slack and a tenth is not', () => {
  assert.deepEqual(verdict((at) => 30 + at / 2), []);
});

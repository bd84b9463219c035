// Two who converse while somebody else misbehaves, and must notice nothing of it.
import assert from 'node:assert/strict';

import { residentMib } from './memory.js';
import { metric } from './metrics.js';
import { until } from './wait.js';

/** How much a process may have grown after an attack, in MiB: what allocators keep, not what attackers sent. */
const MARGIN_MIB = 40;

/**
 * Runs `attack` again and again while two members of a room converse, and insists that they notice nothing, that
 * the metric `counts` counts every attack, and that no process has grown by it.
 */
export async function withstand(scope, { attack, counts, times = 20 }) {
  const { parley } = scope;
  const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
  const [ada, bea] = room.members;
  const conversation = async (done) => {
    for (let number = 0; number === 0 || !done(); ++number) {
      const message = await bea.get('send-message', 'everyone', `undisturbed ${number}`);
      assert.deepEqual(await ada.nextIs('new-room-message'), [message]);
      await bea.get('delete-message', message.id);
      await ada.nextIs('delete-room-message');
    }
  };

  // The first time is for what is made once and kept: buffers, metrics, arenas.
  await attack(parley.url, room);
  const counted = await metric(parley.url, counts);
  const resident = parley.processes.map(residentMib);
  let over = false;
  const attacks = (async () => {
    for (let time = 0; time < times; ++time) await attack(parley.url, room);
  })().finally(() => (over = true));
  await Promise.all([attacks, conversation(() => over)]);

  await until(
    `${counts} counts every attack`,
    async () => (await metric(parley.url, counts)) >= counted + times,
  );
  parley.processes.forEach((one, at) => {
    const now = residentMib(one);
    const grown = now - resident[at];
    scope.diagnose(`${one.name}: ${now.toFixed(1)} MiB, grown by ${grown.toFixed(1)}`);
    assert.ok(grown < MARGIN_MIB, `${one.name} has grown by ${grown.toFixed(1)} MiB`);
  });
  await room.quiet();
}

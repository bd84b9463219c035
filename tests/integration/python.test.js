// python-socketio takes part as everybody else.
import assert from 'node:assert/strict';

import { PythonClient } from './support/python.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';

const WAYS = [
  { transports: 'polling', name: 'by polling' },
  { transports: 'websocket', name: 'by WebSocket' },
  { transports: 'polling,websocket', name: 'upgrading' },
];
const TRICKY = '<b>&amp;"\'\\ 👩‍👩‍👧 é 漢字 \u2028 \u001e 𝄞';

suite('python-socketio', { flags: { messaging: { 'message-rate': 0 } } }, (promise, parley) => {
  for (const { transports, name } of WAYS) {
    promise(`${name} creates a room, joins, speaks, hears and leaves`, async (scope) => {
      const python = await PythonClient.connect(parley.url, transports);
      try {
        assert.equal(await python.transport(), transports.split(',').at(-1));
        const room = await python.get('create-room', TRICKY);
        assert.deepEqual(await python.next('join-room'), [room.id]);
        const summary = await python.get('join-room', room.id, 'Monty');
        assert.deepEqual(await python.next('room-summary'), [summary]);
        assert.equal(summary.name, TRICKY);

        const ada = await scope.client();
        await ada.join(room.id, 'Ada');
        assertSaid((await python.next('new-participant'))[0], { id: ada.id, name: 'Ada' });
        const said = await python.get('send-message', 'everyone', TRICKY);
        assertSaid(said, { from: summary.myId, content: TRICKY });
        assert.deepEqual(await ada.next('new-room-message'), [said]);
        const answer = await ada.get('send-message', summary.myId, TRICKY);
        assert.deepEqual(await python.next('new-direct-message'), [answer]);

        const refusal = await python.ask('send-message', 'nobody', 'x');
        assert.deepEqual([refusal.success, refusal.status], [false, 404]);

        await python.close();
        await ada.next('participant-left', (id) => id === summary.myId);
        await ada.next('destroy');
        await ada.next('destory');
      } finally {
        python.kill();
      }
    });

    promise(`${name} takes many more events at once than it takes in one response`, async (scope) => {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      const python = await PythonClient.connect(parley.url, transports);
      try {
        const { myId } = await python.get('join-room', room.id, 'Monty');
        await ada.next('new-participant');
        const contents = Array.from({ length: 100 }, (_, number) => `${number}`);
        for (const content of contents) ada.tell('send-message', 'everyone', content);
        // It hands over each event on a thread of its own, so the order in which they came is lost.
        const heard = new Set();
        for (let i = 0; i < contents.length; ++i)
          heard.add((await python.next('new-room-message'))[0].content);
        assert.deepEqual(heard, new Set(contents));
        await python.get('update-name', 'still here');
        assert.deepEqual(await ada.next('participant-changed-name'), [myId, 'still here']);
        await python.close();
        assert.deepEqual(await ada.next('participant-left'), [myId]);
      } finally {
        python.kill();
      }
    });
  }
});

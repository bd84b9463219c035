// Every bad argument of every event: refused, nothing changed, nobody disturbed, and the connection stays.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { kindName } from './support/clients.js';
import { suite } from './support/suite.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const LONE_SURROGATE = 'half \ud83d a pair';
const LONG_NAME = 'n'.repeat(65);
const LONG_CONTENT = 'c'.repeat(4001);
const NO_TEXT = [42, true, false, {}, [], ['text'], { text: 'x' }, '', LONE_SURROGATE];

/** Calls that must be refused with 400; `own` is the id of a message of the caller's own. */
function badCalls({ roomId, own }) {
  const calls = {
    'create-room': [...NO_TEXT, LONG_NAME].map((name) => [name]),
    'join-room': [
      [],
      [null],
      ...NO_TEXT.filter((id) => id !== LONE_SURROGATE).map((id) => [id]),
      ...[...NO_TEXT, LONG_NAME].map((name) => [roomId, name]),
      ...[42, true, 'options', []].map((options) => [roomId, 'Guest', options]),
    ],
    'get-rtp-capabilities': [[], [null], [42], [{}], [[]], [true]],
    'update-mediaState': [
      [],
      ...[null, 42, true, 'on', [], [{ cameraEnabled: true }]].map((settings) => [settings]),
      ...[1, 0, 'true', '', {}, []].flatMap((value) => [
        [{ cameraEnabled: value }],
        [{ microphoneEnabled: value }],
        [{ cameraEnabled: true, microphoneEnabled: value }],
        [{ cameraEnabled: value, microphoneEnabled: true }],
      ]),
    ],
    'send-message': [
      [],
      ['everyone'],
      ...[null, ...NO_TEXT, LONG_CONTENT].map((content) => ['everyone', content]),
      ...[null, 42, true, {}, [], ''].map((to) => [to, 'content']),
    ],
    'edit-message': [
      [],
      [own],
      ...[null, ...NO_TEXT, LONG_CONTENT].map((content) => [own, content]),
      ...[null, 42, true, {}, [], ''].map((id) => [id, 'content']),
    ],
    'delete-message': [[], ...[null, 42, true, {}, [], ['x'], ''].map((id) => [id])],
  };
  const names = [[], [null], ...[...NO_TEXT, LONG_NAME].map((name) => [name])];
  calls['update-name'] = names;
  calls['change-name'] = names;
  return calls;
}

const JOINING = ['create-room', 'join-room', 'get-rtp-capabilities'];
const KINDS = [
  { version: 4, transport: 'websocket' },
  { version: 4, transport: 'polling' },
  { version: 3, transport: 'upgrade' },
  { version: 2, transport: 'polling' },
];

suite('Bad arguments', {}, (promise) => {
  for (const kind of KINDS) {
    describe(kindName(kind), () => {
      for (const event of Object.keys(badCalls({}))) {
        promise(`of ${event} are refused and change nothing`, async (scope) => {
          const room = await scope.room('Ada', 'Bea');
          const [ada, bea] = room.members;
          const offender = await scope.client(kind);
          if (!JOINING.includes(event)) await room.enter({ client: offender, name: 'Mallory' });
          const inside = room.members.includes(offender);
          const own = inside ? (await offender.get('send-message', 'everyone', 'own')).id : NOBODY;
          if (inside) for (const other of [ada, bea]) await other.next('new-room-message');
          const before = await room.state();

          for (const args of badCalls({ roomId: room.id, own })[event]) {
            const refusal = await offender.refusal(event, args, 400);
            if (event === 'join-room') {
              const told = await offender.next('error');
              assert.deepEqual(told, [{ event, code: refusal.code, status: 400, message: refusal.error }]);
              await offender.next('error-event');
            }
            offender.tell(event, ...args);
            const [told] = await offender.next('error');
            assert.deepEqual(told, { event, code: refusal.code, status: 400, message: refusal.error });
            if (event === 'join-room') await offender.next('error-event');
          }

          assert.deepEqual(await room.state(), before);
          await room.quiet(offender);
        });
      }

      promise('that are too many do no harm', async (scope) => {
        const room = await scope.room('Ada', 'Bea');
        const [ada, bea] = room.members;
        const client = await scope.client(kind);
        const junk = [null, 42, 'x', { a: [] }, []];
        // Whether superfluous arguments are ignored or refused is left open; both must be done cleanly.
        const takes = async (event, ...args) => {
          const answer = await client.ask(event, ...args);
          assert.ok(answer.success || answer.status === 400, `${event}: ${answer.status} ${answer.error}`);
          return answer.success;
        };
        if (await takes('create-room', 'Name', ...junk)) await client.next('join-room');
        await takes('get-rtp-capabilities', room.id, ...junk);
        await room.enter({ client, name: 'Mallory' });
        if (await takes('update-name', 'M.', ...junk)) {
          for (const other of [ada, bea]) await other.next('participant-changed-name');
        }
        if (await takes('update-mediaState', { cameraEnabled: true }, ...junk)) {
          for (const other of [ada, bea]) await other.next('participant-updated-media-state');
        }
        if (await takes('send-message', 'everyone', 'hello', ...junk)) {
          for (const other of [ada, bea]) await other.next('new-room-message');
        }
        if (await takes('leave', ...junk)) {
          for (const other of [ada, bea]) await other.next('participant-left');
          room.members = [ada, bea];
        }
        await room.quiet(client);
      });

      promise('given outside of a room as inside of one', async (scope) => {
        const room = await scope.room('Ada');
        const client = await scope.client(kind);
        for (const [event, calls] of Object.entries(badCalls({ roomId: room.id, own: NOBODY }))) {
          if (JOINING.includes(event)) continue;
          for (const args of calls) {
            const answer = await client.ask(event, ...args);
            assert.equal(answer.success, false, `${event} ${JSON.stringify(args)}`);
            assert.ok(answer.status < 500, `${event} ${JSON.stringify(args)}: ${answer.status}`);
          }
        }
        await room.quiet(client);
      });
    });
  }
});

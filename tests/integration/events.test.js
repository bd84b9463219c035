// The table of events, row by row: what each does, what it answers, and what it does without an acknowledgement.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { assertSaid } from './support/room.js';
import { KEY, md5, ROOM_ID } from './support/shapes.js';
import { suite } from './support/suite.js';

const NO_ROOM = { error: "The room doesn't exist", code: 'ROOM_NOT_FOUND' };
const NO_RECIPIENT = { error: 'Could not find to participant', code: 'RECIPIENT_NOT_FOUND' };
const NO_MESSAGE = { error: 'Could not find message', code: 'MESSAGE_NOT_FOUND' };
const NOT_YOURS = { error: 'You are not authorized to preform this action', code: 'NOT_AUTHOR' };
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A room id in the right form that no room has. */
async function unusedRoomId(client) {
  const answers = ['999999999', '000000000', '123456789'].map(async (id) => [
    id,
    await client.ask('get-rtp-capabilities', id),
  ]);
  return (await Promise.all(answers)).find(([, { status }]) => status === 404)[0];
}

suite('The table of events', {}, (promise) => {
  describe('create-room', () => {
    promise('needs neither a name nor an acknowledgement', async (scope) => {
      const client = await scope.client();
      client.tell('create-room');
      const [id] = await client.next('join-room');
      assert.match(id, ROOM_ID);
      assert.equal((await client.join(id)).name, 'Untitled Room');
      client.assertNothingElse();
    });

    promise('takes null for no name', async (scope) => {
      const client = await scope.client();
      const { id, idHash } = await client.get('create-room', null);
      assert.match(id, ROOM_ID);
      assert.equal(idHash, md5(id));
      assert.equal((await client.join(id)).name, 'Untitled Room');
    });

    promise('takes a name without an acknowledgement', async (scope) => {
      const client = await scope.client();
      client.tell('create-room', 'Named');
      const [id] = await client.next('join-room');
      assert.equal((await client.join(id)).name, 'Named');
    });

    promise(
      'never gives an id twice while it is in use, and none that can be guessed from another',
      async (scope) => {
        const client = await scope.client();
        const rooms = await Promise.all(Array.from({ length: 100 }, () => client.get('create-room')));
        const ids = rooms.map(({ id }) => Number(id)).sort((a, b) => a - b);
        assert.equal(new Set(ids).size, ids.length);
        const neighbours = ids.filter((id, at) => at > 0 && id - ids[at - 1] < 10);
        assert.ok(neighbours.length < 5, `ids are scattered: ${ids}`);
      },
    );

    promise('leaves one who is in a room where it is', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada] = room.members;
      const { id } = await ada.get('create-room');
      assert.deepEqual(await ada.next('join-room'), [id]);
      await room.quiet();
    });
  });

  describe('join-room', () => {
    promise('makes the first to join the host, not the creator', async (scope) => {
      const room = await scope.room();
      const ada = await room.enter('Ada');
      await room.enter('Bea');
      const { participants } = await room.quiet();
      assert.deepEqual(
        participants.map(({ id, isHost }) => [id, isHost]),
        room.members.map((member) => [member.id, member === ada]),
      );
    });

    promise('needs no acknowledgement: room-summary answers', async (scope) => {
      const room = await scope.room('Ada');
      const bea = await scope.client();
      bea.tell('join-room', room.id);
      const [summary] = await bea.next('room-summary');
      bea.become(summary);
      assert.equal(summary.participants.find(({ isMe }) => isMe).name, bea.id, 'no name: called by its id');
      await room.members[0].next('new-participant');
      room.members.push(bea);
      await room.quiet();
    });

    promise('gives every participant a key of its own and tells nobody another’s', async (scope) => {
      const room = await scope.room('Ada', 'Bea', 'Cy');
      const keys = room.members.map(({ key }) => key);
      for (const key of keys) assert.match(key, KEY);
      assert.equal(new Set(keys).size, 3);
      for (const member of room.members) {
        const heard = JSON.stringify(member.history);
        for (const key of keys)
          assert.equal(heard.includes(key), key === member.key, 'one hears of one’s own key only');
      }
    });

    promise('to an unknown room is refused by answer, by error and by error-event', async (scope) => {
      const client = await scope.client();
      const unused = await unusedRoomId(client);
      for (const id of [unused, '__proto__', 'constructor', 'no such room']) {
        const { status, error, code } = await client.refusal('join-room', [id, 'Ada'], 404, NO_ROOM);
        assert.deepEqual(await client.next('error'), [{ event: 'join-room', code, status, message: error }]);
        assert.deepEqual(await client.next('error-event'), ['join', error, 'J404']);
      }
      client.tell('join-room', unused);
      assert.deepEqual(await client.next('error'), [
        { event: 'join-room', code: NO_ROOM.code, status: 404, message: NO_ROOM.error },
      ]);
      assert.deepEqual(await client.next('error-event'), ['join', NO_ROOM.error, 'J404']);
      await client.ask('get-rtp-capabilities', unused);
      client.assertNothingElse();
    });

    promise('is refused to a socket that is in a room already', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const other = await scope.room('Cy');
      const [, bea] = room.members;
      for (const id of [room.id, other.id]) {
        const { error, code } = await bea.refusal('join-room', [id], 409);
        assert.deepEqual(await bea.next('error'), [
          { event: 'join-room', code, status: 409, message: error },
        ]);
        await bea.next('error-event');
      }
      await room.quiet();
      await other.quiet();
    });

    promise('twice at once joins once', async (scope) => {
      const room = await scope.room('Ada');
      const bea = await scope.client();
      const answers = await Promise.all([1, 2, 3].map(() => bea.ask('join-room', room.id, 'Bea')));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 409, 409],
      );
      bea.become((await bea.next('room-summary'))[0]);
      for (const event of ['error', 'error-event', 'error', 'error-event']) await bea.next(event);
      await room.members[0].next('new-participant');
      room.members.push(bea);
      await room.quiet();
    });

    promise(
      'with an options object answers with summary and capabilities, and ignores unknown members',
      async (scope) => {
        const room = await scope.room('Ada');
        const options = [
          {},
          { codecs: [{ kind: 'audio' }], headerExtensions: [] },
          { rtpCapabilities: null },
        ];
        for (const [index, option] of options.entries()) {
          const client = await scope.client();
          const data = await client.get('join-room', room.id, `Guest ${index}`, option);
          assert.deepEqual(Object.keys(data).sort(), ['rtcCapabilities', 'summary']);
          assert.deepEqual(data.rtcCapabilities, { codecs: [], headerExtensions: [] });
          const [summary] = await client.next('room-summary');
          assert.deepEqual(data.summary, summary);
          client.become(summary);
          for (const member of room.members) await member.next('new-participant');
          room.members.push(client);
        }
        await room.quiet();
      },
    );

    promise('takes null for the name and for the options', async (scope) => {
      const room = await scope.room('Ada');
      const client = await scope.client();
      const summary = await client.get('join-room', room.id, null, null);
      client.become(summary);
      assert.deepEqual(
        await client.next('room-summary'),
        [summary],
        'no options object: the data is the summary',
      );
      assert.equal(summary.participants.find(({ isMe }) => isMe).name, client.id);
      const other = await scope.client();
      const data = await other.get('join-room', room.id, null, {});
      assert.equal(data.summary.participants.find(({ isMe }) => isMe).name, data.summary.myId);
    });

    promise('is refused with the options form as without', async (scope) => {
      const client = await scope.client();
      await client.refusal('join-room', [await unusedRoomId(client), 'Ada', {}], 404, NO_ROOM);
      await client.next('error');
      await client.next('error-event');
    });
  });

  describe('The events of older clients', () => {
    promise(
      'get-rtp-capabilities is answered with empty capabilities before one joins, and in the room',
      async (scope) => {
        const room = await scope.room('Ada');
        const client = await scope.client({ version: 2 });
        const expected = { codecs: [], headerExtensions: [] };
        assert.deepEqual(await client.get('get-rtp-capabilities', room.id), expected);
        assert.deepEqual(await room.members[0].get('get-rtp-capabilities', room.id), expected);
        await client.refusal('get-rtp-capabilities', [await unusedRoomId(client)], 404, NO_ROOM);
        await room.quiet(client);
      },
    );

    for (const event of ['create-transport', 'connect-transport', 'create-producer', 'producer-action']) {
      promise(`${event} is answered: media is not routed`, async (scope) => {
        const room = await scope.room({ version: 2, name: 'Ada' });
        const outsider = await scope.client({ version: 2, transport: 'polling' });
        for (const client of [room.members[0], outsider]) {
          for (const args of [[], ['receiving'], ['a', { dtlsParameters: {} }], ['a', 'video', {}, null]]) {
            await client.refusal(event, args, 501, { error: 'Media is not routed by this server' });
          }
        }
        await room.quiet(outsider);
      });
    }

    promise(
      'an event that nobody knows is answered when it asks for an answer, and ignored otherwise',
      async (scope) => {
        const room = await scope.room('Ada', 'Bea');
        const [ada] = room.members;
        for (const event of [
          'no-such-event',
          '__proto__',
          'toString',
          'constructor',
          'JOIN-ROOM',
          'room-summary',
          '',
        ]) {
          await ada.refusal(event, ['x'], 404, { code: 'UNKNOWN_EVENT' });
          ada.tell(event, 'x');
          ada.tell(event);
        }
        await room.quiet();
      },
    );
  });

  describe('update-mediaState', () => {
    promise('merges what it is given and tells the others the whole', async (scope) => {
      const room = await scope.room('Ada', 'Bea', 'Cy');
      const [ada, bea, cy] = room.members;
      const steps = [
        [{ cameraEnabled: true }, { cameraEnabled: true, microphoneEnabled: false }],
        [{ microphoneEnabled: true }, { cameraEnabled: true, microphoneEnabled: true }],
        [{ cameraEnabled: false }, { cameraEnabled: false, microphoneEnabled: true }],
        [
          { cameraEnabled: true, microphoneEnabled: false },
          { cameraEnabled: true, microphoneEnabled: false },
        ],
      ];
      for (const [change, mediaState] of steps) {
        await bea.get('update-mediaState', change);
        for (const other of [ada, cy]) {
          assert.deepEqual(await other.next('participant-updated-media-state'), [{ id: bea.id, mediaState }]);
        }
      }
      const { participants } = await room.quiet();
      const told = participants.find(({ id }) => id === bea.id);
      assert.deepEqual(told.mediaState, { cameraEnabled: true, microphoneEnabled: false });
      assert.deepEqual(told.settings, told.mediaState, 'older clients read settings');
    });

    promise('works without an acknowledgement', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      bea.tell('update-mediaState', { microphoneEnabled: true });
      const mediaState = { cameraEnabled: false, microphoneEnabled: true };
      assert.deepEqual(await ada.next('participant-updated-media-state'), [{ id: bea.id, mediaState }]);
      await room.quiet();
    });

    promise('lets nothing through that is not media state', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      await bea.ask('update-mediaState', { cameraEnabled: true, key: 'x', id: ada.id, __proto__x: 1 });
      const before = ada.inbox.length;
      const { participants } = await room.settle();
      const told = participants.find(({ id }) => id === bea.id).mediaState;
      assert.deepEqual(Object.keys(told).sort(), ['cameraEnabled', 'microphoneEnabled']);
      assert.ok(before <= 1);
      for (const { name, args } of ada.inbox) {
        assert.equal(name, 'participant-updated-media-state');
        assert.equal(args[0].id, bea.id);
      }
    });

    promise('is refused outside of a room', async (scope) => {
      const client = await scope.client();
      const answer = await client.ask('update-mediaState', { cameraEnabled: true });
      assert.equal(answer.success, false);
      assert.ok(answer.status < 500);
    });
  });

  describe('update-name', () => {
    for (const event of ['update-name', 'change-name']) {
      promise(`${event} tells the others, with and without an acknowledgement`, async (scope) => {
        const room = await scope.room('Ada', 'Bea', 'Cy');
        const [ada, bea, cy] = room.members;
        await bea.get(event, 'Beatrice');
        bea.tell(event, '<i>B</i> & co');
        for (const other of [ada, cy]) {
          assert.deepEqual(await other.next('participant-changed-name'), [bea.id, 'Beatrice']);
          assert.deepEqual(await other.next('participant-changed-name'), [bea.id, '<i>B</i> & co']);
        }
        const { participants } = await room.quiet();
        assert.equal(participants.find(({ id }) => id === bea.id).name, '<i>B</i> & co');
      });

      promise(`${event} is refused outside of a room`, async (scope) => {
        const client = await scope.client();
        const answer = await client.ask(event, 'Nobody');
        assert.equal(answer.success, false);
        assert.ok(answer.status < 500);
      });
    }
  });

  describe('send-message, edit-message and delete-message', () => {
    promise('work without an acknowledgement', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      bea.tell('send-message', 'everyone', 'one');
      const [message] = await ada.next('new-room-message');
      assertSaid(message, { from: bea.id, to: 'everyone', content: 'one' });
      bea.tell('edit-message', message.id, 'two');
      assertSaid((await ada.next('edit-room-message'))[0], { id: message.id, content: 'two' });
      bea.tell('delete-message', message.id);
      assertSaid((await ada.next('delete-room-message'))[0], { id: message.id });
      bea.tell('send-message', ada.id, 'three');
      const [direct] = await ada.next('new-direct-message');
      bea.tell('edit-message', direct.id, 'four');
      assertSaid((await ada.next('edit-direct-message'))[0], { id: direct.id, to: ada.id, content: 'four' });
      bea.tell('delete-message', direct.id);
      await ada.next('delete-direct-message');
      await room.quiet();
    });

    promise('events of one socket take effect in the order in which they were emitted', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      for (let number = 0; number < 15; ++number) bea.tell('send-message', 'everyone', `${number}`);
      bea.tell('update-name', 'first');
      bea.tell('update-name', 'second');
      for (let number = 0; number < 15; ++number) {
        assert.equal((await ada.next('new-room-message'))[0].content, `${number}`);
      }
      assert.equal((await ada.next('participant-changed-name'))[1], 'first');
      assert.equal((await ada.next('participant-changed-name'))[1], 'second');
      await room.quiet();
    });

    promise('send-message to somebody unknown or gone is refused', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const elsewhere = await scope.room('Cy');
      const [ada, bea] = room.members;
      await room.depart(bea);
      for (const to of [NOBODY, bea.id, elsewhere.members[0].id, 'Everyone', room.id, '__proto__']) {
        await ada.refusal('send-message', [to, 'hello?'], 404, NO_RECIPIENT);
      }
      await room.quiet(bea);
      await elsewhere.quiet();
    });

    promise('edit-message and delete-message of an unknown or deleted message are refused', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const { id } = await ada.get('send-message', 'everyone', 'soon gone');
      await bea.next('new-room-message');
      await ada.get('delete-message', id);
      await bea.next('delete-room-message');
      for (const member of [ada, bea]) {
        for (const unknown of [id, NOBODY, 'no such id', '__proto__']) {
          await member.refusal('edit-message', [unknown, 'still there?'], 404, NO_MESSAGE);
          await member.refusal('delete-message', [unknown], 404, NO_MESSAGE);
        }
      }
      await room.quiet();
    });

    promise(
      'edit-message and delete-message of another’s message are refused, for the host too',
      async (scope) => {
        const room = await scope.room('Ada', 'Bea', 'Cy');
        const [ada, bea, cy] = room.members;
        const message = await bea.get('send-message', 'everyone', 'mine');
        const direct = await bea.get('send-message', cy.id, 'yours to read');
        for (const other of [ada, cy]) {
          await other.next('new-room-message');
          for (const { id } of [message, direct]) {
            await other.refusal('edit-message', [id, 'not mine'], 403, NOT_YOURS);
            await other.refusal('delete-message', [id], 403, NOT_YOURS);
          }
        }
        await cy.next('new-direct-message');
        assert.deepEqual((await room.quiet()).messages, [message]);
      },
    );

    promise('a message of another room can be neither edited nor deleted', async (scope) => {
      const here = await scope.room('Ada');
      const there = await scope.room('Bea');
      const { id } = await there.members[0].get('send-message', 'everyone', 'over there');
      await here.members[0].refusal('edit-message', [id, 'x'], 404, NO_MESSAGE);
      await here.members[0].refusal('delete-message', [id], 404, NO_MESSAGE);
      assert.deepEqual(
        (await there.quiet()).messages.map(({ content }) => content),
        ['over there'],
      );
    });

    promise('are refused outside of a room', async (scope) => {
      const room = await scope.room('Ada');
      const { id } = await room.members[0].get('send-message', 'everyone', 'inside');
      const client = await scope.client();
      for (const [event, ...args] of [
        ['send-message', 'everyone', 'x'],
        ['edit-message', id, 'x'],
        ['delete-message', id],
      ]) {
        const answer = await client.ask(event, ...args);
        assert.equal(answer.success, false);
        assert.ok(answer.status < 500);
      }
      assert.equal((await room.quiet(client)).messages.length, 1);
    });
  });

  describe('leave', () => {
    promise('works without an acknowledgement', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      bea.tell('leave');
      assert.deepEqual(await ada.next('participant-left'), [bea.id]);
      room.members = [ada];
      await room.quiet(bea);
    });

    promise('outside of a room disturbs nobody', async (scope) => {
      const room = await scope.room('Ada');
      const client = await scope.client();
      // Whether there is anything wrong with it is left open; with and without an acknowledgement it is the same.
      const { success } = await client.ask('leave');
      client.tell('leave');
      if (!success) await client.next('error');
      await room.enter({ client, name: 'Bea' });
      await room.quiet();
    });

    promise('twice at once leaves once', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      await Promise.all([bea.ask('leave'), bea.ask('leave')]);
      assert.deepEqual(await ada.next('participant-left'), [bea.id]);
      room.members = [ada];
      await room.quiet(bea);
    });
  });

  describe('An event that fails without an acknowledgement', () => {
    promise('is told by error, once, and disturbs nobody', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada] = room.members;
      const failing = [
        ['update-name', ''],
        ['change-name', 42],
        ['update-mediaState', 'on'],
        ['send-message', NOBODY, 'hello'],
        ['send-message', 'everyone'],
        ['edit-message', NOBODY, 'x'],
        ['delete-message', NOBODY],
      ];
      for (const [event, ...args] of failing) {
        const asked = await ada.ask(event, ...args);
        ada.assertNothingElse();
        ada.tell(event, ...args);
        const [told] = await ada.next('error');
        assert.deepEqual(told, { event, code: asked.code, status: asked.status, message: asked.error });
      }
      await room.quiet();
    });
  });
});

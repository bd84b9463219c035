// The main conversation, held by every generation of the official client over every way of transport.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { carriesAnyText, KINDS, kindName } from './support/clients.js';
import { granted, refused } from './support/rest.js';
import { assertSaid, Room } from './support/room.js';
import { md5 } from './support/shapes.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

// What often goes wrong on the way: HTML, quotes, UTF-16 surrogate pairs, combining marks, characters that end a
// line in JavaScript but not in JSON, and the byte that separates packets in a polling payload.
const TRICKY = '<b>&amp;"\'\\ 👩‍👩‍👧 é e\u0301 ü 漢字 \u2028\u2029 \u001e\u0000 \t\r\n 𝄞 end';

/** The trickiest text that these kinds of clients can tell each other. */
function textFor(...kinds) {
  return kinds.every(carriesAnyText) ? TRICKY : TRICKY.replace(/[^\x00-\x7f]/g, '');
}

suite('A conversation', {}, (promise) => {
  for (const kind of KINDS) {
    describe(kindName(kind), () => {
      const text = textFor(kind);

      promise(
        'create-room is answered with the id and its hash, and the creator is told to join',
        async (scope) => {
          const client = await scope.client(kind);
          const data = await client.get('create-room', 'Weekly');
          assert.deepEqual(Object.keys(data).sort(), ['id', 'idHash']);
          assert.equal(data.idHash, md5(data.id));
          assert.deepEqual(await client.next('join-room'), [data.id]);
          client.assertNothingElse();

          const summary = await client.join(data.id, 'Ada');
          assert.equal(summary.id, data.id);
          assert.equal(summary.name, 'Weekly');
          assert.deepEqual(summary.messages, []);
          assert.equal(summary.hasMore, false);
          const [me] = summary.participants;
          assert.equal(summary.participants.length, 1);
          assert.equal(me.name, 'Ada');
          assert.equal(me.isHost, true, 'the first to join is the host');
          assert.deepEqual(me.mediaState, { cameraEnabled: false, microphoneEnabled: false });
          client.assertNothingElse();
        },
      );

      promise('a joiner is told of everybody, and everybody of the joiner', async (scope) => {
        const room = await scope.room({ ...kind, name: 'Ada' });
        const [ada] = room.members;
        const bea = await scope.client(kind);
        const summary = await bea.join(room.id, 'Bea');
        const [newcomer] = await ada.next('new-participant');

        const mine = { ...summary.participants.find(({ isMe }) => isMe) };
        delete mine.isMe;
        delete mine.key;
        assert.deepEqual(
          newcomer,
          mine,
          'the others learn what the joiner learns of itself, without the key',
        );
        assert.equal(newcomer.name, 'Bea');
        assert.equal(newcomer.isHost, false);
        const host = summary.participants.find(({ id }) => id === ada.id);
        assert.equal(host.isHost, true);
        assert.equal(host.name, 'Ada');
        assert.notEqual(host.role, newcomer.role);

        const nameless = await room.enter({ ...kind, name: null });
        const [other] = await bea.next('new-participant');
        assert.equal(other.name, nameless.id, 'a participant without a name is called by its id');
        room.members.push(bea);
        await room.quiet();
      });

      promise('names and media state reach the others', async (scope) => {
        const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
        const [ada, bea] = room.members;
        await bea.get('update-name', text.slice(0, 30));
        assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, text.slice(0, 30)]);
        await ada.get('change-name', 'Ada Lovelace');
        assert.deepEqual(await bea.next('participant-changed-name'), [ada.id, 'Ada Lovelace']);

        await bea.get('update-mediaState', { cameraEnabled: true });
        const onlyCamera = { id: bea.id, mediaState: { cameraEnabled: true, microphoneEnabled: false } };
        assert.deepEqual(await ada.next('participant-updated-media-state'), [onlyCamera]);
        await bea.get('update-mediaState', { microphoneEnabled: true });
        const both = { id: bea.id, mediaState: { cameraEnabled: true, microphoneEnabled: true } };
        assert.deepEqual(await ada.next('participant-updated-media-state'), [both]);

        const { participants } = await room.quiet();
        const names = Object.fromEntries(participants.map(({ id, name }) => [id, name]));
        assert.deepEqual(names, { [ada.id]: 'Ada Lovelace', [bea.id]: text.slice(0, 30) });
        assert.deepEqual(participants.find(({ id }) => id === bea.id).mediaState, both.mediaState);
      });

      promise('room messages, edits and deletions reach the others as they were sent', async (scope) => {
        const room = await scope.room(
          { ...kind, name: 'Ada' },
          { ...kind, name: 'Bea' },
          { ...kind, name: 'Cy' },
        );
        const [ada, bea, cy] = room.members;
        const hear = async (event, expected) => {
          for (const listener of [ada, cy]) assert.deepEqual(await listener.next(event), [expected]);
        };

        const byEvent = await bea.get('send-message', 'everyone', text);
        assertSaid(byEvent, { from: bea.id, to: 'everyone', content: text });
        assert.ok(!byEvent.edited);
        await hear('new-room-message', byEvent);
        const byRest = await room.sendByRest(bea, 'everyone', `${text} by REST`);
        assertSaid(byRest, { from: bea.id, to: 'everyone', content: `${text} by REST` });
        await hear('new-room-message', byRest);

        await bea.get('edit-message', byRest.id, `${text} edited`);
        for (const listener of [ada, cy]) {
          const [edited] = await listener.next('edit-room-message');
          assert.deepEqual(edited, { ...byRest, content: `${text} edited`, edited: edited.edited });
          assert.ok(edited.edited);
        }
        granted(await room.api.edit(bea.credentials, byEvent.id, 'edited by REST'));
        for (const listener of [ada, cy]) {
          assertSaid((await listener.next('edit-room-message'))[0], {
            id: byEvent.id,
            content: 'edited by REST',
          });
        }

        await bea.get('delete-message', byEvent.id);
        for (const listener of [ada, cy]) {
          assertSaid((await listener.next('delete-room-message'))[0], {
            id: byEvent.id,
            from: bea.id,
            to: 'everyone',
          });
        }
        granted(await room.api.delete(bea.credentials, byRest.id));
        for (const listener of [ada, cy]) {
          assertSaid((await listener.next('delete-room-message'))[0], {
            id: byRest.id,
            from: bea.id,
            to: 'everyone',
          });
        }
        assert.deepEqual((await room.quiet()).messages, []);
      });

      promise('direct messages, edits and deletions reach the other side and nobody else', async (scope) => {
        const room = await scope.room(
          { ...kind, name: 'Ada' },
          { ...kind, name: 'Bea' },
          { ...kind, name: 'Cy' },
        );
        const [, bea, cy] = room.members;
        const byEvent = await bea.get('send-message', cy.id, text);
        assertSaid(byEvent, { from: bea.id, to: cy.id, content: text });
        assert.deepEqual(await cy.next('new-direct-message'), [byEvent]);
        const byRest = await room.sendByRest(cy, bea.id, text);
        assertSaid(byRest, { from: cy.id, to: bea.id, content: text });
        assert.deepEqual(await bea.next('new-direct-message'), [byRest]);

        await bea.get('edit-message', byEvent.id, 'one');
        assertSaid((await cy.next('edit-direct-message'))[0], { id: byEvent.id, to: cy.id, content: 'one' });
        granted(await room.api.edit(cy.credentials, byRest.id, 'two'));
        assertSaid((await bea.next('edit-direct-message'))[0], { id: byRest.id, to: bea.id, content: 'two' });
        granted(await room.api.delete(bea.credentials, byEvent.id));
        assertSaid((await cy.next('delete-direct-message'))[0], { id: byEvent.id, to: cy.id });
        await cy.get('delete-message', byRest.id);
        assertSaid((await bea.next('delete-direct-message'))[0], { id: byRest.id, to: bea.id });
        await room.quiet();
      });

      promise('a late joiner finds what was said and who said it', async (scope) => {
        const room = await scope.room(
          { ...kind, name: 'Ada' },
          { ...kind, name: 'Bea' },
          { ...kind, name: 'Cy' },
        );
        const [ada, bea, cy] = room.members;
        const first = await ada.get('send-message', 'everyone', 'first');
        const second = await bea.get('send-message', 'everyone', 'second');
        const third = await room.sendByRest(ada, 'everyone', 'third');
        const gone = await cy.get('send-message', 'everyone', 'gone');
        await ada.get('send-message', bea.id, 'not for a late joiner');
        await ada.get('edit-message', first.id, 'first, edited');
        await cy.get('delete-message', gone.id);
        await bea.get('leave');
        await cy.get('leave');

        const late = await scope.client(kind);
        const { messages, participants, hasMore } = await late.join(room.id, 'Dee');
        assert.equal(hasMore, false);
        assert.deepEqual(
          messages.map(({ id }) => id),
          [first.id, second.id, third.id],
        );
        assert.deepEqual(
          messages.map(({ content }) => content),
          ['first, edited', 'second', 'third'],
        );
        assert.deepEqual(
          messages.map(({ edited }) => Boolean(edited)),
          [true, false, false],
        );
        const told = participants.map(({ id, name, isAlive, isHost }) => ({ id, name, isAlive, isHost }));
        const expected = [
          { id: ada.id, name: 'Ada', isAlive: true, isHost: true },
          { id: bea.id, name: 'Bea', isAlive: false, isHost: false },
          { id: late.id, name: 'Dee', isAlive: true, isHost: false },
        ];
        const byName = (a, b) => a.name.localeCompare(b.name);
        assert.deepEqual(
          told.sort(byName),
          expected,
          'who left is listed as long as a message names it, and no longer',
        );
      });

      promise('whoever leaves is gone at once, and may join again as somebody new', async (scope) => {
        const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
        const [ada, bea] = room.members;
        await room.depart(bea);
        const formerId = bea.id;
        await room.enter({ client: bea, name: 'Bea again' });
        assert.notEqual(bea.id, formerId);
        bea.tell('leave');
        assert.deepEqual(await ada.next('participant-left'), [bea.id]);
        room.members = [ada];
        const { participants } = await room.quiet(bea);
        assert.deepEqual(
          participants.map(({ id }) => id),
          [ada.id],
        );
      });

      promise('a closed connection leaves the room', async (scope) => {
        const room = await scope.room(
          { ...kind, name: 'Ada' },
          { ...kind, name: 'Bea' },
          { ...kind, name: 'Cy' },
        );
        const [ada, bea, cy] = room.members;
        bea.close();
        assert.deepEqual(await ada.next('participant-left'), [bea.id]);
        assert.deepEqual(await cy.next('participant-left'), [bea.id]);
        room.members = [ada, cy];
        await room.quiet();
      });

      promise('the host leaving destroys the room', async (scope) => {
        const room = await scope.room(
          { ...kind, name: 'Ada' },
          { ...kind, name: 'Bea' },
          { ...kind, name: 'Cy' },
        );
        const [ada, bea, cy] = room.members;
        await bea.get('send-message', 'everyone', 'going with the room');
        for (const listener of [ada, cy]) await listener.next('new-room-message');
        await ada.get('leave');
        for (const listener of [bea, cy]) {
          assert.deepEqual(await listener.nextIs('participant-left'), [ada.id]);
          const ends = [await listener.next('destroy'), await listener.next('destory')];
          assert.deepEqual(ends, [[], []]);
        }
        for (const client of room.members) {
          await client.refusal('join-room', [room.id], 404, {
            error: "The room doesn't exist",
            code: 'ROOM_NOT_FOUND',
          });
          await client.next('error');
          await client.next('error-event');
        }
        const answer = await room.api.send(bea.credentials, 'everyone', 'anybody there?');
        refused(answer, 404, { error: 'Could not find room', code: 'ROOM_NOT_FOUND' });

        const next = await scope.room();
        for (const client of [bea, cy, ada]) await next.enter({ client, name: 'Once more' });
        await next.quiet();
      });

      promise('two rooms do not hear each other', async (scope) => {
        const here = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
        const there = await scope.room({ ...kind, name: 'Cy' }, { ...kind, name: 'Dee' });
        const [ada, bea] = here.members;
        const message = await ada.get('send-message', 'everyone', 'here only');
        await ada.get('update-name', 'A.');
        await ada.get('update-mediaState', { cameraEnabled: true });
        assert.deepEqual(await bea.next('new-room-message'), [message]);
        await bea.next('participant-changed-name');
        await bea.next('participant-updated-media-state');
        await ada.get('edit-message', message.id, 'still here only');
        await ada.get('delete-message', message.id);
        await bea.next('edit-room-message');
        await bea.next('delete-room-message');
        await here.quiet();
        await there.quiet();
      });

      promise('the client ends up on the transport it was made for', async (scope) => {
        const client = await scope.client(kind);
        const { id } = await client.get('create-room');
        await client.join(id);
        if (kind.transport === 'upgrade') await client.upgraded();
        assert.equal(client.speaks, kind.transport === 'polling' ? 'polling' : 'websocket');
        await client.get('update-name', 'still here');
      });
    });
  }

  const groups = [
    ['all kinds of clients', KINDS],
    ['all that can tell each other any text', KINDS.filter(carriesAnyText)],
  ];
  for (const [who, kinds] of groups) {
    promise(`${who} talk to each other in one room, and each hears each exactly once`, async (scope) => {
      const room = await scope.room(...kinds.map((kind) => ({ ...kind, name: kindName(kind) })));
      const said = await Promise.all(
        room.members.map((member) => member.get('send-message', 'everyone', textFor(...kinds))),
      );
      for (const member of room.members) {
        const heard = [];
        for (const message of said) {
          if (message.from !== member.id)
            heard.push((await member.next('new-room-message', ({ id }) => id === message.id))[0]);
        }
        assert.deepEqual(
          heard,
          said.filter(({ from }) => from !== member.id),
        );
      }
      const [first, ...others] = room.members;
      for (const [index, other] of others.entries()) {
        const next = room.members[(index + 2) % room.members.length];
        const message = await other.get('send-message', next.id, `to the next: ${index}`);
        assert.deepEqual(await next.next('new-direct-message'), [message]);
      }
      await room.quiet();
      await first.get('leave');
      for (const other of others) {
        await other.next('participant-left');
        await other.next('destroy');
        await other.next('destory');
      }
    });
  }

  promise('nobody in another room learns that a room was destroyed', async (scope) => {
    const ending = await scope.room('Ada', 'Bea');
    const staying = await scope.room('Cy', 'Dee');
    const [ada, bea] = ending.members;
    await ada.get('leave');
    await bea.next('destroy');
    await staying.quiet(ada);
    const secondRoom = new Room(scope, await bea.get('create-room'));
    await secondRoom.enter({ client: bea, name: 'Bea' });
    await staying.quiet();
  });
});

suite('A room that nobody joins', { flags: { room: { 'join-timeout': '1s' } } }, (promise) => {
  const gone = async (client, id) => {
    await until(
      'the room is gone',
      async () => (await client.ask('get-rtp-capabilities', id)).status === 404,
    );
  };

  promise('is destroyed after the time to join, whoever created it', async (scope) => {
    const creators = await Promise.all(KINDS.map((kind) => scope.client(kind)));
    await Promise.all(
      creators.map(async (client) => {
        const { id } = await client.get('create-room');
        await client.next('join-room');
        await gone(client, id);
        await client.refusal('join-room', [id], 404, {
          error: "The room doesn't exist",
          code: 'ROOM_NOT_FOUND',
        });
        await client.next('error');
        await client.next('error-event');
        client.assertNothingElse();
      }),
    );
  });

  promise('goes alone: a room that was joined in time stays', async (scope) => {
    const room = await scope.room('Ada');
    const { id } = await room.members[0].get('create-room');
    await room.members[0].next('join-room');
    await gone(room.members[0], id);
    await room.enter('Bea');
    await room.quiet();
  });

  promise('is unknown to the REST API afterwards', async (scope) => {
    const room = await scope.room();
    const client = await scope.client();
    await gone(client, room.id);
    const nobody = { id: '00000000-0000-4000-8000-000000000000', key: '0'.repeat(32) };
    const answer = await room.api.send(nobody, 'everyone', 'hello?');
    refused(answer, 404, { error: 'Could not find room', code: 'ROOM_NOT_FOUND' });
  });
});

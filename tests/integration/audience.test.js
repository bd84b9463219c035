// Who hears of what, and who can act: the rules that nobody may get around.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { get, granted, refused } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';

const MIXED = [
  { version: 4, transport: 'websocket', name: 'Ada' },
  { version: 2, transport: 'polling', name: 'Bea' },
  { version: 3, transport: 'upgrade', name: 'Cy' },
  { version: 4, transport: 'polling', name: 'Dee' },
  { version: 2, transport: 'websocket', name: 'Eve' },
];

suite('Who hears and who can act', { flags: { messaging: { 'message-rate': 0 } } }, (promise) => {
  describe('A room message', () => {
    promise('is heard by everyone but the one who acts, whichever way it acts', async (scope) => {
      const room = await scope.room(...MIXED);
      const [, bea] = room.members;
      const others = room.members.filter((member) => member !== bea);
      const hear = (event) => Promise.all(others.map((other) => other.next(event)));
      const byEvent = await bea.get('send-message', 'everyone', 'one');
      await hear('new-room-message');
      const byRest = await room.sendByRest(bea, 'everyone', 'two');
      await hear('new-room-message');
      await bea.get('edit-message', byRest.id, 'two, edited');
      await hear('edit-room-message');
      granted(await room.api.edit(bea.credentials, byEvent.id, 'one, edited'));
      await hear('edit-room-message');
      await bea.get('delete-message', byRest.id);
      await hear('delete-room-message');
      granted(await room.api.delete(bea.credentials, byEvent.id));
      await hear('delete-room-message');
      await room.quiet();
    });

    promise('that was deleted is in nobody’s history', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const gone = await ada.get('send-message', 'everyone', 'said in haste');
      const kept = await ada.get('send-message', 'everyone', 'kept');
      await ada.get('delete-message', gone.id);
      for (const event of ['new-room-message', 'new-room-message', 'delete-room-message'])
        await bea.next(event);
      const { messages } = await room.quiet();
      assert.deepEqual(
        messages.map(({ id }) => id),
        [kept.id],
      );
    });
  });

  describe('A direct message', () => {
    promise('is heard by the other side only, and so are its edits and its deletion', async (scope) => {
      const room = await scope.room(...MIXED);
      const [ada, bea, cy] = room.members;
      // From a guest to the host, from the host to a guest, and between guests.
      for (const [from, to] of [
        [bea, ada],
        [ada, bea],
        [bea, cy],
        [cy, bea],
      ]) {
        const message = await from.get('send-message', to.id, 'between us');
        assert.deepEqual(await to.next('new-direct-message'), [message]);
        await from.get('edit-message', message.id, 'still between us');
        assertSaid((await to.next('edit-direct-message'))[0], { id: message.id, from: from.id, to: to.id });
        granted(await room.api.edit(from.credentials, message.id, 'and again'));
        assertSaid((await to.next('edit-direct-message'))[0], { id: message.id, content: 'and again' });
        await from.get('delete-message', message.id);
        assertSaid((await to.next('delete-direct-message'))[0], { id: message.id, from: from.id, to: to.id });
        const byRest = await room.sendByRest(from, to.id, 'by REST');
        assert.deepEqual(await to.next('new-direct-message'), [byRest]);
        granted(await room.api.delete(from.credentials, byRest.id));
        await to.next('delete-direct-message');
      }
      await room.quiet();
    });

    promise(
      'is in no third party’s history, the host’s included, nor does its author show there',
      async (scope) => {
        const room = await scope.room('Ada', 'Bea', 'Cy');
        const [, bea, cy] = room.members;
        const secret = await bea.get('send-message', cy.id, 'between us');
        await bea.get('edit-message', secret.id, 'still between us');
        for (const event of ['new-direct-message', 'edit-direct-message']) await cy.next(event);
        await room.depart(bea);
        const late = await room.enter('Dee');
        assert.deepEqual(late.summary.messages, []);
        assert.equal(late.summary.hasMore, false);
        assert.ok(
          !late.summary.participants.some(({ id }) => id === bea.id),
          'no visible message names who left',
        );
        await room.quiet();
        await room.depart(cy);
        await room.enter({ client: cy, name: 'Cy again' });
        assert.deepEqual(cy.summary.messages, [], 'who comes back as somebody new is a third party too');
        await room.quiet();
      },
    );

    promise('can be neither edited nor deleted by a third party, nor by its reader', async (scope) => {
      const room = await scope.room('Ada', 'Bea', 'Cy');
      const [ada, bea, cy] = room.members;
      const secret = await bea.get('send-message', cy.id, 'between us');
      await cy.next('new-direct-message');
      const notYours = { error: 'You are not authorized to preform this action', code: 'NOT_AUTHOR' };
      for (const other of [ada, cy]) {
        for (const response of [
          await room.api.edit(other.credentials, secret.id, 'ours'),
          await room.api.delete(other.credentials, secret.id),
        ]) {
          refused(response, 403, notYours);
          assert.ok(!response.text.includes('between us'));
        }
        await other.refusal('edit-message', [secret.id, 'ours'], 403, notYours);
        await other.refusal('delete-message', [secret.id], 403, notYours);
      }
      await room.quiet();
      await bea.get('edit-message', secret.id, 'as it was');
      assertSaid((await cy.next('edit-direct-message'))[0], { id: secret.id, content: 'as it was' });
    });

    promise('to oneself arrives, and is heard by nobody else', async (scope) => {
      const room = await scope.room(...MIXED);
      for (const member of room.members) {
        const message = await member.get('send-message', member.id, 'a note to myself');
        assert.deepEqual(await member.next('new-direct-message'), [message]);
        await member.get('edit-message', message.id, 'a better note');
        assertSaid((await member.next('edit-direct-message'))[0], {
          id: message.id,
          content: 'a better note',
        });
        await member.get('delete-message', message.id);
        assertSaid((await member.next('delete-direct-message'))[0], { id: message.id });
      }
      await room.quiet();
    });

    promise('shows in no metric', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      await ada.get('send-message', bea.id, 'unmistakable-direct-words');
      await bea.next('new-direct-message');
      const { parley } = scope;
      for (const url of [
        parley.url,
        ...[parley.room, parley.messaging].map(({ endpoints }) => `http://${endpoints.metrics}`),
      ]) {
        const { text } = await get(url, '/metrics');
        for (const secret of ['unmistakable-direct-words', ada.key, bea.key])
          assert.ok(!text.includes(secret));
      }
    });
  });

  describe('Whoever has left', () => {
    promise('hears nothing any more, later edits included', async (scope) => {
      const room = await scope.room('Ada', 'Bea', 'Cy', 'Dee');
      const [ada, bea, cy, dee] = room.members;
      const toAll = await ada.get('send-message', 'everyone', 'to all');
      const toBea = await ada.get('send-message', bea.id, 'to Bea');
      for (const member of [bea, cy, dee]) await member.next('new-room-message');
      await bea.next('new-direct-message');
      await room.depart(bea);

      await ada.get('edit-message', toAll.id, 'to all who are left');
      await ada.ask('edit-message', toBea.id, 'to Bea, who left');
      await ada.ask('delete-message', toBea.id);
      await ada.get('update-name', 'A.');
      await ada.get('update-mediaState', { cameraEnabled: true });
      await ada.get('send-message', 'everyone', 'without Bea');
      for (const event of [
        'edit-room-message',
        'participant-changed-name',
        'participant-updated-media-state',
        'new-room-message',
      ]) {
        for (const member of [cy, dee]) await member.next(event);
      }
      await room.depart(dee);
      await room.quiet(bea, dee);

      const elsewhere = await scope.room();
      await elsewhere.enter({ client: bea, name: 'Bea' });
      await ada.get('send-message', 'everyone', 'still without Bea');
      await cy.next('new-room-message');
      await room.quiet(dee);
      await elsewhere.quiet();
    });

    promise('can act no more, by socket or by REST, from the answer to leave on', async (scope) => {
      const room = await scope.room('Ada', { name: 'Anchor', version: 2, transport: 'polling' });
      const [ada, anchor] = room.members;
      const leavers = await Promise.all([
        scope.client({ version: 4, transport: 'websocket' }),
        scope.client({ version: 4, transport: 'polling' }),
        scope.client({ version: 2, transport: 'websocket' }),
      ]);
      const gone = { error: 'Could not find from participant', code: 'SENDER_NOT_FOUND' };
      for (let round = 0; round < 40; ++round) {
        await Promise.all(
          leavers.map(async (leaver) => {
            await leaver.join(room.id, `Leaver ${round}`);
            const { id } = await leaver.get('send-message', ada.id, 'soon gone');
            await leaver.get('leave');
            const calls = [
              room.api.send(leaver.credentials, 'everyone', 'am I still here?'),
              room.api.send(leaver.credentials, ada.id, 'am I still here?'),
              room.api.edit(leaver.credentials, id, 'am I still here?'),
              room.api.delete(leaver.credentials, id),
            ];
            const asked = [
              leaver.ask('send-message', 'everyone', 'am I still here?'),
              leaver.ask('edit-message', id, 'am I still here?'),
              leaver.ask('delete-message', id),
              leaver.ask('update-name', 'Ghost'),
              leaver.ask('update-mediaState', { cameraEnabled: true }),
            ];
            for (const response of await Promise.all(calls)) refused(response, 404, gone);
            for (const answer of await Promise.all(asked)) assert.equal(answer.success, false);
          }),
        );
      }
      await room.settle();
      for (const member of [ada, anchor]) {
        const heard = member.inbox.filter(
          ({ name }) => !['new-participant', 'participant-left', 'new-direct-message'].includes(name),
        );
        assert.deepEqual(heard, []);
        const newcomers = member.inbox
          .filter(({ name }) => name === 'new-participant')
          .map(({ args }) => args[0].id);
        const leaving = member.inbox
          .filter(({ name }) => name === 'participant-left')
          .map(({ args }) => args[0]);
        assert.equal(newcomers.length, 120);
        assert.deepEqual([...leaving].sort(), [...newcomers].sort());
        member.inbox.length = 0;
      }
      const { participants, messages } = await room.quiet();
      assert.deepEqual(
        participants.map(({ id }) => id),
        [ada.id, anchor.id],
      );
      assert.deepEqual(messages, []);
      for (const leaver of leavers) {
        leaver.inbox = leaver.inbox.filter(
          ({ name }) => name !== 'new-participant' && name !== 'participant-left',
        );
        leaver.assertNothingElse();
      }
    });

    promise('can be written to no more, from the answer to leave on', async (scope) => {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      const leaver = await scope.client();
      for (let round = 0; round < 30; ++round) {
        await leaver.join(room.id);
        await leaver.get('leave');
        const [byRest, answer] = await Promise.all([
          room.api.send(ada.credentials, leaver.id, 'still there?'),
          ada.ask('send-message', leaver.id, 'still there?'),
        ]);
        refused(byRest, 404, { error: 'Could not find to participant', code: 'RECIPIENT_NOT_FOUND' });
        assert.equal(answer.status, 404);
        await ada.next('participant-left');
      }
      leaver.assertNothingElse();
    });

    promise(
      'is the whole room when the host leaves: nobody can act in it from the answer on',
      async (scope) => {
        for (let round = 0; round < 15; ++round) {
          const room = await scope.room('Ada', 'Bea');
          const [ada, bea] = room.members;
          await ada.get('leave');
          for (const member of room.members) {
            const response = await room.api.send(member.credentials, 'everyone', 'anybody?');
            refused(response, 404, { error: 'Could not find room', code: 'ROOM_NOT_FOUND' });
          }
          for (const event of ['participant-left', 'destroy', 'destory']) await bea.next(event);
          const answer = await bea.ask('send-message', 'everyone', 'anybody?');
          assert.equal(answer.success, false);
          bea.close();
          ada.close();
        }
      },
    );
  });

  describe('A key', () => {
    promise('opens no other room', async (scope) => {
      const here = await scope.room('Ada', 'Bea');
      const there = await scope.room('Cy', 'Dee');
      const [, bea] = here.members;
      const [cy] = there.members;
      const message = await cy.get('send-message', 'everyone', 'over there');
      await there.members[1].next('new-room-message');

      const stranger = { error: 'Could not find from participant', code: 'SENDER_NOT_FOUND' };
      refused(await there.api.send(bea.credentials, 'everyone', 'let me in'), 404, stranger);
      refused(await there.api.send(bea.credentials, cy.id, 'let me in'), 404, stranger);
      refused(await there.api.edit(bea.credentials, message.id, 'let me in'), 404, stranger);
      refused(await there.api.delete(bea.credentials, message.id), 404, stranger);

      const borrowed = { id: cy.id, key: bea.key };
      const mismatch = { error: 'The key did not match', code: 'KEY_MISMATCH' };
      refused(await there.api.send(borrowed, 'everyone', 'let me in'), 403, mismatch);
      refused(await there.api.edit(borrowed, message.id, 'let me in'), 403, mismatch);
      refused(await there.api.delete(borrowed, message.id), 403, mismatch);
      refused(await here.api.send({ id: cy.id, key: bea.key }, 'everyone', 'let me in'), 404, stranger);

      await here.quiet();
      assert.deepEqual((await there.quiet()).messages, [message]);
    });

    promise('speaks for no other participant of the same room', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const message = await ada.get('send-message', 'everyone', 'mine');
      await bea.next('new-room-message');
      const mismatch = { error: 'The key did not match', code: 'KEY_MISMATCH' };
      for (const key of [
        bea.key,
        ada.key.toUpperCase(),
        ada.key.slice(0, -1),
        `${ada.key}0`,
        ` ${ada.key}`,
        '0'.repeat(32),
        'x',
        ada.id,
      ]) {
        if (key === ada.key) continue;
        const forged = { id: ada.id, key };
        refused(await room.api.send(forged, 'everyone', 'as Ada'), 403, mismatch);
        refused(await room.api.edit(forged, message.id, 'as Ada'), 403, mismatch);
        refused(await room.api.delete(forged, message.id), 403, mismatch);
      }
      assert.deepEqual((await room.quiet()).messages, [message]);
    });

    promise('is not needed to be told of a room, but a room’s id is', async (scope) => {
      const room = await scope.room('Ada');
      const client = await scope.client();
      await client.refusal('join-room', [room.idHash], 404, { code: 'ROOM_NOT_FOUND' });
      for (const event of ['error', 'error-event']) await client.next(event);
      await room.quiet(client);
    });
  });
});

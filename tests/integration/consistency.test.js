// What a joiner is told, the summary and then the events, is exactly the room, while messages and joins pour in.
import assert from 'node:assert/strict';

import { KINDS, kindName } from './support/clients.js';
import { granted } from './support/rest.js';
import { suite } from './support/suite.js';
import {
  assertAccountOfMembers,
  assertAccountOfMessages,
  assertAccountOfNames,
  membershipEvents,
  MessageFold,
  messageEvents,
} from './support/witness.js';

const FAST = { flags: { messaging: { 'message-rate': 0 } } };

/** What an observer may be judged by: its summary, and the events since. */
function accountOf(client, name) {
  return {
    id: client.id,
    name: `${name} (${kindName(client)})`,
    summary: client.summary,
    events: client.history,
  };
}

/** Sends numbered messages, three at a time under way, and edits and deletes some; returns its own acts. */
async function pourEvents(client, label, count) {
  const acts = { sent: 0, alive: new Map() };
  for (let number = 0; number < count; number += 3) {
    const batch = [number, number + 1, number + 2].filter((one) => one < count);
    const sent = await Promise.all(
      batch.map((one) => client.get('send-message', 'everyone', `${label} ${one}`)),
    );
    for (const message of sent) acts.alive.set(message.id, message.content);
    acts.sent += sent.length;
    const [first, second] = sent;
    if (number % 9 === 0) {
      await client.get('edit-message', first.id, `${first.content} edited`);
      acts.alive.set(first.id, `${first.content} edited`);
    }
    if (number % 15 === 0 && second) {
      await client.get('delete-message', second.id);
      acts.alive.delete(second.id);
    }
  }
  return acts;
}

async function pourRest(room, client, label, count) {
  const acts = { sent: 0, alive: new Map() };
  for (let number = 0; number < count; ++number) {
    const message = await room.sendByRest(client, 'everyone', `${label} ${number}`);
    acts.sent += 1;
    acts.alive.set(message.id, message.content);
    if (number % 10 === 0) {
      granted(await room.api.edit(client.credentials, message.id, `${message.content} edited`));
      acts.alive.set(message.id, `${message.content} edited`);
    }
  }
  return acts;
}

/** Every sender numbers its messages: insists that no number is missing from the first one on that was an event. */
function assertContiguous(observer) {
  const last = new Map();
  for (const { verb, message } of messageEvents(observer.events)) {
    const [, label, digits] = /^(sender \S+) (\d+)/.exec(message.content) ?? [];
    if (verb !== 'new' || !label) continue;
    const number = Number(digits);
    if (last.has(label))
      assert.equal(number, last.get(label) + 1, `${observer.name}: ${label} is out of sequence`);
    last.set(label, number);
  }
  for (const message of observer.summary.messages) {
    const [, label, digits] = /^(sender \S+) (\d+)/.exec(message.content) ?? [];
    if (last.has(label))
      assert.ok(
        Number(digits) <= last.get(label),
        `${observer.name}: ${message.content} came after it was told`,
      );
  }
}

suite('While messages and joins pour in', FAST, (promise) => {
  promise('no observer sees a gap, a duplicate or a reordering, and all agree', async (scope) => {
    const room = await scope.room({ name: 'Witness' });
    const [witness] = room.members;
    const senders = [];
    for (const kind of [KINDS[0], KINDS[4], KINDS[8], KINDS[1]])
      senders.push(await room.enter({ ...kind, name: 'Sender' }));
    const restSender = await room.enter('REST sender');

    let pouring = true;
    const stayers = [];
    const leavers = [];
    const joinAndStay = async () => {
      for (let round = 0; round < 3; ++round) {
        await Promise.all(
          KINDS.map(async (kind) => {
            const client = await scope.client(kind);
            await client.join(room.id, 'Stayer');
            stayers.push(client);
          }),
        );
      }
    };
    const joinAndLeave = async (kind) => {
      while (pouring) {
        const client = await scope.client(kind);
        await client.join(room.id, 'Leaver');
        leavers.push(client);
        await client.get('leave');
        client.close();
      }
    };
    let renames = 0;
    const renamedTo = (name) => Number(/^Renamed (\d+)$/.exec(name)?.[1] ?? -1);
    const renaming = async () => {
      while (pouring) await restSender.get('update-name', `Renamed ${renames++}`);
    };
    const background = [KINDS[0], KINDS[7], KINDS[5]].map(joinAndLeave).concat(renaming());
    const acts = await Promise.all([
      ...senders.map((sender, index) => pourEvents(sender, `sender ${index}`, 120)),
      pourRest(room, restSender, 'sender rest', 80),
      joinAndStay(),
    ]);
    pouring = false;
    await Promise.all(background);

    const observers = [...senders, restSender, ...stayers];
    room.members = [witness, ...observers];
    const final = await room.settle();

    const testimony = accountOf(witness, 'the witness');
    const fold = new MessageFold();
    for (const event of messageEvents(testimony.events)) fold.apply(event);
    const alive = new Map(acts.filter(Boolean).flatMap((act) => [...act.alive]));
    assert.deepEqual(
      new Map(fold.list().map(({ id, content }) => [id, content])),
      alive,
      'the witness heard every act',
    );
    const sent = messageEvents(testimony.events).filter(
      ({ verb, message }) => verb === 'new' && message.content.startsWith('sender'),
    );
    assert.equal(
      sent.length,
      acts.filter(Boolean).reduce((sum, act) => sum + act.sent, 0),
    );

    for (const [index, client] of observers.entries()) {
      const account = accountOf(client, `observer ${index}`);
      assertContiguous(account);
      assertAccountOfMessages(testimony, account, true);
      assertAccountOfMembers(testimony, account, true);
      if (client !== restSender)
        assert.equal(assertAccountOfNames(restSender.id, account, renamedTo), renames - 1);
    }
    for (const [index, client] of leavers.entries()) {
      const account = accountOf(client, `leaver ${index}`);
      assertAccountOfMessages(testimony, account, false);
      assertAccountOfMembers(testimony, account, false);
    }
    const present = final.participants.filter(({ isAlive }) => isAlive).map(({ id }) => id);
    assert.deepEqual(present.sort(), room.members.map(({ id }) => id).sort());
    const joined = membershipEvents(testimony.events).filter((move) => move.joined);
    assert.equal(
      joined.length,
      observers.length + leavers.length + 1,
      'everybody who joined was announced once',
    );
    scope.diagnose(`${sent.length} messages, ${observers.length} observers, ${leavers.length} leavers`);
  });

  promise('direct messages reach their reader once and in order, and no other observer', async (scope) => {
    const room = await scope.room(...KINDS.map((kind) => ({ ...kind, name: kindName(kind) })));
    const count = 25;
    await Promise.all(
      room.members.map(async (from, index) => {
        const to = room.members[(index + 4) % room.members.length];
        for (let number = 0; number < count; ++number) {
          const message = await from.get('send-message', to.id, `${number}`);
          if (number % 5 === 0) await from.get('edit-message', message.id, `${number} edited`);
          if (number % 7 === 0) await from.get('delete-message', message.id);
        }
      }),
    );
    await room.settle();
    for (const [index, to] of room.members.entries()) {
      const from = room.members[(index + KINDS.length - 4) % KINDS.length];
      const heard = to.inbox.map(
        ({ name, args: [message] }) =>
          `${name} ${message.from === from.id} ${message.to === to.id} ${message.content}`,
      );
      const expected = [];
      for (let number = 0; number < count; ++number) {
        expected.push(`new-direct-message true true ${number}`);
        const now = number % 5 === 0 ? `${number} edited` : `${number}`;
        if (number % 5 === 0) expected.push(`edit-direct-message true true ${now}`);
        if (number % 7 === 0) expected.push(`delete-direct-message true true ${now}`);
      }
      assert.deepEqual(heard, expected, `what ${kindName(to)} heard`);
    }
    for (const member of room.members) member.inbox.length = 0;
    assert.deepEqual((await room.quiet()).messages, []);
  });

  promise('rooms that come and go at once do not mix', async (scope) => {
    await Promise.all(
      KINDS.map(async (kind) => {
        for (let round = 0; round < 4; ++round) {
          const host = await scope.client(kind);
          const guest = await scope.client();
          const { id } = await host.get('create-room', 'Brief');
          await host.next('join-room');
          await host.join(id, 'Host');
          await guest.join(id, 'Guest');
          await host.nextIs('new-participant');
          for (let number = 0; number < 10; ++number)
            guest.tell('send-message', 'everyone', `${id} ${number}`);
          for (let number = 0; number < 10; ++number) {
            assert.equal((await host.nextIs('new-room-message'))[0].content, `${id} ${number}`);
          }
          host.tell('leave');
          assert.deepEqual(await guest.nextIs('participant-left'), [host.id]);
          for (const event of ['destroy', 'destory']) await guest.next(event);
          await guest.ask('get-rtp-capabilities', id);
          await host.ask('get-rtp-capabilities', id);
          for (const client of [host, guest]) {
            client.assertNothingElse();
            client.close();
          }
        }
      }),
    );
  });

  promise(
    'one who joins while the host leaves is in the room until it ends, or is told that there is none',
    async (scope) => {
      for (let round = 0; round < 20; ++round) {
        const room = await scope.room('Ada');
        const [ada] = room.members;
        const joiners = await Promise.all([
          scope.client(),
          scope.client({ version: 2 }),
          scope.client({ transport: 'polling' }),
        ]);
        const asked = joiners.map((joiner) => joiner.ask('join-room', room.id, 'Joiner'));
        ada.tell('leave');
        for (const [index, answer] of (await Promise.all(asked)).entries()) {
          const joiner = joiners[index];
          if (answer.success) {
            joiner.become((await joiner.next('room-summary'))[0]);
            for (const event of ['participant-left', 'destroy', 'destory']) {
              await joiner.next(event, (id) => event !== 'participant-left' || id === ada.id);
            }
          } else {
            assert.equal(answer.code, 'ROOM_NOT_FOUND');
            for (const event of ['error', 'error-event']) await joiner.next(event);
          }
          const again = await scope.room();
          await again.enter({ client: joiner, name: 'Free again' });
        }
        for (const client of [ada, ...joiners]) client.close();
      }
    },
  );
});

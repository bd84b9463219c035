// The limits: up to each of them all is well, beyond it there is a clear refusal, the connection stays and nothing
// has changed.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { carriesAnyText, KINDS, kindName } from './support/clients.js';
import { granted, post, RawConnection, refused, request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

const TOO_FAST = 'Please wait before sending messages';

/** Texts of exactly `length` characters, which are not all of one byte or one UTF-16 unit. */
function texts(length) {
  return [
    'n'.repeat(length),
    '😀'.repeat(length),
    '漢'.repeat(length),
    '\u0000'.repeat(length),
    'e\u0301'.repeat(length / 2),
  ];
}

/** `depth` arrays in one another. */
function nested(depth) {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

async function until413(connection) {
  await until(
    'the answer is there',
    () => connection.received.includes('\r\n\r\n') && connection.received.includes('}'),
  );
  connection.socket.end();
  return connection.untilClosed();
}

const OFF = {
  room: { 'max-participants': 0, 'reconnect-grace': 0 },
  messaging: { 'message-rate': 0 },
  edge: { 'event-rate-per-socket': 0 },
};

const LARGE = { flags: { edge: { 'max-http-buffer-size': 20_000_000 } } };

suite('With a --max-http-buffer-size beyond what the services take', LARGE, (promise) => {
  for (const kind of KINDS.filter(({ transport }) => transport !== 'upgrade')) {
    promise(`an event beyond that is refused and disturbs nobody: ${kindName(kind)}`, async (scope) => {
      const room = await scope.room('Ada', { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      const newcomer = await scope.client(kind);
      const content = 'x'.repeat(6_000_000);
      const refusals = [
        bea.refusal('send-message', ['everyone', content], 400),
        bea.refusal('update-name', [content], 400),
        newcomer.refusal('join-room', [content], 404),
      ];
      await ada.get('send-message', 'everyone', 'in between');
      assertSaid((await bea.next('new-room-message'))[0], { content: 'in between' });
      await Promise.all(refusals);
      for (const event of ['error', 'error-event']) await newcomer.next(event);
      await room.quiet();
    });
  }
});

suite('With the limits of number off', { flags: OFF }, (promise) => {
  describe('Limits of size', () => {
    promise('a name has 1 to 64 characters, whatever their encoding', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const newcomer = await scope.client();
      for (const name of texts(64)) {
        await bea.get('update-name', name);
        assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, name]);
        await bea.refusal('update-name', [`${name}x`], 400);
        await newcomer.get('create-room', name);
        await newcomer.next('join-room');
        await newcomer.refusal('create-room', [`${name}x`], 400);
        await newcomer.refusal('join-room', [room.id, `${name}x`], 400);
        for (const event of ['error', 'error-event']) await newcomer.next(event);
        await newcomer.join(room.id, name);
        for (const member of room.members) assert.equal((await member.next('new-participant'))[0].name, name);
        await newcomer.get('leave');
        for (const member of room.members) await member.next('participant-left');
      }
      const { participants } = await room.quiet(newcomer);
      assert.equal(participants.find(({ id }) => id === bea.id).name, texts(64).at(-1));
    });

    for (const kind of KINDS.filter(carriesAnyText)) {
      promise(
        `content has 1 to 4,000 characters, whatever their encoding: ${kindName(kind)}`,
        async (scope) => {
          const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
          const [ada, bea] = room.members;
          for (const content of texts(4000)) {
            const message = await bea.get('send-message', 'everyone', content);
            assert.deepEqual(await ada.next('new-room-message'), [message]);
            assert.equal(message.content, content);
            await bea.refusal('send-message', ['everyone', `${content}x`], 400);
            const [start] = texts(4000);
            await bea.get('edit-message', message.id, start);
            assertSaid((await ada.next('edit-room-message'))[0], { content: start });
            await bea.refusal('edit-message', [message.id, `${content}x`], 400);
          }
          const byRest = await room.sendByRest(bea, 'everyone', texts(4000)[1]);
          assert.deepEqual(await ada.next('new-room-message'), [byRest]);
          refused(await room.api.send(bea.credentials, 'everyone', `${texts(4000)[1]}x`), 400, {
            naming: 'content',
          });
          refused(await room.api.edit(bea.credentials, byRest.id, `${texts(4000)[1]}x`), 400, {
            naming: 'content',
          });
          const { messages } = await room.quiet();
          assert.equal(messages.length, 6);
        },
      );
    }

    promise('JSON over REST is nested 32 deep at most', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const { url } = scope.parley;
      const body = (depth) => ({
        from: ada.credentials,
        to: 'everyone',
        content: 'deep',
        extra: nested(depth - 1),
      });
      granted(await post(url, `/api/${room.idHash}/send`, body(32)));
      await bea.next('new-room-message');
      for (const depth of [33, 34, 100])
        refused(await post(url, `/api/${room.idHash}/send`, body(depth)), 400);
      const deep = `{"extra":${'['.repeat(200_000)}`;
      for (const text of [deep, `${deep}${']'.repeat(200_000)}}`, '{"a":'.repeat(100_000)]) {
        const headers = { 'content-type': 'application/json' };
        refused(await request(url, `/api/${room.idHash}/send`, { method: 'POST', headers, body: text }), 400);
      }
      await room.quiet();
    });

    for (const kind of KINDS.filter(({ transport }) => transport !== 'upgrade')) {
      promise(`JSON of an event is nested 32 deep at most: ${kindName(kind)}`, async (scope) => {
        const room = await scope.room('Ada', { ...kind, name: 'Bea' });
        const [ada, bea] = room.members;
        // The event's array, the object and these: 32 or 31, whether one counts the array or not.
        await bea.get('update-mediaState', { cameraEnabled: true, extra: nested(30) });
        await ada.next('participant-updated-media-state');
        for (const depth of [32, 33, 100, 1000]) {
          await bea.refusal('update-mediaState', [{ cameraEnabled: false, extra: nested(depth) }], 400);
          bea.tell('update-mediaState', { cameraEnabled: false, extra: nested(depth) });
          await bea.next('error');
        }
        await bea.refusal('update-name', [nested(40)], 400);
        const { participants } = await room.quiet();
        assert.equal(participants.find(({ id }) => id === bea.id).mediaState.cameraEnabled, true);
      });
    }

    promise('a body has 1,000,000 bytes at most', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const { url } = scope.parley;
      const path = `/api/${room.idHash}/send`;
      const json = JSON.stringify({ from: ada.credentials, to: 'everyone', content: 'padded' });
      const headers = { 'content-type': 'application/json' };
      for (const chunked of [false, true]) {
        granted(await request(url, path, { method: 'POST', headers, body: json.padEnd(1_000_000), chunked }));
        await bea.next('new-room-message');
      }
      // One byte too many is told as soon as it is known, and the connection closed: more a sender may not see.
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
      const announced = await RawConnection.open(url);
      announced.write(`${head}Content-Length: 1000001\r\n\r\n`);
      refused(await until413(announced), 413);
      const streamed = await RawConnection.open(url);
      streamed.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
      streamed.write(`${(1_000_001).toString(16)}\r\n${json.padEnd(1_000_001)}\r\n0\r\n\r\n`);
      refused(await until413(streamed), 413);
      await room.quiet();
    });

    promise('an event that is too big disturbs nobody else', async (scope) => {
      const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
      for (const transport of ['websocket', 'polling']) {
        for (const version of [2, 4]) {
          const giant = await scope.client({ version, transport });
          await room.enter({ client: giant, name: 'Giant' });
          giant.closing = true;
          giant.tell('send-message', 'everyone', 'x'.repeat(1_100_000));
          // Over WebSocket that is the end of the connection; a client that polls gives up by itself.
          await giant.lost;
          room.members.pop();
          for (const member of room.members)
            assert.deepEqual(await member.next('participant-left'), [giant.id]);
        }
      }
      assert.deepEqual((await room.quiet()).messages, []);
    });
  });

  describe('A limit of 0', () => {
    describe('is none', () => {
      promise('for the rate of messages', async (scope) => {
        const room = await scope.room('Ada', 'Bea');
        const [ada, bea] = room.members;
        const answers = await Promise.all(
          Array.from({ length: 300 }, (_, number) => bea.ask('send-message', 'everyone', `${number}`)),
        );
        assert.ok(answers.every(({ success }) => success));
        for (let number = 0; number < 300; ++number) {
          assert.equal((await ada.nextIs('new-room-message'))[0].content, `${number}`);
        }
      });

      promise('for the participants of a room', async (scope) => {
        const room = await scope.room('Ada', 'Bea', 'Cy', 'Dee');
        await room.quiet();
      });
    });

    promise(
      'leaves a late joiner the newest page of a long history, and says that there is more',
      async (scope) => {
        const room = await scope.room('Ada');
        const [ada] = room.members;
        const sent = await Promise.all(
          Array.from({ length: 260 }, (_, number) => ada.get('send-message', 'everyone', `${number}`)),
        );
        const late = await room.enter('Bea');
        const { messages, hasMore } = late.summary;
        assert.equal(hasMore, true);
        assert.ok(messages.length > 0);
        assert.deepEqual(messages, sent.slice(-messages.length));
        // Deleting until they all fit: then there is no more.
        await Promise.all(sent.slice(messages.length).map(({ id }) => ada.get('delete-message', id)));
        const later = await room.enter('Cy');
        assert.deepEqual(later.summary.messages, sent.slice(0, messages.length));
        assert.equal(later.summary.hasMore, false);
      },
    );
  });
});

const SMALL = { messaging: { 'message-rate': 0, 'max-room-history-bytes': 2000 } };

suite('With a small history', { flags: SMALL }, (promise) => {
  promise('a room takes what it has room for, and more once something is deleted', async (scope) => {
    const full = { error: 'The room holds as many messages as it may', code: 'HISTORY_FULL' };
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    const said = [];
    let refusal;
    while (refusal === undefined) {
      const answer = await ada.ask('send-message', 'everyone', `${said.length}`.padEnd(100, '.'));
      if (answer.success) said.push(answer.data);
      else refusal = answer;
    }
    assert.ok(said.length > 1, `not only ${said.length} of them fit`);
    assert.deepEqual(refusal, { success: false, status: 409, ...full });
    refused(await room.api.send(ada.credentials, 'everyone', 'by REST'), 409, full);
    refused(await room.api.edit(ada.credentials, said[0].id, 'longer'.padEnd(2000, '.')), 409, full);
    const elsewhere = await scope.room('Cy');
    await elsewhere.members[0].get('send-message', 'everyone', 'another room has space of its own');

    for (const message of said) assert.deepEqual(await bea.next('new-room-message'), [message]);
    await ada.get('delete-message', said[0].id);
    await bea.next('delete-room-message');
    const late = await ada.get('send-message', 'everyone', 'x'.repeat(100));
    assert.deepEqual(await bea.next('new-room-message'), [late]);
    // What the barrier says needs room, too.
    await ada.get('delete-message', said[1].id);
    await bea.next('delete-room-message');
    const { messages } = await room.quiet();
    assert.deepEqual(messages, [...said.slice(2), late]);
  });
});

// A room of two has a place for the probe that barriers use.
const LOW = { room: { 'max-participants': 3 }, messaging: { 'message-rate': 1 } };

suite('With low limits of number', { flags: LOW }, (promise) => {
  describe('The rate of messages', () => {
    promise('allows a burst of 20 by REST, then asks to wait, and takes more later', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const accepted = [];
      let response;
      for (let number = 0; number < 200; ++number) {
        response = await room.api.send(ada.credentials, 'everyone', `${number}`);
        if (response.status !== 200) break;
        accepted.push(granted(response));
      }
      assert.ok(accepted.length >= 20, `a burst of 20 is allowed, not only ${accepted.length}`);
      refused(response, 429, { error: TOO_FAST, code: 'TOO_MANY_MESSAGES' });
      assert.match(response.headers['retry-after'], /^[1-9]\d*$/);

      await room.sendByRest(bea, 'everyone', 'the others may go on');
      await ada.next('new-room-message');
      accepted.push(
        await until('a message is taken again', async () => {
          const again = await room.api.send(ada.credentials, 'everyone', 'later');
          if (again.status === 429) return undefined;
          return granted(again);
        }),
      );
      for (const message of accepted) assert.deepEqual(await bea.next('new-room-message'), [message]);
      const { messages } = await room.quiet();
      assert.equal(messages.length, accepted.length + 1, 'what was refused is nowhere');
    });

    promise('allows a burst of 20 by event, then asks to wait, and takes more later', async (scope) => {
      const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
      const [ada, bea] = room.members;
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, number) => bea.ask('send-message', 'everyone', `${number}`)),
      );
      const accepted = answers.filter(({ success }) => success).map(({ data }) => data);
      const refusals = answers.filter(({ success }) => !success);
      assert.ok(accepted.length >= 20, `a burst of 20 is allowed, not only ${accepted.length}`);
      assert.ok(refusals.length > 0, 'beyond the burst it is too fast');
      for (const refusal of refusals)
        assert.deepEqual(refusal, {
          success: false,
          error: TOO_FAST,
          status: 429,
          code: 'TOO_MANY_MESSAGES',
        });
      assert.deepEqual(
        accepted.slice(0, 20).map(({ content }) => content),
        Array.from({ length: 20 }, (_, number) => `${number}`),
      );
      accepted.push(
        await until(
          'a message is taken again',
          async () => (await bea.ask('send-message', ada.id, 'later')).data,
        ),
      );
      for (const message of accepted.slice(0, -1))
        assert.deepEqual(await ada.next('new-room-message'), [message]);
      await ada.next('new-direct-message');
      await room.quiet();
    });
  });

  describe('The number of participants', () => {
    promise('is limited, and a place that becomes free can be taken', async (scope) => {
      const room = await scope.room('Ada', 'Bea', 'Cy');
      const [ada, bea, cy] = room.members;
      const dee = await scope.client();
      for (let attempt = 0; attempt < 2; ++attempt) {
        const { status, error, code } = await dee.ask('join-room', room.id, 'Dee');
        assert.equal(code, 'ROOM_FULL');
        assert.ok(status >= 400 && status < 600);
        assert.deepEqual(await dee.next('error'), [{ event: 'join-room', code, status, message: error }]);
        await dee.next('error-event');
      }
      dee.assertNothingElse();
      await room.depart(bea);
      await room.enter({ client: dee, name: 'Dee' });
      assert.deepEqual(
        dee.summary.participants.map(({ name }) => name),
        ['Ada', 'Cy', 'Dee'],
      );
      for (const member of [ada, cy]) member.assertNothingElse();
    });

    promise('is never exceeded by many who join at once', async (scope) => {
      const room = await scope.room('Ada');
      const clients = await Promise.all(Array.from({ length: 8 }, () => scope.client()));
      const answers = await Promise.all(clients.map((client) => client.ask('join-room', room.id)));
      assert.equal(answers.filter(({ success }) => success).length, 2);
      assert.ok(answers.filter(({ success }) => !success).every(({ code }) => code === 'ROOM_FULL'));
    });
  });
});

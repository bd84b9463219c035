// The REST API: every success and every refusal of its table, with exact status, text and form.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { get, granted, post, RawConnection, refused, request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { assertMessage } from './support/shapes.js';
import { suite } from './support/suite.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const NOT_JSON_TYPE = { error: "Request must be 'Content-Type: application/json'" };
const NO_ROOM = { error: 'Could not find room', code: 'ROOM_NOT_FOUND' };
const NO_SENDER = { error: 'Could not find from participant', code: 'SENDER_NOT_FOUND' };
const WRONG_KEY = { error: 'The key did not match', code: 'KEY_MISMATCH' };
const NO_RECIPIENT = { error: 'Could not find to participant', code: 'RECIPIENT_NOT_FOUND' };
const NO_MESSAGE = { error: 'Could not find message', code: 'MESSAGE_NOT_FOUND' };
const NOT_YOURS = { error: 'You are not authorized to preform this action', code: 'NOT_AUTHOR' };
const NOBODY = '00000000-0000-4000-8000-000000000000';
const NO_HASH = '0123456789abcdef0123456789abcdef';
const VERBS = ['send', 'edit', 'delete'];

/** A room of two, a message of the host's, and a body for each verb that would be granted. */
async function prepared(scope) {
  const room = await scope.room('Ada', 'Bea');
  const [ada, bea] = room.members;
  const message = await room.sendByRest(ada, 'everyone', 'anchor');
  await bea.next('new-room-message');
  const bodies = {
    send: { from: ada.credentials, to: 'everyone', content: 'hello' },
    edit: { from: ada.credentials, messageId: message.id, content: 'hello' },
    delete: { from: ada.credentials, messageId: message.id },
  };
  const url = scope.parley.url;
  const path = (verb) => `/api/${room.idHash}/${verb}`;
  /** Insists that nothing has changed and nobody was told of anything. */
  const untouched = async () => assert.deepEqual((await room.quiet()).messages, [message]);
  return { room, ada, bea, message, bodies, url, path, untouched };
}

const FAST = { flags: { messaging: { 'message-rate': 0 }, edge: { workers: 4 } } };

suite('HTTP', FAST, (promise) => {
  describe('The REST API', () => {
    promise('send answers with the message; edit and delete answer without data', async (scope) => {
      const { room, ada, bea, bodies, url, path } = await prepared(scope);
      const sent = granted(await post(url, path('send'), bodies.send));
      assertMessage(sent);
      assertSaid(sent, { from: ada.id, to: 'everyone', content: 'hello' });
      const direct = granted(await post(url, path('send'), { ...bodies.send, to: bea.id }));
      assertSaid(direct, { from: ada.id, to: bea.id, content: 'hello' });
      for (const verb of ['edit', 'delete']) {
        const response = await post(url, path(verb), { ...bodies[verb], messageId: sent.id });
        assert.deepEqual(response.json, { success: true, error: null });
        assert.equal(response.status, 200);
      }
      for (const event of [
        'new-room-message',
        'new-direct-message',
        'edit-room-message',
        'delete-room-message',
      ]) {
        await bea.next(event);
      }
      assert.equal((await room.quiet()).messages.length, 1);
    });

    promise('takes "message" as another name of messageId', async (scope) => {
      const { room, ada, bea, message, url, path } = await prepared(scope);
      const { json } = await post(url, path('edit'), {
        from: ada.credentials,
        message: message.message,
        content: 'new',
      });
      assert.deepEqual(json, { success: true, error: null });
      assertSaid((await bea.next('edit-room-message'))[0], { id: message.id, content: 'new' });
      granted(await post(url, path('delete'), { from: ada.credentials, message: message.message }));
      assertSaid((await bea.next('delete-room-message'))[0], { id: message.id });
      await room.quiet();
    });

    promise(
      'takes a charset parameter, any case of the type, fields it does not know, and a query',
      async (scope) => {
        const { room, bea, bodies, url, path } = await prepared(scope);
        for (const type of [
          'application/json; charset=utf-8',
          'application/json;charset=UTF-8',
          'Application/JSON',
        ]) {
          granted(await post(url, path('send'), bodies.send, { 'content-type': type }));
          await bea.next('new-room-message');
        }
        granted(
          await post(url, path('send'), { ...bodies.send, id: 'x', key: null, extra: { to: 'nobody' } }),
        );
        granted(await post(url, `${path('send')}?x=1&x=2`, bodies.send));
        granted(
          await request(url, path('send'), {
            method: 'POST',
            headers: JSON_TYPE,
            body: bodies.send,
            chunked: true,
          }),
        );
        for (let heard = 0; heard < 3; ++heard) await bea.next('new-room-message');
        await room.quiet();
      },
    );

    promise('delivers text verbatim', async (scope) => {
      const { room, ada, bea } = await prepared(scope);
      for (const text of [
        '<script>alert("x")</script> &amp; \'',
        '👩‍👩‍👧 𝄞 e\u0301',
        '\u0000\u001e\u2028',
        '  ',
        '\\u0041 \\',
        '__proto__',
        'null',
      ]) {
        const message = await room.sendByRest(ada, 'everyone', text);
        assert.equal(message.content, text);
        assert.deepEqual(await bea.next('new-room-message'), [message]);
      }
      await room.quiet();
    });

    promise('refuses what is not application/json, before anything else', async (scope) => {
      const { bodies, url, path, untouched } = await prepared(scope);
      const types = [
        'text/plain',
        'application/jsonp',
        'application/x-www-form-urlencoded',
        'json',
        'text/json, application/json',
        '',
      ];
      for (const verb of VERBS) {
        for (const type of types) {
          const body = JSON.stringify(bodies[verb]);
          const headers = { 'content-type': type };
          refused(await request(url, path(verb), { method: 'POST', headers, body }), 400, NOT_JSON_TYPE);
          refused(
            await request(url, `/api/${NO_HASH}/${verb}`, { method: 'POST', headers, body: 'junk' }),
            400,
            NOT_JSON_TYPE,
          );
        }
        refused(
          await request(url, path(verb), { method: 'POST', body: JSON.stringify(bodies[verb]) }),
          400,
          NOT_JSON_TYPE,
        );
        refused(await request(url, path(verb), { method: 'POST' }), 400, NOT_JSON_TYPE);
      }
      await untouched();
    });

    promise('refuses what is not a JSON object', async (scope) => {
      const { bodies, url, path, untouched } = await prepared(scope);
      for (const verb of VERBS) {
        const good = JSON.stringify(bodies[verb]);
        const bad = [
          '',
          ' ',
          '{',
          '[]',
          'null',
          '42',
          '"text"',
          'true',
          '[{}]',
          `${good}x`,
          `${good}${good}`,
          good.slice(0, -1),
        ];
        bad.push(
          good.replaceAll('"', "'"),
          `${good.slice(0, -1)},}`,
          `// c\n${good}`,
          'NaN',
          `{"a":NaN,${good.slice(1)}`,
        );
        for (const body of bad) {
          const response = await request(url, path(verb), { method: 'POST', headers: JSON_TYPE, body });
          refused(response, 400);
        }
      }
      await untouched();
    });

    promise('refuses invalid UTF-8 and lone surrogates, wherever they stand', async (scope) => {
      const { room, ada, message, bodies, url, path, untouched } = await prepared(scope);
      const raw = (verb, body) => request(url, path(verb), { method: 'POST', headers: JSON_TYPE, body });
      const bytes = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80]];
      for (const invalid of bytes) {
        for (const verb of ['send', 'edit']) {
          const [before, after] = JSON.stringify({ ...bodies[verb], content: 'a@b' }).split('@');
          const body = Buffer.concat([Buffer.from(before), Buffer.from(invalid), Buffer.from(after)]);
          refused(await raw(verb, body), 400);
        }
        const [before, after] = JSON.stringify({ ...bodies.delete, note: 'a@b' }).split('@');
        refused(
          await raw('delete', Buffer.concat([Buffer.from(before), Buffer.from(invalid), Buffer.from(after)])),
          400,
        );
      }
      for (const lone of ['\\ud83d', '\\ude00', '\\ud83d\\u0041', '\\ude00\\ud83d', '\\uD800x']) {
        for (const verb of ['send', 'edit']) {
          const body = JSON.stringify({ ...bodies[verb], content: 'a@b' }).replace('@', lone);
          refused(await raw(verb, body), 400);
        }
        refused(
          await raw('send', `{"from":{"id":"${ada.id}","key":"${ada.key}"},"to":"${lone}","content":"x"}`),
          400,
        );
        refused(
          await raw('delete', `{"from":{"id":"${lone}","key":"${ada.key}"},"messageId":"${message.id}"}`),
          400,
        );
      }
      await untouched();
      granted(
        await raw('edit', JSON.stringify({ ...bodies.edit, content: '@' }).replace('@', '\\ud83d\\ude00')),
      );
      assertSaid((await room.members[1].next('edit-room-message'))[0], { content: '😀' });
    });

    promise('refuses a missing, empty, wrong or too long field and names it', async (scope) => {
      const { ada, bodies, url, path, untouched } = await prepared(scope);
      const notText = [undefined, null, 42, true, {}, ['x'], ''];
      const fields = { send: ['to', 'content'], edit: ['messageId', 'content'], delete: ['messageId'] };
      for (const verb of VERBS) {
        for (const field of fields[verb]) {
          for (const value of notText) {
            refused(await post(url, path(verb), { ...bodies[verb], [field]: value }), 400, { naming: field });
          }
        }
        if (fields[verb].includes('content')) {
          refused(await post(url, path(verb), { ...bodies[verb], content: 'c'.repeat(4001) }), 400, {
            naming: 'content',
          });
        }
        for (const from of [undefined, null, 42, 'ada', ada.id, [], true]) {
          refused(await post(url, path(verb), { ...bodies[verb], from }), 400, { naming: 'from' });
        }
        for (const value of notText) {
          refused(await post(url, path(verb), { ...bodies[verb], from: { id: value, key: ada.key } }), 400, {
            naming: 'id',
          });
          refused(await post(url, path(verb), { ...bodies[verb], from: { id: ada.id, key: value } }), 400, {
            naming: 'key',
          });
        }
      }
      await untouched();
    });

    promise('refuses an unknown room', async (scope) => {
      const { room, bodies, url, untouched } = await prepared(scope);
      for (const hash of [
        NO_HASH,
        room.id,
        'x',
        '__proto__',
        '%2e%2e',
        `${room.idHash}0`,
        room.idHash.slice(1),
      ]) {
        for (const verb of VERBS)
          refused(await post(url, `/api/${hash}/${verb}`, bodies[verb]), 404, NO_ROOM);
      }
      await untouched();
    });

    promise('refuses a sender who is unknown or gone', async (scope) => {
      const { room, ada, bea, bodies, url, path } = await prepared(scope);
      const elsewhere = await scope.room('Cy');
      await room.depart(bea);
      const strangers = [bea.credentials, elsewhere.members[0].credentials];
      for (const id of [NOBODY, 'x', '__proto__', 'everyone']) strangers.push({ id, key: ada.key });
      for (const verb of VERBS) {
        for (const from of strangers)
          refused(await post(url, path(verb), { ...bodies[verb], from }), 404, NO_SENDER);
      }
      assert.equal((await room.quiet(bea)).messages.length, 1);
    });

    promise('refuses a wrong key, before it tells of anything else', async (scope) => {
      const { ada, bea, message, bodies, url, path, untouched } = await prepared(scope);
      const from = { id: ada.id, key: bea.key };
      for (const verb of VERBS)
        refused(await post(url, path(verb), { ...bodies[verb], from }), 403, WRONG_KEY);
      refused(await post(url, path('send'), { ...bodies.send, from, to: NOBODY }), 403, WRONG_KEY);
      refused(await post(url, path('edit'), { ...bodies.edit, from, messageId: NOBODY }), 403, WRONG_KEY);
      refused(
        await post(url, path('delete'), { from: { id: bea.id, key: ada.key }, messageId: message.id }),
        403,
        WRONG_KEY,
      );
      await untouched();
    });

    promise('refuses a recipient who is unknown or gone', async (scope) => {
      const { room, bea, bodies, url, path } = await prepared(scope);
      const elsewhere = await scope.room('Cy');
      await room.depart(bea);
      for (const to of [NOBODY, bea.id, elsewhere.members[0].id, 'Everyone', 'all', '__proto__']) {
        refused(await post(url, path('send'), { ...bodies.send, to }), 404, NO_RECIPIENT);
      }
      assert.equal((await room.quiet(bea)).messages.length, 1);
      await elsewhere.quiet();
    });

    promise('refuses a message that is unknown or deleted, whoever asks', async (scope) => {
      const { room, ada, bea, message, bodies, url, path } = await prepared(scope);
      granted(await post(url, path('delete'), bodies.delete));
      await bea.next('delete-room-message');
      for (const { credentials: from } of [ada, bea]) {
        for (const messageId of [message.id, NOBODY, 'x', '__proto__']) {
          refused(await post(url, path('edit'), { from, messageId, content: 'x' }), 404, NO_MESSAGE);
          refused(await post(url, path('delete'), { from, messageId }), 404, NO_MESSAGE);
        }
      }
      assert.deepEqual((await room.quiet()).messages, []);
    });

    promise('refuses another’s message', async (scope) => {
      const { bea, bodies, url, path, untouched } = await prepared(scope);
      refused(await post(url, path('edit'), { ...bodies.edit, from: bea.credentials }), 403, NOT_YOURS);
      refused(await post(url, path('delete'), { ...bodies.delete, from: bea.credentials }), 403, NOT_YOURS);
      await untouched();
    });

    promise('answers another path with 404 and another method with 405 and Allow', async (scope) => {
      const { bodies, url, path, untouched } = await prepared(scope);
      for (const other of [
        '/',
        '/api',
        '/api/',
        `${path('send')}/more`,
        path('sent'),
        path(''),
        '/api//send',
        '/api/%ff/send',
        '/healthz/x',
        '/index.html',
        '/%00',
        '/../etc/passwd',
      ]) {
        refused(await get(url, other), 404);
        refused(await post(url, other, bodies.send), 404);
      }
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        for (const verb of VERBS) {
          const response = await request(url, path(verb), { method, headers: JSON_TYPE, body: bodies[verb] });
          refused(response, 405);
          const allowed = response.headers.allow.split(',').map((word) => word.trim());
          assert.ok(allowed.includes('POST') && !allowed.includes(method), response.headers.allow);
        }
      }
      for (const page of ['/healthz', '/readyz', '/metrics']) {
        const response = await post(url, page, {});
        refused(response, 405);
        assert.match(response.headers.allow, /\bGET\b/);
      }
      await untouched();
    });

    promise('with an Idempotency-Key does a repeated request once', async (scope) => {
      const { room, ada, bea, bodies, url, path } = await prepared(scope);
      const key = { 'idempotency-key': 'a-key-of-the-caller' };
      const first = granted(await post(url, path('send'), bodies.send, key));
      const again = await Promise.all([1, 2, 3].map(() => post(url, path('send'), bodies.send, key)));
      for (const response of again) assert.deepEqual(granted(response), first);
      assert.deepEqual(await bea.next('new-room-message'), [first]);

      // The same word from another caller, or in another room, is another request.
      const other = granted(
        await post(url, path('send'), { ...bodies.send, from: bea.credentials, content: 'mine' }, key),
      );
      assertSaid(other, { from: bea.id, content: 'mine' });
      assert.deepEqual(await ada.next('new-room-message'), [other]);
      const elsewhere = await scope.room('Cy');
      const [cy] = elsewhere.members;
      const third = granted(await elsewhere.api.send(cy.credentials, 'everyone', 'hers', key));
      assertSaid(third, { from: cy.id, content: 'hers' });

      // It is no way around the key, nor for one who has left.
      const forged = { ...bodies.send, from: { id: ada.id, key: bea.key } };
      refused(await post(url, path('send'), forged, key), 403, WRONG_KEY);
      const once = { 'idempotency-key': 'for the edit' };
      const edit = { ...bodies.edit, messageId: first.id };
      for (let repeat = 0; repeat < 3; ++repeat) granted(await post(url, path('edit'), edit, once));
      await bea.next('edit-room-message');
      const last = { 'idempotency-key': 'for the deletion' };
      for (let repeat = 0; repeat < 3; ++repeat)
        granted(await post(url, path('delete'), { ...bodies.delete, messageId: first.id }, last));
      await bea.next('delete-room-message');
      await room.quiet();
    });

    promise('disturbs nobody with anything it refuses', async (scope) => {
      const { room, url, untouched } = await prepared(scope);
      const junk = [
        '\0',
        '{"from":'.repeat(500),
        '['.repeat(20_000),
        '"'.repeat(1000),
        `{"from":${'9'.repeat(5000)}}`,
        '{"a":1e999999}',
      ];
      for (const body of junk) {
        for (const verb of VERBS) {
          refused(
            await request(url, `/api/${room.idHash}/${verb}`, { method: 'POST', headers: JSON_TYPE, body }),
            400,
          );
        }
      }
      await untouched();
    });
  });

  describe('An unusual target', () => {
    for (const [spelling, path] of [
      ['with scheme and host in front', 'http://example.com/socket.io/'],
      ['with escapes in the path', '/socket%2Eio/'],
    ]) {
      promise(`${spelling} leads to the session it names, on whichever worker that is`, async ({ parley }) => {
        const parameters = '?EIO=4&transport=polling';
        const open = await get(parley.url, path + parameters);
        const { sid } = JSON.parse(open.text.slice(1));
        // Each on a connection of its own, which any worker may accept.
        for (let i = 0; i < 8; ++i) {
          const options = { method: 'POST', body: '3' };
          const answer = await request(parley.url, `${path}${parameters}&sid=${sid}`, options);
          assert.equal(answer.text, 'ok');
        }
      });
    }
  });

  describe('Malformed HTTP', () => {
    promise('is refused and closed, and the next request is served', async (scope) => {
      const { room, ada, url, untouched } = await prepared(scope);
      const body = JSON.stringify({ from: ada.credentials, to: 'everyone', content: 'smuggled' });
      const post = `POST /api/${room.idHash}/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
      const attacks = [
        'junk\r\n\r\n',
        'GET\r\n\r\n',
        'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nbad name: x\r\n\r\n',
        'GET / HTTP/1.1\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
        `${post}Content-Length: x\r\n\r\n`,
        `${post}Content-Length: -1\r\n\r\n`,
        `${post}Content-Length: 99999999999999999999999\r\n\r\n`,
        `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345`,
        `${post}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`,
        `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\n`,
      ];
      for (const attack of attacks) {
        const connection = await RawConnection.open(url);
        connection.write(attack);
        const answer = await connection.untilClosed();
        // Whoever floods may find the connection reset before it can read the answer.
        if (connection.received === '' && attack.length > 50_000) continue;
        assert.ok(
          [400, 413, 414, 431, 505].includes(answer.status),
          `${JSON.stringify(attack.slice(0, 80))}: ${connection.received}`,
        );
        refused(answer, answer.status);
      }
      await untouched();
    });

    promise('several requests on one connection are answered in their order', async (scope) => {
      const { room, ada, bea, url } = await prepared(scope);
      const requestFor = (content, ...headers) => {
        const body = JSON.stringify({ from: ada.credentials, to: 'everyone', content });
        const line = `POST /api/${room.idHash}/send HTTP/1.1`;
        const own = ['Host: x', 'Content-Type: application/json', `Content-Length: ${body.length}`];
        return [line, ...own, ...headers, '', body].join('\r\n');
      };
      const connection = await RawConnection.open(url);
      connection.write(requestFor('a') + requestFor('b') + requestFor('c', 'Connection: close'));
      await connection.untilClosed();
      const said = [...connection.received.matchAll(/"content":"(\w)"/g)].map(([, content]) => content);
      assert.deepEqual(said, ['a', 'b', 'c']);
      for (const content of ['a', 'b', 'c']) assertSaid((await bea.next('new-room-message'))[0], { content });
      await room.quiet();
    });
  });
});

// Errors: what is refused before it reaches a session, and with which code.
import assert from 'node:assert/strict';
import net from 'node:net';

import { guarded } from '../integration/support/wait.js';
import { assertRefusal } from './support/polling.js';
import { suite } from './support/suite.js';

const UPGRADE = [
  'Host: x',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** All that the server says to a WebSocket handshake with this query until it closes the connection. */
async function refusedUpgrade(server, query) {
  const [host, port] = server.address.split(':');
  const socket = net.connect({ host, port: Number(port) });
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => (received += text));
  const ended = new Promise((resolve, reject) => socket.on('end', resolve).on('error', reject));
  socket.write(`GET ${server.path}?${query} HTTP/1.1\r\n${UPGRADE.join('\r\n')}\r\n\r\n`);
  await guarded(ended, () => `the refusal of ${query}; received: ${received}`);
  socket.destroy();
  return received;
}

suite('A request is refused', { raw: true }, (promise, server) => {
  for (const eio of ['EIO=3', 'EIO=4']) {
    promise(`with code 0 when its transport is unknown (${eio})`, async () => {
      const transports = [
        '',
        'tcp',
        'WebSocket',
        'webtransport',
        '__proto__',
        'constructor',
        'polling,websocket',
      ];
      for (const transport of transports)
        assertRefusal(await server.request(`${eio}&transport=${transport}`), 0);
      assertRefusal(await server.request(eio), 0);
    });

    promise(`with code 1 when its sid is unknown (${eio})`, async () => {
      for (const sid of ['abc', '__proto__', 'toString', '%00', '0'.repeat(1000)]) {
        assertRefusal(await server.request(`${eio}&transport=polling&sid=${sid}`), 1);
        const options = { method: 'POST', body: '4hello' };
        assertRefusal(await server.request(`${eio}&transport=polling&sid=${sid}`, options), 1);
        assertRefusal(await server.request(`${eio}&transport=websocket&sid=${sid}`), 1);
      }
    });

    promise(`with code 2 when it would begin a session otherwise than by GET (${eio})`, async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
        assertRefusal(await server.request(`${eio}&transport=polling`, { method, body: '' }), 2);
    });

    promise(`with code 3 when it is no WebSocket handshake and says that it is (${eio})`, async () => {
      assertRefusal(await server.request(`${eio}&transport=websocket`), 3);
      const session = await server.poll(eio);
      assertRefusal(await server.request(`${eio}&transport=websocket&sid=${session.sid}`), 3);
      await session.post(eio === 'EIO=3' ? '2:4a' : '4a');
      assert.equal(await session.poll(), eio === 'EIO=3' ? '2:4a' : '4a');
    });

    promise(`with code 3 when it is of another version than its session (${eio})`, async () => {
      const session = await server.poll(eio);
      const others = eio === 'EIO=3' ? ['EIO=4', 'EIO=5'] : ['EIO=3', 'EIO=5', ''];
      for (const other of others) {
        const query = `${other}&transport=polling&sid=${session.sid}`;
        assertRefusal(await server.request(query), 3);
        assertRefusal(await server.request(query, { method: 'POST', body: '1' }), 3);
      }
      await session.post(eio === 'EIO=3' ? '2:4a' : '4a');
      assert.equal(await session.poll(), eio === 'EIO=3' ? '2:4a' : '4a');
    });

    promise(`when a session knows no such method, and the session goes on (${eio})`, async () => {
      const session = await server.poll(eio);
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const query = `${eio}&transport=polling&sid=${session.sid}`;
        assertRefusal(await server.request(query, { method, body: '' }), 3);
      }
      await session.post(eio === 'EIO=3' ? '2:4a' : '4a');
      assert.equal(await session.poll(), eio === 'EIO=3' ? '2:4a' : '4a');
    });
  }
});

suite('A WebSocket handshake is refused in plain text, and its connection closed,', {}, (promise, server) => {
  const refusals = [
    ['when the transport is unknown', 'EIO=4&transport=tcp', 'Transport unknown'],
    ['when the sid is unknown', 'EIO=4&transport=websocket&sid=abc', 'Session ID unknown'],
    ['when the version is unknown', 'EIO=5&transport=websocket', 'Unsupported protocol version'],
    ['when polling is what it asks for', 'EIO=4&transport=polling', 'Bad request'],
  ];
  for (const [when, query, message] of refusals) {
    promise(when, async () => {
      const [head, body] = (await refusedUpgrade(server, query)).split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(head, /\r\nConnection: close(\r\n|$)/i);
      assert.match(head, new RegExp(`\r\nContent-Length: ${message.length}(\r\n|$)`, 'i'));
      assert.equal(body, message);
    });
  }

  promise('when the version is not that of the session, which goes on', async () => {
    const session = await server.poll('EIO=4');
    const answer = await refusedUpgrade(server, `EIO=3&transport=websocket&sid=${session.sid}`);
    assert.match(answer, /^HTTP\/1\.1 400 [^]*\r\n\r\nBad request$/);
    await session.post('40');
    assert.match(await session.poll(), /^40\{/);
  });
});

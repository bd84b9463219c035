// A session on a WebSocket from the beginning: packets as messages, and what closes it.
import assert from 'node:assert/strict';

import { assertRefusal } from './support/polling.js';
import { suite } from './support/suite.js';

/** A WebSocket that has had its open packet, and the sid in it. */
async function open(server, query) {
  const socket = await server.webSocket(query);
  socket.sid = JSON.parse((await socket.next()).slice(1)).sid;
  return socket;
}

for (const eio of ['EIO=3', 'EIO=4']) {
  suite(`A WebSocket with ${eio}`, { raw: true }, (promise, server) => {
    promise('has a packet per message', async () => {
      const socket = await open(server, eio);
      socket.send('4hello', '4', '4é漢😀\x1e"');
      await socket.hears('4hello', '4', '4é漢😀\x1e"');
    });

    promise(`has binary messages ${eio === 'EIO=3' ? 'behind a byte 04' : 'as they are'}`, async () => {
      const socket = await open(server, eio);
      const bytes = Buffer.from(eio === 'EIO=3' ? '04010203' : '010203', 'hex');
      socket.send(bytes);
      await socket.hears(bytes);
    });

    promise('has binary messages as text for a client that asks by b64=1', async () => {
      const socket = await open(server, `${eio}&b64=1`);
      const text = eio === 'EIO=3' ? 'b4AQID' : 'bAQID';
      socket.send(Buffer.from(eio === 'EIO=3' ? '04010203' : '010203', 'hex'), text);
      await socket.hears(text, text);
    });

    promise('is closed after what is no packet', async () => {
      for (const message of [
        '',
        'x',
        '7',
        'b?',
        ...(eio === 'EIO=3' ? [Buffer.from([5, 1]), 'bAQ=='] : []),
      ]) {
        const socket = await open(server, eio);
        socket.send(message);
        await socket.closeCode();
        assertRefusal(await server.request(`${eio}&transport=polling&sid=${socket.sid}`), 1);
      }
    });

    promise('ignores packets that a client need not send', async () => {
      const socket = await open(server, eio);
      socket.send('0', '5', '6', '4hello');
      await socket.hears('4hello');
    });

    promise('is closed by a close packet', async () => {
      const socket = await open(server, eio);
      socket.send('1');
      await socket.closeCode();
    });

    promise('takes a message of maxPayload bytes, and is closed with 1009 by a larger one', async () => {
      const socket = await open(server, eio);
      const largest = `4${'x'.repeat(999_999)}`;
      socket.send(largest);
      await socket.hears(largest);
      socket.send(`${largest}x`);
      assert.equal(await socket.closeCode(), 1009);
      assertRefusal(await server.request(`${eio}&transport=polling&sid=${socket.sid}`), 1);
    });

    promise('is not compressed, whatever the client offers', async () => {
      const socket = await open(server, eio);
      assert.equal(socket.socket.extensions, '');
    });

    promise('takes no requests by polling', async () => {
      const socket = await open(server, eio);
      const query = `${eio}&transport=polling&sid=${socket.sid}`;
      assertRefusal(await server.request(query), 3);
      assertRefusal(await server.request(query, { method: 'POST', body: '4hello' }), 3);
      socket.send('4hello');
      await socket.hears('4hello');
    });
  });
}

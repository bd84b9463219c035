// Socket.IO: connecting to a namespace, being refused one, and leaving it.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

const CONNECTED = /^40\{"sid":"[\w-]{20,}"\}$/;

/** A WebSocket that has had its open packet. */
async function open(server, query = 'EIO=4') {
  const socket = await server.webSocket(query);
  assert.match(await socket.next(), /^0\{/);
  return socket;
}

suite('A client of EIO=4', {}, (promise, server) => {
  promise('connects to / by 40 and is told its id', async () => {
    const socket = await open(server);
    socket.send('40');
    assert.match(await socket.next(), CONNECTED);
    await socket.hears('42["auth",{}]');
  });

  promise('may name the namespace, with and without a comma', async () => {
    for (const packet of ['40/,', '40/']) {
      const socket = await open(server);
      socket.send(packet);
      assert.match(await socket.next(), CONNECTED);
    }
  });

  promise('may present itself with an object', async () => {
    for (const packet of ['40{"token":"é"}', '40/,{"token":"é"}']) {
      const socket = await open(server);
      socket.send(packet);
      assert.match(await socket.next(), CONNECTED);
      await socket.hears('42["auth",{"token":"é"}]');
    }
  });

  promise('that presents itself with anything else is closed', async () => {
    for (const packet of ['40"abc"', '40[]', '40true', '40{', '40{"a":}', '40abc']) {
      const socket = await open(server);
      socket.send(packet);
      await socket.closeCode();
    }
  });

  promise('is refused an unknown namespace by an error packet, and stays', async () => {
    const socket = await open(server);
    socket.send('40/nowhere,');
    await socket.hears('44/nowhere,{"message":"Invalid namespace"}');
    socket.send('40/nowhere,{"token":"abc"}');
    await socket.hears('44/nowhere,{"message":"Invalid namespace"}');
    socket.send('40');
    assert.match(await socket.next(), CONNECTED);
    await socket.hears('42["auth",{}]');
    socket.send('40/__proto__,');
    await socket.hears('44/__proto__,{"message":"Invalid namespace"}');
    socket.send('42["message",1]');
    await socket.hears('42["message-back",1]');
  });

  promise('leaves / by 41 and may come back under another id', async () => {
    const socket = await open(server);
    socket.send('40');
    const first = await socket.next();
    await socket.hears('42["auth",{}]');
    socket.send('41', '40');
    const second = await socket.next();
    assert.match(second, CONNECTED);
    assert.notEqual(second, first);
    await socket.hears('42["auth",{}]');
  });

  promise('is sent 41 by a server that disconnects it, and its connection stays', async () => {
    const socket = await open(server);
    socket.send('40');
    assert.match(await socket.next(), CONNECTED);
    await socket.hears('42["auth",{}]');
    socket.send('42["disconnect-me"]');
    await socket.hears('41');
    socket.send('40');
    assert.match(await socket.next(), CONNECTED);
  });

  promise('is sent 41 and then closed by a server that closes its connection', async () => {
    const socket = await open(server);
    socket.send('40');
    assert.match(await socket.next(), CONNECTED);
    await socket.hears('42["auth",{}]');
    socket.send('42["disconnect-me",true]');
    await socket.hears('41');
    await socket.closeCode();
  });

  promise('that polls is told the same by polls', async () => {
    const session = await server.poll('EIO=4');
    await session.post('40');
    assert.match(await session.poll(), /^40\{"sid":"[\w-]{20,}"\}\x1e42\["auth",\{\}\]$/);
    await session.post('42["disconnect-me",true]');
    assert.equal(await session.poll(), '41');
    assert.equal(await session.poll(), '6\x1e1');
    await session.assertGone();
  });
});

suite('A client of EIO=3', {}, (promise, server) => {
  promise('is connected to / at once, without a payload', async () => {
    const socket = await open(server, 'EIO=3');
    await socket.hears('40');
  });

  promise('is refused an unknown namespace by an error packet, and stays', async () => {
    const socket = await open(server, 'EIO=3');
    await socket.hears('40', '42["auth",{}]');
    socket.send('40/nowhere,');
    await socket.hears('44/nowhere,{"message":"Invalid namespace"}');
    socket.send('40/nowhere?token=abc,');
    await socket.hears('44/nowhere,{"message":"Invalid namespace"}');
    socket.send('42["message",1]');
    await socket.hears('42["message-back",1]');
  });

  promise('is sent 41 by a server that disconnects it, and its connection stays', async () => {
    const socket = await open(server, 'EIO=3');
    await socket.hears('40', '42["auth",{}]');
    socket.send('42["disconnect-me"]');
    await socket.hears('41');
    socket.send('2');
    await socket.hears('3');
  });
});

suite('A client that connects to no namespace', { connect_timeout_ms: 50 }, (promise, server) => {
  promise('is closed after a time', async () => {
    const socket = await open(server);
    await socket.closeCode();
    const session = await server.poll('EIO=4');
    assert.match(await session.poll(), /^(6\x1e)?1$/);
    await session.assertGone();
  });

  promise('is closed after that time too when it was refused one', async () => {
    const socket = await open(server);
    socket.send('40/nowhere,');
    await socket.hears('44/nowhere,{"message":"Invalid namespace"}');
    await socket.closeCode();
  });

  promise('stays when it does in time, or speaks EIO=3', async () => {
    const staying = await open(server);
    staying.send('40');
    assert.match(await staying.next(), CONNECTED);
    const older = await open(server, 'EIO=3');
    const idle = await open(server);
    await idle.closeCode();
    staying.send('42["message",1]');
    await staying.hears('42["auth",{}]', '42["message-back",1]');
    older.send('42["message",1]');
    await older.hears('40', '42["auth",{}]', '42["message-back",1]');
  });
});

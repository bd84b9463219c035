// What an application is told when a client is gone, and that it is told once.
import assert from 'node:assert/strict';
import net from 'node:net';

import { suite } from './support/suite.js';

/** A polling client that is connected to /. */
async function connectPolling(server) {
  const session = await server.poll('EIO=4');
  await session.post('40');
  assert.match(await session.poll(), /^40/);
  return session;
}

suite('The end of a connection', {}, (promise, server) => {
  const reasons = [
    ['41', 'client namespace disconnect'],
    ['1', 'transport close'],
    ['42["disconnect-me"]', 'server namespace disconnect'],
    ['42["disconnect-me",true]', 'server namespace disconnect'],
    ['40', 'forced server close'],
    ['42[]', 'forced close'],
    ['47', 'forced close'],
    ['2', 'transport error'],
  ];
  for (const [packet, reason] of reasons) {
    promise(`by ${packet} is "${reason}", by WebSocket and by polling`, async () => {
      const socket = await server.client();
      socket.send(packet);
      assert.equal(await server.reason(), `disconnected: ${reason}`);
      const session = await connectPolling(server);
      await session.post(packet);
      assert.equal(await server.reason(), `disconnected: ${reason}`);
    });
  }

  promise('by a close frame is "transport close"', async () => {
    for (const eio of ['EIO=3', 'EIO=4']) {
      const socket = await server.client(eio);
      socket.socket.close(1000);
      assert.equal(await server.reason(), 'disconnected: transport close');
    }
  });

  promise('by hanging up is "transport close"', async () => {
    const socket = await server.client();
    socket.close();
    assert.equal(await server.reason(), 'disconnected: transport close');
  });

  promise('by what is no packet is "parse error"', async () => {
    const socket = await server.client();
    socket.send('x');
    assert.equal(await server.reason(), 'disconnected: parse error');
    const session = await connectPolling(server);
    await session.send('x');
    assert.equal(await server.reason(), 'disconnected: parse error');
  });

  promise('by a frame that breaks the rules of WebSocket is "transport error"', async () => {
    const socket = await server.client();
    // A text frame that is not masked.
    socket.socket._socket.write(Buffer.from([0x81, 0x01, 0x32]));
    assert.equal(await server.reason(), 'disconnected: transport error');
  });

  promise('by a poll that is given up is "transport error"', async () => {
    const session = await connectPolling(server);
    const poll = await session.park();
    poll.abort();
    assert.equal(await server.reason(), 'disconnected: transport error');
  });

  promise('by a poll too many is "transport error"', async () => {
    const session = await connectPolling(server);
    await session.park();
    await session.get();
    assert.equal(await server.reason(), 'disconnected: transport error');
  });

  promise('by a post that is cut off in mid-body is "transport error"', async () => {
    const session = await connectPolling(server);
    const [host, port] = server.address.split(':');
    const post = net.connect({ host, port: Number(port) });
    const head = `POST ${session.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n`;
    post.write(`${head}42["message"`, () => post.destroy());
    assert.equal(await server.reason(), 'disconnected: transport error');
  });
});

suite('Silence', { ping_interval_ms: 100, ping_timeout_ms: 100 }, (promise, server) => {
  promise('is "ping timeout"', async () => {
    for (const eio of ['EIO=3', 'EIO=4']) {
      await server.client(eio);
      assert.equal(await server.reason(), 'disconnected: ping timeout');
    }
  });
});

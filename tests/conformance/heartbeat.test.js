// Heartbeat: who pings, who answers, and what silence does. Nothing here measures time.
import assert from 'node:assert/strict';

import { assertRefusal } from './support/polling.js';
import { suite } from './support/suite.js';

// The test itself must not fall silent for as long as the timeout before it has said what it has to say.
const SHORT = { raw: true, ping_interval_ms: 50, ping_timeout_ms: 1_000 };
// Tests that must not be late with an answer of their own have a timeout that no pause of the machine exceeds.
const PATIENT = { raw: true, ping_interval_ms: 50, ping_timeout_ms: 20_000 };

suite('With EIO=4', PATIENT, (promise, server) => {
  promise('the server pings by a poll, again after each pong', async () => {
    const session = await server.poll('EIO=4');
    for (let round = 0; round < 3; ++round) {
      assert.equal(await session.poll(), '2');
      await session.post('3');
    }
  });

  promise('the server pings by WebSocket, again after each pong', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0/);
    for (let round = 0; round < 3; ++round) {
      await socket.hears('2');
      socket.send('3');
    }
  });

  promise('a ping waits with what else is to be said', async () => {
    const session = await server.poll('EIO=4');
    assert.equal(await session.poll(), '2');
    await session.post('4a\x1e3\x1e4b');
    // By the time that the poll comes, the next ping may be due, too.
    let heard = await session.poll();
    if (heard === '4a\x1e4b') heard += `\x1e${await session.poll()}`;
    assert.equal(heard, '4a\x1e4b\x1e2');
  });

  promise('a ping of the client ends the session, by polling', async () => {
    const session = await server.poll('EIO=4');
    assert.equal(await session.poll(), '2');
    const poll = await session.park();
    await session.post('2');
    assert.equal((await poll.answer).text, '1');
    await session.assertGone();
  });

  promise('a ping of the client ends the session, by WebSocket', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0/);
    await socket.hears('2');
    socket.send('2');
    await socket.closeCode();
  });
});

suite('Without a pong of EIO=4', SHORT, (promise, server) => {
  promise('a parked poll is told the end, and the sid is unknown', async () => {
    const session = await server.poll('EIO=4');
    assert.equal(await session.poll(), '2');
    assert.equal(await session.poll(), '1');
    await session.assertGone();
  });

  promise('a WebSocket is closed', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0/);
    await socket.hears('2');
    await socket.closeCode();
  });

  promise('messages keep nobody alive', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0/);
    await socket.hears('2');
    const talk = setInterval(() => socket.send('4a'), 10);
    for await (const message of socket.rest()) assert.equal(message, '4a');
    clearInterval(talk);
  });
});

suite('With EIO=3', PATIENT, (promise, server) => {
  promise('the client pings by a post, and a poll brings the pong', async () => {
    const session = await server.poll('EIO=3');
    for (let round = 0; round < 3; ++round) {
      await session.post('1:2');
      assert.equal(await session.poll(), '1:3');
    }
  });

  promise('the client pings by WebSocket, and the server never does', async () => {
    const socket = await server.webSocket('EIO=3');
    assert.match(await socket.next(), /^0/);
    // Longer than the server would wait with a ping of its own, which an EIO=4 client beside it sees.
    const other = await server.webSocket('EIO=4');
    assert.match(await other.next(), /^0/);
    await other.hears('2');
    socket.send('2');
    await socket.hears('3');
  });

  promise('a pong of the client ends the session', async () => {
    const session = await server.poll('EIO=3');
    const poll = await session.park();
    await session.post('1:3');
    assert.equal((await poll.answer).text, '1:1');
    await session.assertGone();
    const socket = await server.webSocket('EIO=3');
    assert.match(await socket.next(), /^0/);
    socket.send('3');
    await socket.closeCode();
  });
});

suite('Without a ping of EIO=3', SHORT, (promise, server) => {
  promise('a parked poll is told the end, and the sid is unknown', async () => {
    const session = await server.poll('EIO=3');
    assert.equal(await session.poll(), '1:1');
    await session.assertGone();
  });

  promise('a WebSocket is closed', async () => {
    const socket = await server.webSocket('EIO=3');
    assert.match(await socket.next(), /^0/);
    await socket.closeCode();
  });
});

suite('A session that was never polled', SHORT, (promise, server) => {
  for (const eio of ['EIO=3', 'EIO=4']) {
    promise(`ends for its silence too (${eio})`, async () => {
      const session = await server.poll(eio);
      assert.equal(await server.reason(), 'closed: ping timeout');
      assertRefusal(await session.send('1'), 1);
    });
  }
});

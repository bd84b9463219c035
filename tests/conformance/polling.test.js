// Polling: what requests of one session may do, and what ends it.
import assert from 'node:assert/strict';
import net from 'node:net';

import { until } from '../integration/support/wait.js';
import { suite } from './support/suite.js';

// What differs between the versions is how a packet stands in a body.
const VERSIONS = [
  { eio: 'EIO=3', hello: '6:4hello', close: '1:1', noop: '1:6' },
  { eio: 'EIO=4', hello: '4hello', close: '1', noop: '6' },
];

/** Begins a POST, and leaves it at that: the header, and this much of the rest. */
async function beginPost(server, session, rest) {
  const [host, port] = server.address.split(':');
  const socket = net.connect({ host, port: Number(port) });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`POST ${session.target} HTTP/1.1\r\nHost: x\r\n${rest}`);
  return socket;
}

/** Returns when the server knows the session no more; asks with what leaves every session as it is. */
function gone(server, session) {
  const query = `${session.query}&sid=${session.sid}`;
  return until('the session is over', async () => {
    const { text } = await server.request(query, { method: 'PUT', body: '' });
    return text === '{"code":1,"message":"Session ID unknown"}';
  });
}

for (const { eio, hello, close, noop } of VERSIONS) {
  suite(`Polling with ${eio}`, { raw: true }, (promise, server) => {
    promise('a poll waits until there is something to say', async () => {
      const session = await server.poll(eio);
      const poll = await session.park();
      await session.post(hello);
      assert.equal((await poll.answer).text, hello);
    });

    promise('what is said while there is no poll waits for the next', async () => {
      const session = await server.poll(eio);
      await session.post(hello);
      await session.post(hello);
      assert.equal(await session.poll(), eio === 'EIO=3' ? hello + hello : `${hello}\x1e${hello}`);
    });

    promise(
      'a second poll frees the first with a close packet, is refused, and ends the session',
      async () => {
        const session = await server.poll(eio);
        const first = await session.park();
        assert.equal((await session.get()).status, 400);
        assert.equal((await first.answer).text, close);
        await session.assertGone();
      },
    );

    promise('a second post while the first is under way is refused and ends the session', async () => {
      const session = await server.poll(eio);
      const poll = await session.park();
      await beginPost(server, session, `Content-Length: ${hello.length}\r\n\r\n${hello.slice(0, 2)}`);
      assert.equal((await session.send(hello)).status, 400);
      assert.equal((await poll.answer).text, close);
      await session.assertGone();
    });

    promise('a poll that its client gives up ends the session', async () => {
      const session = await server.poll(eio);
      const poll = await session.park();
      poll.abort();
      await gone(server, session);
    });

    for (const [how, rest] of [
      ['a length', 'Content-Length: 6\r\n\r\n4hel'],
      ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n4hell\r\n'],
    ]) {
      promise(
        `a post with ${how} that is cut off in mid-body ends the session, and a poll is told`,
        async () => {
          const session = await server.poll(eio);
          const poll = await session.park();
          const post = await beginPost(server, session, rest);
          post.destroy();
          assert.equal((await poll.answer).text, close);
          await session.assertGone();
        },
      );
    }

    promise('a close packet frees a parked poll with a NOOP and ends the session', async () => {
      const session = await server.poll(eio);
      const poll = await session.park();
      await session.post(close);
      assert.equal((await poll.answer).text, noop);
      await session.assertGone();
    });

    promise('what follows a close packet is not taken', async () => {
      const session = await server.poll(eio);
      const poll = await session.park();
      await session.post(eio === 'EIO=3' ? close + hello : `${close}\x1e${hello}`);
      assert.equal((await poll.answer).text, noop);
      await session.assertGone();
    });

    promise('a body over maxPayload is refused with 413, and the session goes on', async () => {
      const session = await server.poll(eio);
      assert.equal((await session.send('4'.repeat(1_000_001))).status, 413);
      const chunked = await server.request(`${session.query}&sid=${session.sid}`, {
        method: 'POST',
        body: '4'.repeat(1_000_001),
        chunked: true,
      });
      assert.equal(chunked.status, 413);
      await session.post(hello);
      assert.equal(await session.poll(), hello);
    });

    promise('a body of exactly maxPayload is taken', async () => {
      const session = await server.poll(eio);
      const prefix = eio === 'EIO=3' ? '999993:4' : '4';
      const body = prefix + 'x'.repeat(1_000_000 - prefix.length);
      await session.post(body);
      assert.equal(await session.poll(), body);
    });

    promise('packets that a client need not send are ignored', async () => {
      const session = await server.poll(eio);
      await session.post(eio === 'EIO=3' ? `1:01:51:6${hello}` : `0\x1e5\x1e6\x1e${hello}`);
      assert.equal(await session.poll(), hello);
    });

    promise('every request may come on a connection of its own, or all on one', async () => {
      const session = await server.poll(eio);
      const [host, port] = server.address.split(':');
      const socket = net.connect({ host, port: Number(port) });
      const bodies = [];
      let received = '';
      socket.setEncoding('utf8').on('data', (text) => (received += text));
      for (let round = 1; round <= 3; ++round) {
        socket.write(
          `POST ${session.target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${hello.length}\r\n\r\n${hello}` +
            `GET ${session.target} HTTP/1.1\r\nHost: x\r\n\r\n`,
        );
        await until('both are answered', () => received.split('HTTP/1.1 200 OK').length > 2);
        await until('the answer is complete', () => received.endsWith(hello));
        bodies.push(
          ...received
            .split('HTTP/1.1 200 OK')
            .slice(1)
            .map((answer) => answer.split('\r\n\r\n')[1]),
        );
        received = '';
      }
      socket.destroy();
      assert.deepEqual(bodies, ['ok', hello, 'ok', hello, 'ok', hello]);
    });
  });
}

// The reference has no such limit, but python-engineio drops a client whose answer holds more.
suite('An answer to a poll', { raw: true }, (promise, server) => {
  promise('holds sixteen packets of EIO=4 at most, in order', async () => {
    const session = await server.poll('EIO=4');
    const packets = Array.from({ length: 40 }, (_, index) => `4${index}`);
    await session.post(packets.join('\x1e'));
    assert.equal(await session.poll(), packets.slice(0, 16).join('\x1e'));
    assert.equal(await session.poll(), packets.slice(16, 32).join('\x1e'));
    assert.equal(await session.poll(), packets.slice(32).join('\x1e'));
  });

  promise('counts attachments as packets', async () => {
    const session = await server.poll('EIO=4');
    await session.post(Array.from({ length: 10 }, () => '4a\x1ebAQID').join('\x1e'));
    assert.equal((await session.poll()).split('\x1e').length, 16);
    assert.equal(await session.poll(), '4a\x1ebAQID\x1e4a\x1ebAQID');
  });

  promise('holds sixteen packets of EIO=3 at most', async () => {
    const session = await server.poll('EIO=3');
    await session.post('2:4a'.repeat(17));
    assert.equal(await session.poll(), '2:4a'.repeat(16));
    assert.equal(await session.poll(), '2:4a');
  });
});

// Upgrade: how a session moves from polling to a WebSocket, and what happens when it doesn't.
import assert from 'node:assert/strict';

import { assertRefusal } from './support/polling.js';
import { suite } from './support/suite.js';

const VERSIONS = [
  { eio: 'EIO=3', hello: '6:4hello', close: '1:1', noop: '1:6' },
  { eio: 'EIO=4', hello: '4hello', close: '1', noop: '6' },
];

/** A session by polling, and a WebSocket with its sid. */
async function begin(server, eio) {
  const session = await server.poll(eio);
  const socket = await server.webSocket(`${eio}&sid=${session.sid}`);
  return { session, socket };
}

for (const { eio, hello, close, noop } of VERSIONS) {
  suite(`Upgrading with ${eio}`, { raw: true }, (promise, server) => {
    promise('the WebSocket has no open packet, and takes over by 2probe, 3probe and 5', async () => {
      const { socket } = await begin(server, eio);
      socket.send('2probe');
      await socket.hears('3probe');
      socket.send('5', '4hello');
      await socket.hears('4hello');
    });

    promise('a client need not wait for 3probe', async () => {
      const { socket } = await begin(server, eio);
      socket.send('2probe', '5', '4hello');
      await socket.hears('3probe', '4hello');
    });

    promise('a poll that is parked when the probe comes is freed by a NOOP', async () => {
      const { session, socket } = await begin(server, eio);
      const poll = await session.park();
      socket.send('2probe');
      await socket.hears('3probe');
      assert.equal((await poll.answer).text, noop);
    });

    promise('so is every poll from then on', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('2probe');
      await socket.hears('3probe');
      for (let i = 0; i < 4; ++i) assert.equal(await session.poll(), noop);
      socket.send('5', '4hello');
      await socket.hears('4hello');
    });

    promise('polls and posts work until then', async () => {
      const { session, socket } = await begin(server, eio);
      const poll = await session.park();
      await session.post(hello);
      assert.equal((await poll.answer).text, hello);
      socket.send('2probe');
      await socket.hears('3probe');
      await session.post(hello);
      assert.equal(await session.poll(), hello);
    });

    promise('what no poll has taken follows over the WebSocket, in order', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('2probe');
      await socket.hears('3probe');
      await session.post(eio === 'EIO=3' ? '2:4a2:4b6:b4AQID' : '4a\x1e4b\x1ebAQID');
      socket.send('5', '4c');
      await socket.hears('4a', '4b');
      await socket.hears(Buffer.from(eio === 'EIO=3' ? '04010203' : '010203', 'hex'));
      await socket.hears('4c');
    });

    promise('a poll that is parked when 5 comes is freed too', async () => {
      const { session, socket } = await begin(server, eio);
      const poll = await session.park();
      socket.send('2probe', '5');
      await socket.hears('3probe');
      assert.equal((await poll.answer).text, noop);
    });

    promise('requests by polling are refused with code 3 after 5, and harm nobody', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('2probe', '5');
      await socket.hears('3probe');
      assertRefusal(await session.get(), 3);
      assertRefusal(await session.send(hello), 3);
      socket.send('4hello');
      await socket.hears('4hello');
    });

    promise('a wrong first packet closes the WebSocket, and polling goes on', async () => {
      for (const wrong of ['4hello', '2', '2prob', '3probe', '6', 'x', '', Buffer.from([4, 1])]) {
        const { session, socket } = await begin(server, eio);
        socket.send(wrong);
        await socket.closeCode();
        await session.post(hello);
        assert.equal(await session.poll(), hello, `after ${wrong}`);
      }
    });

    promise('a WebSocket that hangs up leaves the session to polling', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('2probe');
      await socket.hears('3probe');
      socket.close();
      await socket.closed;
      await session.post(hello);
      let body = await session.poll();
      // The server may not have heard of the end yet, and frees the poll as it does while a probe is on.
      while (body === noop) body = await session.poll();
      assert.equal(body, hello);
    });

    promise('a session that failed once may try again', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('4wrong');
      await socket.closeCode();
      const second = await server.webSocket(`${eio}&sid=${session.sid}`);
      second.send('2probe', '5', '4hello');
      await second.hears('3probe', '4hello');
    });

    promise('a second WebSocket is closed, before and after 5', async () => {
      const { session, socket } = await begin(server, eio);
      await (await server.webSocket(`${eio}&sid=${session.sid}`)).closeCode();
      socket.send('2probe', '5');
      await socket.hears('3probe');
      await (await server.webSocket(`${eio}&sid=${session.sid}`)).closeCode();
      socket.send('4hello');
      await socket.hears('4hello');
    });

    promise('the end of the session closes the WebSocket that was being tried', async () => {
      const { session, socket } = await begin(server, eio);
      await session.post(close);
      await socket.closeCode();
    });

    promise('the session ends with its WebSocket once it has moved there', async () => {
      const { session, socket } = await begin(server, eio);
      socket.send('2probe', '5', '1');
      await socket.hears('3probe');
      await socket.closeCode();
      await session.assertGone();
    });
  });

  suite(
    `An upgrade with ${eio} that is not completed`,
    { raw: true, upgrade_timeout_ms: 100 },
    (promise, server) => {
      promise('closes the WebSocket, and polling goes on', async () => {
        const { session, socket } = await begin(server, eio);
        await socket.closeCode();
        await session.post(hello);
        assert.equal(await session.poll(), hello);
        const second = await server.webSocket(`${eio}&sid=${session.sid}`);
        second.send('2probe');
        await second.hears('3probe');
        await second.closeCode();
        const poll = await session.park();
        await session.post(hello);
        assert.equal((await poll.answer).text, hello);
      });

      promise('does not close a WebSocket that took over in time', async () => {
        const { socket } = await begin(server, eio);
        socket.send('2probe', '5');
        await socket.hears('3probe');
        // Another one that is tried later, and is closed when its time is over, tells that this one's time is too.
        const later = await begin(server, eio);
        await later.socket.closeCode();
        socket.send('4hello');
        await socket.hears('4hello');
      });
    },
  );
}

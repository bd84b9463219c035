// Versions and handshake: how a session begins.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';
import { assertRefusal } from './support/polling.js';

const OPEN =
  /^0\{"sid":"[\w-]{20,}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$/;

suite('A handshake', { raw: true }, (promise, server) => {
  promise('of EIO=4 is answered with an open packet', async () => {
    const { opened } = await server.poll('EIO=4');
    assert.match(opened.text, OPEN);
    assert.equal(opened.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(opened.headers['cache-control'], 'no-store');
  });

  promise('of EIO=3 is answered with the same behind its length', async () => {
    const { opened } = await server.poll('EIO=3');
    const [length, packet] = opened.text.split(/:(.*)/s);
    assert.match(packet, OPEN);
    assert.equal(Number(length), packet.length);
    assert.equal(opened.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(opened.headers['cache-control'], 'no-store');
  });

  promise('without EIO is one of EIO=3, for there are clients that leave it out', async () => {
    const session = await server.poll('');
    assert.match(session.opened.text, /^\d+:0\{"sid":"/);
    await session.post('2:4a');
    assert.equal(await session.poll(), '2:4a');
    const socket = await server.webSocket('');
    assert.match(await socket.next(), /^0\{/);
    socket.send('2');
    await socket.hears('3');
  });

  promise('of another version is refused with code 5', async () => {
    for (const version of ['0', '1', '2', '5', '33', '4.0', 'abc', '', '-4', '%34%34'])
      assertRefusal(await server.request(`EIO=${version}&transport=polling`), 5);
  });

  for (const version of [3, 4]) {
    promise(`on a WebSocket with EIO=${version} has nothing to upgrade to`, async () => {
      const socket = await server.webSocket(`EIO=${version}`);
      assert.match(
        await socket.next(),
        /^0\{"sid":"[\w-]{20,}","upgrades":\[\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$/,
      );
    });

    promise(`with EIO=${version} gives every client another sid`, async () => {
      const sids = new Set();
      for (let i = 0; i < 10; ++i) sids.add((await server.poll(`EIO=${version}`)).sid);
      assert.equal(sids.size, 10);
    });

    promise(`with EIO=${version} takes no notice of parameters it does not know`, async () => {
      const session = await server.poll(`t=Ox1zXyW.0&EIO=${version}&token=a%20b&EIO2=7`);
      await session.post(version === 3 ? '2:4a' : '4a');
      assert.equal(await session.poll(), version === 3 ? '2:4a' : '4a');
    });
  }

  promise('takes parameters that are escaped, and the last of those that are repeated', async () => {
    const { status, text } = await server.request('EI%4F=3&EIO=%34&transport=foo&transport=p%6Flling');
    assert.equal(status, 200);
    assert.match(text, OPEN);
  });
});

suite('A handshake of Socket.IO', {}, (promise, server) => {
  promise('of EIO=4 connects nobody until the client asks, and then under another id', async () => {
    const session = await server.poll('EIO=4');
    const poll = await session.park();
    await session.post('40');
    const connected = /^40\{"sid":"([\w-]{20,})"\}(\x1e|$)/.exec((await poll.answer).text);
    assert.ok(connected);
    assert.notEqual(connected[1], session.sid);
  });

  promise('of EIO=3 connects the client to / by itself, without an id', async () => {
    const session = await server.poll('EIO=3');
    assert.match(await session.poll(), /^2:40\d+:42\["auth"/);
    const socket = await server.webSocket('EIO=3');
    assert.match(await socket.next(), /^0\{/);
    await socket.hears('40');
  });

  promise('knows the sid of no session that is over', async () => {
    const session = await server.poll('EIO=4');
    await session.post('1');
    await session.assertGone();
    assertRefusal(await session.send('40'), 1);
  });
});

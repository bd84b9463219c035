// Socket.IO: what closes a connection, and what doesn't though it is odd.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

const bytes = (eio, hex) => Buffer.from((eio === 'EIO=3' ? '04' : '') + hex, 'hex');

for (const eio of ['EIO=3', 'EIO=4']) {
  const one = bytes(eio, '01');
  const closing = {
    'a second CONNECT': ['40'],
    'an event without a name': ['42[]'],
    'an event that is no array': ['42{}', '42"message"', '42null'],
    'an event whose name is neither text nor number': [
      '42[null]',
      '42[{"toString":"x"}]',
      '42[["message"]]',
      '42[true]',
    ],
    'an event of a reserved name': [
      '42["connect"]',
      '42["connect_error"]',
      '42["disconnect"]',
      '42["disconnecting"]',
      '42["newListener"]',
      '42["removeListener"]',
    ],
    'what is no JSON': [
      '42["message",]',
      '42["message"',
      '42[message]',
      "42['message']",
      '42["message"]x',
      '42abc',
    ],
    'an answer that is no array': ['430{}', '430"x"', '430null'],
    'an unknown type': ['47', '48["message"]', '49', '4x', '4-'],
    'an empty packet': ['4'],
    'an error packet, which only servers send': ['44{"message":"x"}'],
    'a namespace that it has not connected to': ['42/nowhere,["message"]', '41/nowhere,', '43/nowhere,0[]'],
    'attachments out of 1 to 10': [
      '450-["message"]',
      '45["message"]',
      '4511-["message"]',
      '4559999999-["message"]',
      '45-1-["message"]',
      '451["message"]',
      '4599999999999999999999-["message"]',
    ],
  };
  const closingWithBinary = {
    'binary that was not announced': [[one]],
    'text while attachments are awaited': [
      ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    ],
    'one attachment too many': [['451-["message",{"_placeholder":true,"num":0}]', one, one]],
    'a placeholder of no attachment': ['1', '-1', '0.5', '"0"', '"splice"', 'null', '[]', '1e9'].map(
      (num) => [`451-["message",{"_placeholder":true,"num":${num}}]`, one],
    ),
    'a placeholder without a number': [['451-["message",{"_placeholder":true}]', one]],
  };

  suite(`A connection of ${eio}`, {}, (promise, server) => {
    for (const [what, packets] of Object.entries(closing)) {
      promise(`is closed by ${what}`, async () => {
        for (const packet of packets) {
          const client = await server.client(eio);
          client.send(packet);
          await client.closeCode();
        }
      });
    }

    for (const [what, sequences] of Object.entries(closingWithBinary)) {
      promise(`is closed by ${what}`, async () => {
        for (const sequence of sequences) {
          const client = await server.client(eio);
          client.send(...sequence);
          assert.ok(await client.endsWithout('42["message-back"'), `after ${sequence[0]}`);
        }
      });
    }

    promise('stays open after what is odd and harmless', async () => {
      const client = await server.client(eio);
      const odd = [
        '43999[]',
        '43999[1,2]',
        '42',
        '42["nobody knows this"]',
        '42["error"]',
        '42["message",{"_placeholder":false,"num":0}]',
        '42["message",{"_placeholder":1,"num":"splice"}]',
      ];
      client.send(...odd, '42["message","still here"]');
      await client.hears(
        '42["message-back",{"_placeholder":false,"num":0}]',
        '42["message-back",{"_placeholder":1,"num":"splice"}]',
        '42["message-back","still here"]',
      );
    });
  });
}

suite('A connection of EIO=4 before CONNECT', {}, (promise, server) => {
  for (const packet of ['42["message"]', '420["message-with-ack"]', '43[]', '430[]', '41', '44']) {
    promise(`is closed by ${packet}`, async () => {
      const socket = await server.webSocket('EIO=4');
      assert.match(await socket.next(), /^0\{/);
      socket.send(packet);
      await socket.closeCode();
    });
  }
});

suite('A polling client that breaks the rules', {}, (promise, server) => {
  promise('has its post answered with ok, and hears 6 and 1 by the next poll', async () => {
    const session = await server.poll('EIO=4');
    await session.post('42["message"]');
    assert.equal(await session.poll(), '6\x1e1');
    await session.assertGone();
  });

  promise('hears 1 by the poll that it has parked', async () => {
    const session = await server.poll('EIO=4');
    const poll = await session.park();
    await session.post('42["message"]');
    assert.equal((await poll.answer).text, '1');
    await session.assertGone();
  });

  promise('hears of it in the form of EIO=3 too', async () => {
    const session = await server.poll('EIO=3');
    assert.match(await session.poll(), /^2:40/);
    await session.post('4:42[]');
    assert.equal(await session.poll(), '1:61:1');
    await session.assertGone();
  });
});

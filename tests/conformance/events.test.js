// Socket.IO: events, answers and binary data between a server and a client that is connected to /.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

/** The WebSocket message of an attachment: of EIO=3 it begins with the type byte of a message. */
const attachment = (eio, hex) => Buffer.from((eio === 'EIO=3' ? '04' : '') + hex, 'hex');

for (const eio of ['EIO=3', 'EIO=4']) {
  suite(`A connected client of ${eio}`, {}, (promise, server) => {
    promise('sends and gets events with any JSON as arguments', async () => {
      const client = await server.client(eio);
      client.send('42["message",1,"2",{"3":[true,false,null]},-4.5,"é漢😀\\u2028\\n\\"\\\\"]');
      await client.hears('42["message-back",1,"2",{"3":[true,false,null]},-4.5,"é漢😀\u2028\\n\\"\\\\"]');
      client.send('42["message"]');
      await client.hears('42["message-back"]');
    });

    promise('may name the namespace in front of its packets', async () => {
      const client = await server.client(eio);
      client.send('42/,["message",1]', '42/,7["message-with-ack",2]');
      await client.hears('42["message-back",1]', '437[2]');
    });

    promise('is answered under the number that it gave', async () => {
      const client = await server.client(eio);
      client.send('420["message-with-ack",1,"2",{"3":[true]}]', '42456["message-with-ack"]');
      await client.hears('430[1,"2",{"3":[true]}]', '43456[]');
    });

    promise('answers what it is asked', async () => {
      const client = await server.client(eio);
      client.send('42["ask-me","how","are you"]');
      await client.hears('420["question","how","are you"]');
      client.send('430["fine",{"and":"you"}]');
      await client.hears('42["answered","fine",{"and":"you"}]');
      client.send('42["ask-me"]');
      await client.hears('421["question"]');
      client.send('431[]');
      await client.hears('42["answered"]');
    });

    promise('is heard once when it answers twice', async () => {
      const client = await server.client(eio);
      client.send('42["ask-me"]');
      await client.hears('420["question"]');
      client.send('430[1]', '430[2]', '42["message"]');
      await client.hears('42["answered",1]', '42["message-back"]');
    });

    promise('sends and gets binary as placeholders and what follows them', async () => {
      const client = await server.client(eio);
      client.send('452-["message",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]');
      client.send(attachment(eio, '010203'), attachment(eio, 'ff'));
      await client.hears(
        '452-["message-back",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]',
      );
      await client.hears(attachment(eio, '010203'), attachment(eio, 'ff'));
    });

    promise('gets attachments in the order of the data, whatever order it numbered them in', async () => {
      const client = await server.client(eio);
      client.send('452-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]');
      client.send(attachment(eio, '01'), attachment(eio, '02'));
      await client.hears('452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
      await client.hears(attachment(eio, '02'), attachment(eio, '01'));
    });

    promise('is answered with binary', async () => {
      const client = await server.client(eio);
      client.send('451-789["message-with-ack",{"_placeholder":true,"num":0}]', attachment(eio, '010203'));
      await client.hears('461-789[{"_placeholder":true,"num":0}]', attachment(eio, '010203'));
    });

    promise('is asked with binary and answers with binary', async () => {
      const client = await server.client(eio);
      client.send('451-["ask-me",{"_placeholder":true,"num":0}]', attachment(eio, '0102'));
      await client.hears('451-0["question",{"_placeholder":true,"num":0}]', attachment(eio, '0102'));
      client.send('461-0[{"_placeholder":true,"num":0}]', attachment(eio, '0304'));
      await client.hears('451-["answered",{"_placeholder":true,"num":0}]', attachment(eio, '0304'));
    });

    promise('may send ten attachments, and empty ones', async () => {
      const client = await server.client(eio);
      const places = Array.from({ length: 10 }, (_, num) => `{"_placeholder":true,"num":${num}}`).join();
      const parts = Array.from({ length: 10 }, (_, num) => attachment(eio, num === 0 ? '' : `0${num}`));
      client.send(`4510-["message",${places}]`, ...parts);
      await client.hears(`4510-["message-back",${places}]`, ...parts);
    });

    promise('may send an event whose name is a number or looks like a member of an object', async () => {
      const client = await server.client(eio);
      const names = ['1', '"__proto__"', '"constructor"', '"toString"', '"error"', '""'];
      for (const name of names) client.send(`42[${name},1]`);
      client.send('42["message",{"__proto__":{"a":1},"constructor":2}]');
      assert.match(
        await client.next(),
        /^42\["message-back",\{("__proto__":\{"a":1\},"constructor":2|"constructor":2)\}\]$/,
      );
    });
  });
}

suite('A polling client', {}, (promise, server) => {
  promise('of EIO=4 has an event and its attachments as packets of one payload', async () => {
    const session = await server.poll('EIO=4');
    await session.post('40');
    await session.poll();
    await session.post('451-["message",{"_placeholder":true,"num":0}]\x1ebAQID\x1e42["message",1]');
    assert.equal(
      await session.poll(),
      '451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQID\x1e42["message-back",1]',
    );
  });

  promise('of EIO=4 may post the attachments apart from their event', async () => {
    const session = await server.poll('EIO=4');
    await session.post('40');
    await session.poll();
    await session.post('451-1["message-with-ack",{"_placeholder":true,"num":0}]');
    await session.post('bAQID');
    assert.equal(await session.poll(), '461-1[{"_placeholder":true,"num":0}]\x1ebAQID');
  });

  promise('of EIO=3 with b64=1 has them as base64 behind their lengths', async () => {
    const session = await server.poll('EIO=3&b64=1');
    assert.match(await session.poll(), /^2:40\d+:42\["auth",\{\}\]$/);
    await session.post('55:451-1["message-with-ack",{"_placeholder":true,"num":0}]6:b4AQID');
    assert.equal(await session.poll(), '36:461-1[{"_placeholder":true,"num":0}]6:b4AQID');
  });

  promise('of EIO=3 has them as octets', async () => {
    const session = await server.poll('EIO=3');
    await session.poll();
    await session.post('55:451-1["message-with-ack",{"_placeholder":true,"num":0}]6:b4AQID');
    const answer = [
      Buffer.from('000306ff', 'hex'),
      Buffer.from('461-1[{"_placeholder":true,"num":0}]'),
      Buffer.from('0104ff04010203', 'hex'),
    ];
    assert.deepEqual((await session.get()).bytes, Buffer.concat(answer));
  });
});

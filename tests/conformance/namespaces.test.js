// Socket.IO: several namespaces on one connection.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

const CONNECTED = /^40\/custom,\{"sid":"[\w-]{20,}"\}$/;

suite('A client of EIO=4', {}, (promise, server) => {
  promise('may connect to a namespace without connecting to /', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0\{/);
    socket.send('40/custom,{"token":"abc"}');
    assert.match(await socket.next(), CONNECTED);
    await socket.hears('42/custom,["auth",{"token":"abc"}]');
  });

  promise('has another id in each namespace', async () => {
    const socket = await server.webSocket('EIO=4');
    assert.match(await socket.next(), /^0\{/);
    socket.send('40', '40/custom,');
    const [, first] = /"sid":"([^"]+)"/.exec(await socket.next());
    await socket.hears('42["auth",{}]');
    const [, second] = /"sid":"([^"]+)"/.exec(await socket.next());
    assert.notEqual(first, second);
  });

  promise('has its packets told apart by the namespace in front', async () => {
    const client = await server.client();
    client.send('40/custom,');
    assert.match(await client.next(), CONNECTED);
    await client.hears('42/custom,["auth",{}]');
    client.send('42/custom,["message",1]', '42["message",2]', '42/custom,7["message-with-ack",3]');
    await client.hears('42/custom,["message-back",1]', '42["message-back",2]', '43/custom,7[3]');
    client.send('42/custom,["ask-me"]');
    await client.hears('42/custom,0["question"]');
    client.send('43/custom,0["well"]');
    await client.hears('42/custom,["answered","well"]');
    const bytes = Buffer.from('010203', 'hex');
    client.send('451-/custom,8["message-with-ack",{"_placeholder":true,"num":0}]', bytes);
    await client.hears('461-/custom,8[{"_placeholder":true,"num":0}]', bytes);
  });

  promise('leaves one namespace and stays in the other', async () => {
    const client = await server.client();
    client.send('40/custom,');
    assert.match(await client.next(), CONNECTED);
    await client.hears('42/custom,["auth",{}]');
    client.send('41/custom,');
    client.send('42["message",1]');
    await client.hears('42["message-back",1]');
    client.send('40/custom,');
    assert.match(await client.next(), CONNECTED);
    await client.hears('42/custom,["auth",{}]');
    client.send('42/custom,["disconnect-me"]');
    await client.hears('41/custom,');
    client.send('42["message",2]');
    await client.hears('42["message-back",2]');
  });
});

suite('A client of EIO=3', {}, (promise, server) => {
  promise(
    'connects to a namespace besides /, perhaps with a query, and is answered without a payload',
    async () => {
      for (const [packet, answer] of [
        ['40/custom', '40/custom,'],
        ['40/custom,', '40/custom,'],
        ['40/custom?token=abc,', '40/custom,'],
      ]) {
        const client = await server.client('EIO=3');
        client.send(packet);
        await client.hears(answer, '42/custom,["auth",{}]');
        client.send('42/custom,["message",1]');
        await client.hears('42/custom,["message-back",1]');
      }
    },
  );
});

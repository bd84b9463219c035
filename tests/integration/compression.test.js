// What is compressed for whom, with the defaults and with --per-message-deflate.
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';

import { kindName } from './support/clients.js';
import { request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';

const LONG = 'so it goes, '.repeat(300);
/** Clients that offer permessage-deflate, as both generations do by default outside of browsers. */
const KINDS = [2, 4].flatMap((version) =>
  ['websocket', 'upgrade'].map((transport) => ({ version, transport })),
);
const extensions = (client) => client.socket.io.engine.transport.ws.extensions;

suite('Compression by default', {}, (promise) => {
  promise('is not agreed on by WebSockets', async (scope) => {
    for (const kind of KINDS.filter(({ transport }) => transport === 'websocket')) {
      assert.equal(extensions(await scope.client(kind)), '', kindName(kind));
    }
  });

  promise('shortens long answers to polls for clients that take gzip', async (scope) => {
    const room = await scope.room('Ada');
    const [ada] = room.members;
    await ada.get('send-message', 'everyone', LONG);
    const { url } = scope.parley;
    const poll = '/socket.io/?EIO=4&transport=polling';
    const { sid } = JSON.parse((await request(url, poll)).text.slice(1));
    const path = `${poll}&sid=${sid}`;
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    const join = `40\x1e42["join-room",${JSON.stringify(room.id)},"Bea"]`;
    assert.equal((await request(url, path, { method: 'POST', headers, body: join })).text, 'ok');
    for (let text = ''; !text.includes('room-summary');) {
      const answer = await request(url, path, { headers: { 'accept-encoding': 'gzip' } });
      const compressed = answer.headers['content-encoding'] === 'gzip';
      text = compressed ? gunzipSync(answer.bytes).toString('utf8') : answer.text;
      assert.equal(compressed, text.length >= 1024);
      if (compressed) assert.ok(answer.bytes.length < text.length / 2, `${answer.bytes.length} bytes`);
    }
  });
});

suite('Compression with --per-message-deflate', { flags: { edge: { 'per-message-deflate': true } } }, (promise) => {
  for (const kind of KINDS) {
    promise(`is agreed on with ${kindName(kind)}, and nothing is lost by it`, async (scope) => {
      const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      for (const member of room.members) {
        await member.upgraded();
        assert.equal(extensions(member), 'permessage-deflate');
      }
      const received = bea.socket.io.engine.transport.ws._socket.bytesRead;
      for (const content of ['short', LONG, 'ü'.repeat(4000), LONG]) {
        const { id } = await ada.get('send-message', 'everyone', content);
        assertSaid((await bea.next('new-room-message'))[0], { id, content });
      }
      const wire = bea.socket.io.engine.transport.ws._socket.bytesRead - received;
      assert.ok(wire < LONG.length, `${wire} bytes for more than ${2 * LONG.length + 8000}`);
      await room.quiet();
    });
  }
});

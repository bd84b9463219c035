// CORS: what a browser must be told before a page of another origin may poll. Lists of origins are the edge's
// configuration, and tested with it.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

const PAGE = 'https://app.example';
const origin = { headers: { origin: PAGE } };

function cors({ headers }) {
  return [headers['access-control-allow-origin'], headers['access-control-allow-credentials']];
}

suite('A page of another origin', {}, (promise, server) => {
  promise('may poll with EIO=4, which sends no credentials', async () => {
    assert.deepEqual(cors(await server.request('EIO=4&transport=polling', origin)), ['*', undefined]);
  });

  promise('is named to clients of EIO=3, which always send credentials', async () => {
    for (const version of ['EIO=3&', '']) {
      const answer = await server.request(`${version}transport=polling`, origin);
      assert.deepEqual(cors(answer), [PAGE, 'true']);
      assert.match(answer.headers.vary, /\bOrigin\b/, 'a cache must keep the answers apart');
    }
  });

  promise('may read every answer, refusals too', async () => {
    for (const [eio, expected] of [
      ['EIO=4', ['*', undefined]],
      ['EIO=3', [PAGE, 'true']],
    ]) {
      const session = await server.poll(eio);
      const query = `${eio}&transport=polling&sid=${session.sid}`;
      const post = { method: 'POST', ...origin };
      const open = eio === 'EIO=4' ? '40' : '1:2';
      assert.deepEqual(cors(await server.request(query, { ...post, body: open })), expected);
      assert.deepEqual(cors(await server.request(query, origin)), expected);
      assert.deepEqual(cors(await server.request(query, { ...post, body: '4'.repeat(1_000_001) })), expected);
      assert.deepEqual(cors(await server.request(query, { ...post, body: 'no packet' })), expected);
      assert.deepEqual(cors(await server.request(query, origin)), expected);
      assert.deepEqual(cors(await server.request(`${eio}&transport=tcp`, origin)), expected);
    }
  });

  promise('has its preflight answered with the methods, and with the headers that it asked for', async () => {
    for (const [eio, expected] of [
      ['EIO=4', ['*', undefined]],
      ['EIO=3', [PAGE, 'true']],
    ]) {
      const answer = await server.request(`${eio}&transport=polling&sid=whatever`, {
        method: 'OPTIONS',
        headers: {
          origin: PAGE,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-token',
        },
      });
      assert.equal(answer.status, 204);
      assert.equal(answer.text, '');
      assert.deepEqual(cors(answer), expected);
      const methods = answer.headers['access-control-allow-methods'].split(/, */);
      assert.ok(methods.includes('GET') && methods.includes('POST'), methods.join());
      assert.equal(answer.headers['access-control-allow-headers'], 'content-type,x-token');
    }
  });

  promise('may open a WebSocket, to which no such rules apply', async () => {
    const socket = await server.webSocket('EIO=4', { origin: PAGE });
    assert.match(await socket.next(), /^0\{/);
  });
});

suite('A client that is no page', {}, (promise, server) => {
  promise('is told that anybody may poll', async () => {
    for (const eio of ['EIO=4', 'EIO=3'])
      assert.deepEqual(cors(await server.request(`${eio}&transport=polling`)), ['*', undefined]);
  });
});

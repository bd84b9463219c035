// Which web pages may use the API.
import assert from 'node:assert/strict';

import { get, granted, post, refused, request } from './support/rest.js';
import { suite } from './support/suite.js';

const PAGE = 'https://app.example';
const OTHER_PAGE = 'http://localhost:8080';
const STRANGER = 'https://evil.example';
const NOBODY = '00000000-0000-4000-8000-000000000000';

function preflight(url, path, origin) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,idempotency-key',
  };
  return request(url, path, { method: 'OPTIONS', headers });
}

const words = (header) => (header ?? '').split(',').map((word) => word.trim().toLowerCase());

function assertGrantsPost(response) {
  assert.ok([200, 204].includes(response.status), `${response.status}`);
  assert.ok(words(response.headers['access-control-allow-methods']).includes('post'));
  const allowed = words(response.headers['access-control-allow-headers']);
  for (const header of ['content-type', 'idempotency-key'])
    assert.ok(allowed.includes(header), allowed.join());
}

suite('By default', {}, (promise) => {
  promise('every page may use the API, without credentials', async (scope) => {
    const room = await scope.room('Ada');
    const [ada] = room.members;
    for (const origin of [PAGE, STRANGER, 'null']) {
      const body = { from: ada.credentials, to: 'everyone', content: 'hello' };
      const response = await post(scope.parley.url, `/api/${room.idHash}/send`, body, { origin });
      granted(response);
      assert.equal(response.headers['access-control-allow-origin'], '*');
      assert.equal(response.headers['access-control-allow-credentials'], undefined);
    }
  });

  promise('every page may read why it was refused', async (scope) => {
    const { url } = scope.parley;
    const path = `/api/${'0'.repeat(32)}/send`;
    const body = { from: { id: NOBODY, key: '0' }, to: 'everyone', content: 'x' };
    const responses = [
      [400, await request(url, path, { method: 'POST', headers: { origin: PAGE }, body: 'x' })],
      [400, await post(url, path, {}, { origin: PAGE })],
      [404, await post(url, path, body, { origin: PAGE })],
      [405, await request(url, path, { method: 'PUT', headers: { origin: PAGE } })],
    ];
    for (const [status, response] of responses) {
      refused(response, status);
      assert.equal(response.headers['access-control-allow-origin'], '*');
    }
  });

  promise('a preflight is answered', async (scope) => {
    for (const verb of ['send', 'edit', 'delete']) {
      const response = await preflight(scope.parley.url, `/api/${'0'.repeat(32)}/${verb}`, PAGE);
      assertGrantsPost(response);
      assert.equal(response.headers['access-control-allow-origin'], '*');
      assert.equal(response.headers['access-control-allow-credentials'], undefined);
    }
  });

  promise('every page may poll', async (scope) => {
    const response = await get(scope.parley.url, '/socket.io/?EIO=4&transport=polling', { origin: PAGE });
    assert.equal(response.status, 200);
    assert.ok(['*', PAGE].includes(response.headers['access-control-allow-origin']));
  });

  // socket.io-client 2 always sends its requests with credentials, and begins with polling: a browser lets it read
  // an answer only when the very origin is named. There are no cookies that this could expose.
  promise('every page may poll with socket.io-client 2, which insists on credentials', async (scope) => {
    const response = await get(scope.parley.url, '/socket.io/?EIO=3&transport=polling', { origin: PAGE });
    assert.equal(response.status, 200);
    assert.equal(response.headers['access-control-allow-origin'], PAGE);
    assert.equal(response.headers['access-control-allow-credentials'], 'true');
  });
});

const LISTED = { flags: { edge: { 'cors-origins': `${PAGE},${OTHER_PAGE}` } } };

suite('With a list of origins', LISTED, (promise) => {
  promise('listed pages are named, with credentials', async (scope) => {
    const room = await scope.room('Ada');
    const [ada] = room.members;
    for (const origin of [PAGE, OTHER_PAGE]) {
      const body = { from: ada.credentials, to: 'everyone', content: 'hello' };
      const response = await post(scope.parley.url, `/api/${room.idHash}/send`, body, { origin });
      granted(response);
      const ahead = await preflight(scope.parley.url, `/api/${room.idHash}/send`, origin);
      assertGrantsPost(ahead);
      for (const { headers } of [response, ahead]) {
        assert.equal(headers['access-control-allow-origin'], origin);
        assert.equal(headers['access-control-allow-credentials'], 'true');
        assert.ok(words(headers.vary).includes('origin'), 'a cache must keep the answers apart');
      }
    }
  });

  promise('no other page is, however alike', async (scope) => {
    const { url } = scope.parley;
    const path = `/api/${'0'.repeat(32)}/send`;
    const alike = [
      STRANGER,
      `${PAGE}.evil.example`,
      'http://app.example',
      `${PAGE}:8443`,
      'https://APP.example.evil',
      'null',
      'https://evil.example,https://app.example',
      '*',
      'app.example',
      `${PAGE}/`,
    ];
    for (const origin of alike) {
      for (const response of [await post(url, path, {}, { origin }), await preflight(url, path, origin)]) {
        assert.equal(response.headers['access-control-allow-origin'], undefined, origin);
        assert.equal(response.headers['access-control-allow-credentials'], undefined, origin);
      }
    }
  });

  promise('polling follows the same list', async (scope) => {
    for (const version of [3, 4]) {
      const poll = (origin) =>
        get(scope.parley.url, `/socket.io/?EIO=${version}&transport=polling`, { origin });
      const { headers } = await poll(PAGE);
      assert.equal(headers['access-control-allow-origin'], PAGE);
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal((await poll(STRANGER)).headers['access-control-allow-origin'], undefined);
    }
  });

  promise('programs that are no page are served as ever', async (scope) => {
    const room = await scope.room('Ada');
    granted(await room.api.send(room.members[0].credentials, 'everyone', 'no origin at all'));
  });
});

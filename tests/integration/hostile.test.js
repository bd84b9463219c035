// What clients send that mean harm: each is refused or dropped for a reason that a metric counts, again and again,
// while others converse and notice nothing, and no process grows by it.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { gzipSync } from 'node:zlib';

import { withstand } from './support/bystanders.js';
import { crumbs, frame, OPCODE, RawPolling, RawWebSocket, upgradeRequest } from './support/raw.js';
import { get, post, RawConnection, refused, request } from './support/rest.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

const MEGABYTE = 1_000_000;
/** A hundred of them, packed. */
const BOMB = gzipSync(Buffer.alloc(100 * MEGABYTE, ' '));

const requestsRefused = (code) => `parley_edge_requests_refused_total{code="${code}"}`;
const restRefused = (status) =>
  `parley_edge_http_requests_total{route="/api/:roomIdHash/send",status="${status}"}`;
const sessionsClosed = (reason) => `parley_edge_sessions_closed_total{reason="${reason}"}`;
const violations = (code) => `parley_edge_websocket_violations_total{code="${code}"}`;
const eventsRefused = (event) => `parley_edge_events_total{event="${event}",success="false"}`;

/** A request of these bytes is refused with this status, and the connection closed. */
const refusedRequest = (status, bytes) => async (url) => {
  const connection = await RawConnection.open(url);
  connection.write(bytes);
  refused(await connection.untilClosed(), status);
};

/** Many at once do the same. */
const tenfold = (attack) => (url) => Promise.all(Array.from({ length: 10 }, () => attack(url)));

/** These bytes after a WebSocket's handshake are a violation of RFC 6455, and it is closed with this code. */
const violation = (code, bytes) => async (url) => {
  const websocket = await RawWebSocket.connect(url);
  websocket.write(bytes);
  assert.equal(await websocket.closeCode(), code);
};

/** These packets of Socket.IO, text or binary, end the session, whatever its transport. */
const ended =
  (...packets) =>
  async (url) => {
    const websocket = await RawWebSocket.connect(url);
    for (const packet of packets)
      websocket.write(typeof packet === 'string' ? frame(OPCODE.text, packet) : frame(OPCODE.binary, packet));
    assert.equal(await websocket.closeCode(), 1000);

    const polling = await RawPolling.connect(url);
    const encoded = packets.map((packet) =>
      typeof packet === 'string' ? packet : `b${packet.toString('base64')}`,
    );
    assert.equal((await polling.post(encoded.join('\x1e'))).text, 'ok');
    assert.match((await polling.poll()).text, /\x1e?1$/);
    assert.equal((await polling.poll()).json?.code, 1, 'the session is unknown');
  };

/** These events change nothing, and the connection stays; `answers` match what comes of them. */
const stays = (events, answers) => async (url) => {
  const websocket = await RawWebSocket.connect(url);
  for (const event of events) websocket.send(event);
  for (const answer of answers) assert.match(await websocket.next(), answer);
  websocket.send('4299["get-rtp-capabilities","000000000"]');
  assert.match(await websocket.next(), /^4399\[.*"ROOM_NOT_FOUND"/);
  websocket.close();
};

const head = (lines) =>
  ['POST /api/x/send HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...lines, '\r\n'].join('\r\n');

const HTTP = {
  'a giant body': {
    attack: refusedRequest(413, head(['Content-Length: 8000000']) + ' '.repeat(8 * MEGABYTE)),
    counts: requestsRefused('BODY_TOO_LARGE'),
  },
  'a giant body in chunks': {
    attack: refusedRequest(
      413,
      `${head(['Transfer-Encoding: chunked'])}7a1200\r\n${' '.repeat(8 * MEGABYTE)}`,
    ),
    counts: requestsRefused('BODY_TOO_LARGE'),
  },
  'body after body of a megabyte': {
    attack: async (url, room) =>
      refused(await post(url, `/api/${room.idHash}/send`, ' '.repeat(MEGABYTE)), 400),
    counts: restRefused(400),
    times: 100,
  },
  'a gzip bomb for a body': {
    attack: async (url, room) => {
      refused(await post(url, `/api/${room.idHash}/send`, BOMB, { 'content-encoding': 'gzip' }), 400);
    },
    counts: restRefused(400),
  },
  'Content-Length together with chunked': {
    attack: refusedRequest(
      400,
      `${head(['Content-Length: 3', 'Transfer-Encoding: chunked'])}3\r\nabc\r\n0\r\n\r\n`,
    ),
    counts: requestsRefused('BAD_REQUEST'),
  },
  'thousands of headers': {
    attack: refusedRequest(431, head(Array.from({ length: 20_000 }, (_, number) => `X-${number}: y`))),
    counts: requestsRefused('HEADERS_TOO_LARGE'),
  },
  'a header that never ends': {
    attack: tenfold(refusedRequest(408, 'GET / HTTP/1.1\r\nHost: x\r\nX: ')),
    counts: requestsRefused('REQUEST_TIMEOUT'),
    times: 2,
  },
  'a body that never ends': {
    attack: tenfold(refusedRequest(408, `${head(['Content-Length: 1000000'])}{"from":`)),
    counts: requestsRefused('REQUEST_TIMEOUT'),
    times: 2,
  },
};

const ENGINE_IO = {
  'transport=__proto__': {
    attack: async (url) => {
      for (const transport of ['__proto__', 'constructor', 'toString', ''])
        assert.equal((await get(url, `/socket.io/?EIO=4&transport=${transport}`)).json.code, 0);
    },
    counts: requestsRefused('UNKNOWN_TRANSPORT'),
  },
  'repeated query keys': {
    attack: async (url) => {
      const query = `EIO=3&EIO=4&${'transport=polling&'.repeat(800)}transport=websocket&sid=a&sid=__proto__`;
      assert.equal((await get(url, `/socket.io/?${query}`)).json.code, 1);
    },
    counts: requestsRefused('UNKNOWN_SID'),
  },
  'a reset during a refused upgrade': {
    attack: async (url) => {
      const [early, late] = [await RawConnection.open(url), await RawConnection.open(url)];
      for (const connection of [early, late])
        connection.write(upgradeRequest({ query: 'EIO=4&transport=websocket&sid=nobody' }));
      early.socket.resetAndDestroy();
      await until('the refusal arrives', () => late.received !== '');
      late.socket.resetAndDestroy();
    },
    counts: requestsRefused('UNKNOWN_SID'),
    times: 50,
  },
  'payloads of a megabyte, again and again': {
    attack: async (url) => {
      const polling = await RawPolling.open(url);
      assert.equal((await polling.post('4'.repeat(MEGABYTE))).text, 'ok');
      assert.match((await polling.poll()).text, /1$/);
    },
    counts: sessionsClosed('forced close'),
    times: 100,
  },
  'a payload over a megabyte': {
    attack: async (url) => {
      const polling = await RawPolling.open(url);
      assert.equal((await polling.post(`4${'4'.repeat(MEGABYTE)}`)).status, 413);
      assert.equal((await polling.post('1')).text, 'ok', 'the session survives');
    },
    counts: requestsRefused('BODY_TOO_LARGE'),
  },
  'a packet of no type': {
    attack: async (url) => {
      const polling = await RawPolling.open(url);
      assert.equal((await polling.post('9'.repeat(100_000))).status, 400);
    },
    counts: sessionsClosed('parse error'),
  },
};

const CRUMBS = crumbs(`427["${'x'.repeat(200_000)}"]`);

const WEBSOCKET = {
  'reserved bits glued to the handshake': {
    attack: async (url) => {
      const websocket = await RawWebSocket.open(url, { glued: frame(OPCODE.text, '40', { reserved: 7 }) });
      assert.equal(await websocket.closeCode(), 1002);
    },
    counts: violations(1002),
  },
  'frames that are not masked': {
    attack: violation(1002, frame(OPCODE.text, '42["leave"]', { masked: false })),
    counts: violations(1002),
  },
  'a deflate bomb': {
    attack: async (url) => {
      const headers = ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'];
      const websocket = await RawWebSocket.open(url, { headers });
      assert.doesNotMatch(websocket.handshake, /deflate/i);
      websocket.write(frame(OPCODE.text, BOMB.subarray(10), { reserved: 4 }));
      assert.equal(await websocket.closeCode(), 1002);
    },
    counts: violations(1002),
  },
  'text that is not UTF-8': {
    attack: violation(1007, frame(OPCODE.text, Buffer.from('342eff', 'hex'))),
    counts: violations(1007),
  },
  'a message that is too big': {
    attack: violation(1009, frame(OPCODE.text, '4'.repeat(5 * MEGABYTE))),
    counts: violations(1009),
  },
  'a message that is too big in pieces': {
    attack: violation(
      1009,
      Buffer.concat([
        frame(OPCODE.text, '4', { fin: false }),
        ...Array.from({ length: 30 }, () => frame(OPCODE.continuation, '4'.repeat(50_000), { fin: false })),
      ]),
    ),
    counts: violations(1009),
  },
  'a flood of fragments of one byte': {
    attack: async (url) => {
      const websocket = await RawWebSocket.connect(url);
      websocket.write(CRUMBS);
      assert.match(await websocket.next(), /^437\[.*"UNKNOWN_EVENT"/, 'it is a message after all');
      websocket.close();
    },
    counts: eventsRefused('unknown'),
    times: 5,
  },
  'thousands of spaces in Sec-WebSocket-Protocol': {
    attack: refusedRequest(
      431,
      upgradeRequest({ headers: [`Sec-WebSocket-Protocol: a${' '.repeat(50_000)}b`] }),
    ),
    counts: requestsRefused('HEADERS_TOO_LARGE'),
  },
};

const PLACEHOLDER = (num) => `{"_placeholder":true,"num":${num}}`;

const SOCKET_IO = {
  'a packet of nothing but digits': {
    attack: ended(`4${'9'.repeat(900_000)}`),
    counts: sessionsClosed('forced close'),
  },
  'an acknowledgement id of nothing but digits': {
    attack: ended(`42${'1'.repeat(900_000)}`),
    counts: sessionsClosed('forced close'),
  },
  'an event in a namespace of a megabyte': {
    attack: ended(`42/${'n'.repeat(900_000)},["leave"]`),
    counts: sessionsClosed('forced close'),
  },
  'a placeholder that is a method': {
    attack: ended(`451-["send-message",${PLACEHOLDER('"splice"')}]`, Buffer.from('x')),
    counts: sessionsClosed('forced close'),
  },
  'an event whose name is an object': {
    attack: ended('42[{"toString":"x"}]'),
    counts: sessionsClosed('forced close'),
  },
  'the announcement of 59,999,999 attachments': {
    attack: ended('459999999-["x"]'),
    counts: sessionsClosed('forced close'),
  },
  'attachments without end': {
    attack: ended(
      `4510-["x",${Array.from({ length: 10 }, (_, num) => PLACEHOLDER(num)).join()}]`,
      ...Array.from({ length: 11 }, () => Buffer.alloc(50_000)),
    ),
    counts: sessionsClosed('forced close'),
  },
  'an event named error': {
    attack: stays(['42["error",{"toString":null}]', '421["error"]'], [/^431\[.*"UNKNOWN_EVENT"/]),
    counts: eventsRefused('unknown'),
  },
  '20,000 nested arrays': {
    attack: stays(
      [`42["update-name",${'['.repeat(20_000)}${']'.repeat(20_000)}]`],
      [/^42\["error",.*"INVALID_REQUEST"/],
    ),
    counts: eventsRefused('update-name'),
  },
  'join-room("__proto__")': {
    attack: stays(
      ['423["join-room","__proto__"]'],
      [/^42\["error",/, /^42\["error-event",/, /^433\[.*"success":false/],
    ),
    counts: eventsRefused('join-room'),
  },
  'events without their acknowledgement': {
    attack: stays(
      ['42["join-room","__proto__"]', '42["send-message","everyone","x"]', '42["update-mediaState"]'],
      [/^42\["error",/, /^42\["error-event",/, /^42\["error",/, /^42\["error",/],
    ),
    counts: eventsRefused('send-message'),
  },
};

const IMPATIENT = {
  // Those who converse do so as fast as they can.
  edge: { 'header-timeout': '1s', 'body-timeout': '1s', 'event-rate-per-socket': 0 },
  messaging: { 'message-rate': 0 },
};

suite('Three processes withstand', { flags: IMPATIENT }, (promise) => {
  for (const [layer, cases] of Object.entries({
    HTTP,
    'Engine.IO': ENGINE_IO,
    WebSocket: WEBSOCKET,
    'Socket.IO': SOCKET_IO,
  })) {
    describe(layer, () => {
      for (const [name, hostile] of Object.entries(cases))
        promise(name, (scope) => withstand(scope, hostile));
    });
  }
});

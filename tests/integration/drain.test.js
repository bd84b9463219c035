// An edge that is told to stop sends its clients to another one, one after another, and nobody leaves by that. A
// service that is told to stop finishes what it has.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { BufCurl } from './support/buf.js';
import { Client } from './support/clients.js';
import { Process, runToEnd } from './support/processes.js';
import { get, granted, RawConnection } from './support/rest.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';

const CLIENTS = 30;
const KINDS = [2, 3, 4].flatMap((version) =>
  ['websocket', 'polling'].map((transport) => ({ version, transport })),
);
const RECONNECTING = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };

suite('An edge that stops', {}, (promise, parley) => {
  const startEdge = (flags) =>
    new Process('edge', {
      'room-service-address': parley.room.endpoints.grpc,
      'messaging-service-address': parley.messaging.endpoints.grpc,
      'max-connections-per-address': 0,
      'handshake-rate-per-address': 0,
      ...flags,
    }).start();
  const urlOf = (edge) => `http://${edge.endpoints.http}`;

  promise('sends its clients to another, where they are who they were', async (scope) => {
    const stopping = await startEdge({ 'drain-time': '2s' });
    try {
      await until('the edge is ready', async () => (await get(urlOf(stopping), '/readyz')).status === 200);
      const room = await scope.room('Ada');
      const [ada] = room.members;
      const clients = [];
      for (let number = 0; number < CLIENTS; ++number) {
        const kind = KINDS[number % KINDS.length];
        const client = await Client.connect(urlOf(stopping), {
          ...kind,
          secrets: parley.secrets,
          options: RECONNECTING,
        });
        scope.clients.push(client);
        clients.push(client);
        await room.enter({ client, name: `Client ${number}` });
      }

      const returns = clients.map((client) => {
        client.closing = true;
        client.socket.io.uri = parley.url;
        return new Promise((resolve, reject) => {
          client.socket.once('connect', () => {
            const who = { participant: client.credentials };
            client.ask('join-room', room.id, null, who).then(resolve, reject);
          });
        });
      });
      stopping.child.kill('SIGTERM');
      const answers = await guarded(Promise.all(returns), () => 'all clients to come back');
      assert.deepEqual(await guarded(stopping.ended, () => 'the end of the edge'), { code: 0, signal: null });

      for (const [number, { success, data, error }] of answers.entries()) {
        assert.ok(success, error);
        assert.equal(data.summary.myId, clients[number].id);
      }
      for (const client of clients.filter(({ transport }) => transport === 'websocket'))
        assert.equal(await client.lost, 'transport close');
      const { participants } = await (await scope.client()).join(room.id, 'Observer');
      const alive = participants.filter(({ isAlive }) => isAlive).map(({ id }) => id);
      for (const { id } of [ada, ...clients]) assert.ok(alive.includes(id), 'everybody is there');
      const left = [ada, ...clients].flatMap(({ history }) =>
        history.filter(({ name }) => name === 'participant-left'),
      );
      assert.deepEqual(left, [], 'nobody has left');
    } finally {
      stopping.child.kill('SIGKILL');
    }
  });

  promise('serves until their turn those whose turn has not come', async (scope) => {
    const stopping = await startEdge({ workers: 1, 'drain-time': '1h', 'shutdown-timeout': '2h' });
    try {
      const clients = [];
      for (let number = 0; number < 4; ++number) {
        const client = await Client.connect(urlOf(stopping), { secrets: parley.secrets });
        client.closing = true;
        scope.clients.push(client);
        clients.push(client);
      }
      stopping.child.kill('SIGTERM');
      const first = await guarded(
        Promise.race(clients.map((client) => client.lost.then(() => client))),
        () => 'the first to be sent away',
      );
      const others = clients.filter((client) => client !== first);
      for (const client of others) {
        const { id } = await client.get('create-room');
        await client.join(id, 'Served');
        await client.get('send-message', 'everyone', 'still served');
      }
      assert.ok(others.every(({ socket }) => socket.connected));
      await assert.rejects(get(urlOf(stopping), '/readyz'), { code: 'ECONNREFUSED' });
      for (const client of clients) client.socket.close();
    } finally {
      stopping.child.kill('SIGKILL');
    }
  });

  /** A REST request for a message, and the part of it that is sent first. */
  const sayBy = (member, room, content) => {
    const body = JSON.stringify({ from: member.credentials, to: 'everyone', content });
    const head = `POST /api/${room.idHash}/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const whole = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    return { whole, begun: whole.slice(0, -10), rest: whole.slice(-10) };
  };
  /** A connection that is kept after an answer to it. */
  const keptConnection = async (edge) => {
    const connection = await RawConnection.open(urlOf(edge));
    connection.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the answer is there', () => connection.received.includes('\r\n\r\n'));
    assert.doesNotMatch(connection.received, /^Connection: close/im);
    connection.received = '';
    return connection;
  };
  const isStopping = (edge) => edge.log.some((line) => line.includes('"stopping"'));

  promise('answers the REST requests that are under way, however long they take, and closes idle connections', async (scope) => {
    const stopping = await startEdge({ 'drain-time': 0, 'shutdown-timeout': '2h' });
    try {
      await until('the edge is ready', async () => (await get(urlOf(stopping), '/readyz')).status === 200);
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const uploading = sayBy(ada, room, 'uploaded');
      const [idle, upload, asked] = [
        await keptConnection(stopping),
        await keptConnection(stopping),
        await keptConnection(stopping),
      ];
      upload.write(uploading.begun);
      await parley.messaging.freeze();
      asked.write(sayBy(ada, room, 'asked').whole);
      stopping.child.kill('SIGTERM');
      await guarded(idle.closed, () => 'the idle connection to be closed');
      assert.equal(idle.received, '');
      parley.messaging.thaw();
      upload.write(uploading.rest);
      for (const [connection, content] of [
        [asked, 'asked'],
        [upload, 'uploaded'],
      ]) {
        const answer = await connection.untilClosed();
        assert.equal(answer.headers.connection, 'close');
        const { id } = granted(answer);
        await bea.next('new-room-message', (message) => message.id === id && message.content === content);
      }
      assert.deepEqual(await guarded(stopping.ended, () => 'the end of the edge'), { code: 0, signal: null });
      assert.ok(!stopping.log.some((line) => line.includes('cut off')), stopping.log.join('\n'));
    } finally {
      parley.messaging.thaw();
      stopping.child.kill('SIGKILL');
    }
  });

  promise('serves a kept connection once more while others are sent away, and says that it closes it', async (scope) => {
    const stopping = await startEdge({ workers: 1, 'drain-time': '1h', 'shutdown-timeout': '2h' });
    try {
      // The second keeps the edge from being done.
      for (let number = 0; number < 2; ++number) {
        const client = await Client.connect(urlOf(stopping), { secrets: parley.secrets });
        client.closing = true;
        scope.clients.push(client);
      }
      const kept = await keptConnection(stopping);
      stopping.child.kill('SIGTERM');
      await until('the edge is stopping', () => isStopping(stopping));
      kept.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      const { status, headers } = await kept.untilClosed();
      assert.deepEqual([status, headers.connection], [200, 'close']);
    } finally {
      stopping.child.kill('SIGKILL');
    }
  });

  promise('cuts off what takes longer than --shutdown-timeout, and says so', async () => {
    const stopping = await startEdge({ 'drain-time': 0, 'shutdown-timeout': '100ms' });
    try {
      const begun = await keptConnection(stopping);
      begun.write('POST /api/x/send HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
      stopping.child.kill('SIGTERM');
      assert.deepEqual(await guarded(stopping.ended, () => 'the end of the edge'), { code: 0, signal: null });
      const cut = stopping.log.map((line) => JSON.parse(line)).find(({ requests }) => requests !== undefined);
      assert.equal(cut?.requests, 1, stopping.log.join('\n'));
      assert.equal(cut.level, 'warning');
    } finally {
      stopping.child.kill('SIGKILL');
    }
  });

  promise('must be given the time for it', async () => {
    const args = ['--port=0', '--shutdown-timeout=2s', '--drain-time=2s'];
    const { code, stderr } = await runToEnd('edge', args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--drain-time must be shorter than --shutdown-timeout/);
  });
});

suite('A service that stops', { flags: { messaging: { 'message-rate': 0 } } }, (promise, parley) => {
  /** A service's write-ahead logs that are not empty. */
  const leftovers = ({ flags }) =>
    readdirSync(flags['data-dir'])
      .filter((name) => name.endsWith('-wal'))
      .filter((name) => statSync(join(flags['data-dir'], name)).size > 0);

  const METHODS = {
    room: 'parley.room.v1.RoomService/WatchRooms',
    messaging: 'parley.messaging.v1.MessagingService/WatchMessages',
  };
  for (const [name, method] of Object.entries(METHODS)) {
    promise(`ends its watches and leaves one whole file: ${name}-service`, async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada] = room.members;
      const service = parley[name];
      const request = JSON.stringify({ subscribe: { roomId: room.id } });
      const watch = new BufCurl(['-d', request, `http://${service.endpoints.grpc}/${method}`], '');
      try {
        await watch.next();
        assert.equal(leftovers(service).length, 1, 'there is something to be written back');
        const asked = Array.from({ length: 40 }, (_, number) =>
          name === 'room'
            ? ada.get('update-name', `Ada ${number}`)
            : ada.get('send-message', 'everyone', `${number}`),
        );
        await asked[0];
        await service.stop();
        assert.notEqual(await watch.end(), 0);
        assert.match(watch.stderr, /"code": *"unavailable"/);
        const infos = [...watch.stderr.matchAll(/"value": *"([^"]+)"/g)];
        const details = infos.map(([, value]) => Buffer.from(value, 'base64').toString('latin1'));
        assert.ok(
          details.some((detail) => detail.includes('SHUTTING_DOWN')),
          watch.stderr,
        );
        assert.deepEqual(leftovers(service), []);
        await service.start();
        await parley.ready();
        const granted = await Promise.all(asked);
        const observer = await scope.client();
        const { messages, participants } = await observer.join(room.id, 'Observer');
        if (name === 'room') {
          assert.equal(participants.find(({ id }) => id === ada.id).name, 'Ada 39');
        } else {
          const ids = (list) => list.map(({ id }) => id).sort();
          assert.deepEqual(ids(messages), ids(granted), 'each took effect, once');
        }
      } finally {
        watch.stop();
      }
    });
  }
});

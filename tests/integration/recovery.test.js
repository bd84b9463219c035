// Coming back by Socket.IO's connection state recovery, with the official client.
import assert from 'node:assert/strict';
import { once } from 'node:events';

import { io } from 'socket.io-client-v4';

import { Process } from './support/processes.js';
import { get } from './support/rest.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';

const TRANSPORTS = {
  websocket: { transports: ['websocket'] },
  polling: { transports: ['polling'] },
  upgrade: { transports: ['polling', 'websocket'] },
};
const ASKING = {
  'auth: {recover: true}': { auth: { recover: true } },
  'the query recover=1': { query: { recover: '1' } },
};

/** A client that may come back, and the contents of the room messages that it heard. */
class Returning {
  constructor(url, options) {
    this.socket = io(url, { forceNew: true, autoConnect: false, reconnection: false, ...options });
    this.heard = [];
    this.socket.on('new-room-message', ({ content }) => this.heard.push(content));
  }

  async connect() {
    this.socket.connect();
    if (!this.socket.connected) await guarded(once(this.socket, 'connect'), () => 'the client to connect');
  }

  async join(roomId) {
    const answer = await guarded(this.socket.emitWithAck('join-room', roomId), () => 'the answer to join-room');
    assert.ok(answer.success, answer.error);
    return answer.data.myId;
  }

  async lose() {
    const lost = once(this.socket, 'disconnect');
    this.socket.io.engine.close();
    await guarded(lost, () => 'the client to notice');
  }

  async hears(contents) {
    const complete = new Promise((resolve) => {
      const look = () => this.heard.length >= contents.length && resolve();
      this.socket.on('new-room-message', look);
      look();
    });
    await guarded(complete, () => `${contents.length} messages, ${this.heard.length} came`);
    assert.deepEqual(this.heard, contents);
  }
}

const withReturning = (scope, options, body) => {
  const client = new Returning(scope.parley.url, options);
  return body(client).finally(() => client.socket.close());
};

const FAST = { flags: { messaging: { 'message-rate': 0 } } };

suite('A client that loses its connection', FAST, (promise) => {
  for (const [how, asking] of Object.entries(ASKING)) {
    for (const [transport, options] of Object.entries(TRANSPORTS)) {
      promise(`and asked by ${how} comes back by ${transport} as who it was, and has missed nothing`, (scope) =>
        withReturning(scope, { ...options, ...asking }, async (client) => {
          const room = await scope.room('Ada');
          const [ada] = room.members;
          await client.connect();
          const participantId = await client.join(room.id);
          await ada.next('new-participant', ({ id }) => id === participantId);
          const { id } = client.socket;
          const said = [];
          const say = async (content) => {
            await ada.get('send-message', 'everyone', content);
            said.push(content);
          };
          await say('before');
          await client.hears(said);
          for (let round = 0; round < 3; ++round) {
            await say(`in flight ${round}`);
            await client.lose();
            await ada.next('participant-connection', ({ isAlive }) => !isAlive);
            for (let i = 0; i < 20; ++i) await say(`while away ${round}.${i}`);
            await client.connect();
            assert.equal(client.socket.recovered, true);
            await ada.next('participant-connection', ({ isAlive }) => isAlive);
            assert.equal(client.socket.id, id);
            await client.hears(said);
            await say(`afterwards ${round}`);
            await client.hears(said);
          }
          const answer = await client.socket.emitWithAck('send-message', 'everyone', 'still here');
          assert.equal(answer.data.from, participantId);
          await ada.next('new-room-message', ({ content }) => content === 'still here');
          await room.quiet();
          client.socket.disconnect();
          await ada.next('participant-left', (left) => left === participantId);
        }),
      );
    }
  }

  promise('and did not ask comes back as a new one', (scope) =>
    withReturning(scope, TRANSPORTS.websocket, async (client) => {
      await client.connect();
      const { id } = client.socket;
      await client.lose();
      await client.connect();
      assert.ok(!client.socket.recovered);
      assert.notEqual(client.socket.id, id);
    }),
  );
});

const SHORT = { flags: { edge: { 'reconnect-grace': '300ms' }, room: { 'reconnect-grace': '300ms' } } };

suite('A client that stays away for longer than --reconnect-grace', SHORT, (promise) => {
  promise('has left, and comes back as a new one', (scope) =>
    withReturning(scope, { ...TRANSPORTS.websocket, auth: { recover: true } }, async (client) => {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      await client.connect();
      const participantId = await client.join(room.id);
      const { id } = client.socket;
      await client.lose();
      await ada.next('participant-left', (left) => left === participantId);
      await client.connect();
      assert.ok(!client.socket.recovered);
      assert.notEqual(client.socket.id, id);
      assert.notEqual(await client.join(room.id), participantId);
    }),
  );
});

const LATE = {
  flags: { edge: { 'reconnect-grace': '300ms', workers: 1 }, room: { 'reconnect-grace': '300ms' } },
};

suite('A client that is lost before it is let in', LATE, (promise, parley) => {
  promise('has left like everybody who stays away', (scope) =>
    withReturning(scope, { ...TRANSPORTS.websocket, auth: { recover: true } }, async (client) => {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      await client.connect();
      await parley.room.freeze();
      try {
        client.socket.emit('create-room');
        client.socket.emit('join-room', room.id, 'Bea');
        await client.lose();
        // By the time it has answered this often, its only worker knows.
        for (let i = 0; i < 3; ++i) await get(parley.url, '/healthz');
      } finally {
        parley.room.thaw();
      }
      const [{ id }] = await ada.next('new-participant');
      await ada.next('participant-left', (left) => left === id);
    }),
  );
});

const ELSEWHERE = {
  flags: {
    edge: { 'event-rate-per-socket': 0 },
    messaging: { 'message-rate': 0 },
    room: { 'edge-lease': '60s' },
  },
};

suite('A client whose edge is gone', ELSEWHERE, (promise, parley) => {
  const startEdge = () =>
    new Process('edge', {
      'room-service-address': parley.room.endpoints.grpc,
      'messaging-service-address': parley.messaging.endpoints.grpc,
    }).start();

  /** Somebody in a room who lives on an edge of its own, besides Ada, who stays. */
  const settle = async (scope, options, body) => {
    const edges = [await startEdge()];
    const urlOf = (edge) => `http://${edge.endpoints.http}`;
    const client = new Returning(urlOf(edges[0]), { ...options, auth: { recover: true } });
    try {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      await client.connect();
      const id = await client.join(room.id);
      await ada.next('new-participant', (info) => info.id === id);
      const said = [];
      const say = async (content) => {
        await ada.get('send-message', 'everyone', content);
        said.push(content);
      };
      const moveTo = async (edge) => {
        if (!edges.includes(edge)) edges.push(edge);
        client.socket.io.uri = urlOf(edge);
        await client.connect();
      };
      await say('before');
      await client.hears(said);
      await body({ client, room, ada, id, said, say, moveTo, edges });
    } finally {
      client.socket.close();
      for (const edge of edges) edge.child.kill('SIGKILL');
    }
  };

  const away = (client) => guarded(once(client.socket, 'disconnect'), () => 'the client to notice');

  /** One more attempt of the same client to come back, as when it gives up another one that is still under way. */
  const attempt = async ({ socket: { _pid, _lastOffset } }, edge) => {
    const other = new Returning(`http://${edge.endpoints.http}`, {
      ...TRANSPORTS.websocket,
      auth: { recover: true },
    });
    // What the client's library would send along by itself.
    Object.assign(other.socket, { _pid, _lastOffset });
    // An edge closes it when it hears of a later one meanwhile.
    const ends = ['connect', 'disconnect'].map((name) => once(other.socket, name));
    other.socket.connect();
    await guarded(Promise.race(ends), () => 'the attempt to end');
    return other;
  };

  for (const [transport, options] of Object.entries(TRANSPORTS)) {
    promise(`is recovered by others, one after the other, and has missed nothing: by ${transport}`, (scope) =>
      settle(scope, options, async ({ client, ada, id, said, say, moveTo }) => {
        const socketId = client.socket.id;
        for (let round = 0; round < 3; ++round) {
          const names = [];
          client.socket.once('participant-changed-name', (...args) => names.push(args.slice(0, 2)));
          await client.lose();
          await ada.next('participant-connection', ({ isAlive }) => !isAlive);
          for (let i = 0; i < 5; ++i) await say(`while away ${round}.${i}`);
          await ada.get('update-name', `Ada ${round}`);
          await moveTo(await startEdge());
          assert.equal(client.socket.recovered, true);
          assert.equal(client.socket.id, socketId);
          await ada.next('participant-connection', (info) => info.isAlive && info.id === id);
          await client.hears(said);
          assert.deepEqual(names, [[ada.id, `Ada ${round}`]]);
          await say(`afterwards ${round}`);
          await client.hears(said);
          const answer = await client.socket.emitWithAck('send-message', 'everyone', 'still here');
          assert.equal(answer.data.from, id);
          await ada.next('new-room-message', ({ content }) => content === 'still here');
        }
        client.socket.disconnect();
        assert.deepEqual(await ada.next('participant-left'), [id]);
      }),
    );
  }

  promise('by kill -9 is recovered by the one that takes its place', (scope) =>
    settle(scope, TRANSPORTS.websocket, async ({ client, ada, id, said, say, moveTo, edges }) => {
      for (let round = 0; round < 3; ++round) {
        const [edge] = edges;
        const lost = away(client);
        edge.child.kill('SIGKILL');
        await edge.ended;
        await lost;
        await say(`while away ${round}`);
        await edge.start();
        await moveTo(edge);
        assert.equal(client.socket.recovered, true);
        await client.hears(said);
        await say(`afterwards ${round}`);
        await client.hears(said);
      }
      client.socket.disconnect();
      assert.deepEqual(await ada.next('participant-left'), [id]);
    }),
  );

  promise('is told of no direct message between others that it missed, but of its own', (scope) =>
    settle(scope, TRANSPORTS.websocket, async ({ client, room, ada, id, moveTo }) => {
      const direct = [];
      client.socket.on('new-direct-message', ({ content }) => direct.push(content));
      const eve = await scope.client();
      await eve.join(room.id, 'Eve');
      await ada.next('new-participant');
      await client.lose();
      await ada.get('send-message', eve.id, 'not for you');
      await ada.get('send-message', id, 'for you');
      await moveTo(await startEdge());
      assert.equal(client.socket.recovered, true);
      // Replayed before the client was told that it is back.
      assert.deepEqual(direct, ['for you']);
      client.socket.disconnect();
      await ada.next('participant-left', (left) => left === id);
    }),
  );

  for (const [missed, recovered] of [
    [1_000, true],
    [1_100, false],
  ]) {
    const then = recovered ? 'is told all of them' : 'begins anew';
    promise(`and that has missed ${missed} messages ${then}`, (scope) =>
      settle(scope, TRANSPORTS.websocket, async ({ client, ada, said, moveTo }) => {
        await client.lose();
        const contents = Array.from({ length: missed }, (_, i) => `while away ${i}`);
        for (const [i, content] of contents.entries()) {
          // So many at once as no client is disconnected for.
          if ((i + 1) % 100 === 0) await ada.get('send-message', 'everyone', content);
          else ada.tell('send-message', 'everyone', content);
        }
        await moveTo(await startEdge());
        assert.equal(Boolean(client.socket.recovered), recovered);
        await client.hears(recovered ? [...said, ...contents] : said);
      }),
    );
  }

  promise('begins anew when its room is no more', (scope) =>
    settle(scope, TRANSPORTS.websocket, async ({ client, ada, moveTo }) => {
      const { id } = client.socket;
      await client.lose();
      await ada.next('participant-connection', ({ isAlive }) => !isAlive);
      await ada.get('leave');
      await moveTo(await startEdge());
      assert.ok(!client.socket.recovered);
      assert.notEqual(client.socket.id, id);
    }),
  );

  for (const [way, by] of Object.entries({ 'its own edge': 0, 'the edge of that attempt': 1, 'a third edge': 2 })) {
    promise(`may come back by ${way} when an attempt that it had given up takes effect late`, (scope) =>
      settle(scope, TRANSPORTS.websocket, async ({ client, ada, id, said, say, moveTo, edges }) => {
        edges.push(await startEdge(), await startEdge());
        const socketId = client.socket.id;
        const lost = away(client);
        const late = await attempt(client, edges[1]);
        try {
          assert.ok(late.socket.recovered);
          assert.deepEqual((await lost)[0], 'transport close', 'and it was not sent away');
          await say('in between');
          const lateLost = away(late);
          await moveTo(edges[by]);
          assert.ok(client.socket.recovered);
          assert.equal(client.socket.id, socketId);
          assert.deepEqual((await lateLost)[0], 'transport close');
          await say('afterwards');
          await client.hears(said);
          client.socket.disconnect();
          await ada.next('participant-left', (left) => left === id);
        } finally {
          late.socket.close();
        }
      }),
    );
  }

  promise('has one place in the end when it comes back by two others at once', (scope) =>
    settle(scope, TRANSPORTS.websocket, async ({ client, say, edges }) => {
      edges.push(await startEdge(), await startEdge());
      await client.lose();
      let last = { client, edge: edges[0] };
      for (let round = 0; round < 10; ++round) {
        const others = edges.filter((edge) => edge !== last.edge);
        const attempts = await Promise.all(
          others.map(async (edge) => ({ edge, client: await attempt(last.client, edge) })),
        );
        try {
          const placed = () => attempts.filter(({ client: { socket } }) => socket.connected && socket.recovered);
          await until('one of both has the place', () => placed().length === 1);
          [last] = placed();
          await say(`round ${round}`);
          await until('it hears the room', () => last.client.heard.includes(`round ${round}`));
        } finally {
          for (const one of attempts) one.client.socket.io.engine.close();
        }
      }
    }),
  );

  promise("is not let in with another's bookmark", (scope) =>
    settle(scope, TRANSPORTS.websocket, async ({ client, room, ada, moveTo }) => {
      const thief = new Returning(client.socket.io.uri, { ...TRANSPORTS.websocket, auth: { recover: true } });
      try {
        await thief.connect();
        const thiefId = await thief.join(room.id);
        await thief.lose();
        await ada.next('participant-connection', (info) => info.id === thiefId && !info.isAlive);
        const { id } = thief.socket;
        // What the client's library would send along by itself, with somebody else's position.
        thief.socket._lastOffset = client.socket._lastOffset;
        await client.lose();
        await moveTo(await startEdge());
        assert.equal(client.socket.recovered, true);
        thief.socket.io.uri = client.socket.io.uri;
        await thief.connect();
        assert.ok(!thief.socket.recovered);
        assert.notEqual(thief.socket.id, id);
        const answer = await thief.socket.emitWithAck('send-message', 'everyone', 'I am somebody else');
        assert.equal(answer.success, false);
      } finally {
        thief.socket.close();
      }
    }),
  );
});

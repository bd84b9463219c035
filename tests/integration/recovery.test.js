// Coming back by Socket.IO's connection state recovery, with the official client.
import assert from 'node:assert/strict';
import { once } from 'node:events';

import { io } from 'socket.io-client-v4';

import { suite } from './support/suite.js';
import { guarded } from './support/wait.js';

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

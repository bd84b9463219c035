// What the official clients make of the library below the edge: binary data, answers in both directions, namespaces
// and disconnection, with the server that the conformance tests use.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { EchoServer } from '../conformance/support/suite.js';
import { KINDS, kindName, openSocket } from './support/clients.js';
import { guarded } from './support/wait.js';

const BYTES = Buffer.from('00010203fffe', 'hex');

const server = new EchoServer({});
before(() => server.start());
after(() => server.stop());

for (const kind of KINDS) {
  describe(kindName(kind), () => {
    const heard = (socket, event) => {
      const arrival = new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
      return guarded(arrival, () => `${event} at ${kindName(kind)}`);
    };
    const emitted = (socket, ...event) => {
      const answer = new Promise((resolve) => socket.emit(...event, (...args) => resolve(args)));
      return guarded(answer, () => `the answer to ${event[0]} at ${kindName(kind)}`);
    };
    const promise = (title, body) => {
      it(title, { timeout: 60_000 }, async () => {
        const sockets = [];
        const open = (namespace = '', options = {}) => {
          sockets.push(openSocket(`http://${server.address}${namespace}`, kind, options));
          return sockets.at(-1);
        };
        try {
          await body(open);
        } finally {
          for (const socket of sockets) socket.close();
        }
      });
    };

    promise('sends and hears binary data among other arguments, in order', async (open) => {
      const socket = open();
      await heard(socket, 'connect');
      const back = heard(socket, 'message-back');
      socket.emit('message', 'before', BYTES, { deep: [BYTES, 1] }, 'after');
      const [before, bytes, { deep }, after] = await back;
      assert.deepEqual([before, after, deep[1]], ['before', 'after', 1]);
      for (const one of [bytes, deep[0]]) assert.deepEqual(Buffer.from(one), BYTES);
    });

    promise('is answered, and answers, also with binary data', async (open) => {
      const socket = open();
      await heard(socket, 'connect');
      assert.deepEqual(await emitted(socket, 'message-with-ack', 1, '2', [3]), [1, '2', [3]]);
      const [answer] = await emitted(socket, 'message-with-ack', BYTES);
      assert.deepEqual(Buffer.from(answer), BYTES);

      socket.on('question', (question, answer) => answer(question, 'and more'));
      const answered = heard(socket, 'answered');
      socket.emit('ask-me', BYTES);
      const [again, more] = await answered;
      assert.deepEqual(Buffer.from(again), BYTES);
      assert.equal(more, 'and more');
    });

    promise('may offer subprotocols', async (open) => {
      const socket = open('', { protocols: ['chat.v2', 'chat.v1'] });
      await heard(socket, 'connect');
      const { engine } = socket.io;
      if (kind.transport === 'upgrade' && engine.transport.name === 'polling') {
        await guarded(new Promise((resolve) => engine.once('upgrade', resolve)), () => 'the upgrade');
      }
      assert.equal(engine.transport.name, kind.transport === 'polling' ? 'polling' : 'websocket');
      assert.deepEqual(await emitted(socket, 'message-with-ack', 'hello'), ['hello']);
    });

    promise('uses a second namespace on the same connection', async (open) => {
      const socket = open('/custom');
      await heard(socket, 'connect');
      assert.deepEqual(await emitted(socket, 'message-with-ack', 'custom'), ['custom']);
    });

    promise('is told that a namespace does not exist', async (open) => {
      const socket = open('/nowhere');
      const [refusal] = await heard(socket, kind.version <= 2 ? 'error' : 'connect_error');
      assert.equal(refusal.message, 'Invalid namespace');
    });

    if (kind.version >= 3) {
      promise('is told that what it presents is of no use, and may try again', async (open) => {
        const deep = JSON.parse('['.repeat(40) + ']'.repeat(40));
        for (const auth of [{ deep }, { name: '\ud83d' }]) {
          const socket = open('', { auth });
          const [refusal] = await heard(socket, 'connect_error');
          assert.equal(refusal.data.code, 'INVALID_REQUEST');
          socket.auth = {};
          socket.connect();
          await heard(socket, 'connect');
        }
      });
    }

    promise('reports "io server disconnect" when the server disconnects it', async (open) => {
      for (const closesConnection of [false, true]) {
        const socket = open();
        await heard(socket, 'connect');
        const lost = heard(socket, 'disconnect');
        socket.emit('disconnect-me', closesConnection);
        assert.equal((await lost)[0], 'io server disconnect');
      }
    });
  });
}

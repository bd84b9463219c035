// How every generation of the official client takes the end of its connection: the reason that it reports, and
// whether it comes back by itself.
import assert from 'node:assert/strict';

import { KINDS, kindName } from './support/clients.js';
import { suite } from './support/suite.js';
import { guarded } from './support/wait.js';

const RECONNECTING = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };

/** A client of each kind that comes back by itself; `reason` and `back` are promises of its first loss. */
async function clientsOfEachKind(scope) {
  const clients = await Promise.all(
    KINDS.map(async (kind) => {
      const client = await scope.client({ ...kind, options: RECONNECTING });
      if (kind.transport === 'upgrade') await client.upgraded();
      client.closing = true;
      client.reason = guarded(client.lost, () => `${kindName(kind)} to lose its connection`);
      const back = client.lost.then(() => new Promise((resolve) => client.socket.once('connect', resolve)));
      client.back = guarded(back, () => `${kindName(kind)} to come back`);
      client.back.catch(() => {});
      return client;
    }),
  );
  // By the time the edge has answered this, it holds the polls that followed the answers before.
  await scope.parley.ready();
  return clients;
}

/** Insists on what each client reports, and that it comes back and is served. */
async function assertComeBack(clients, reasonOf) {
  const reported = await Promise.all(clients.map(async (client) => [kindName(client), await client.reason]));
  const expected = clients.map((client) => [kindName(client), reasonOf(client)]);
  assert.deepEqual(reported, expected);
  for (const client of clients) {
    await client.back;
    const { id } = await client.get('create-room');
    await client.join(id, 'Back');
  }
}

suite('A client that asks while a service is started anew', {}, (promise, parley) => {
  const EVENTS = {
    'send-message': (client) => client.get('send-message', 'everyone', 'hello'),
    'update-name': (client) => client.get('update-name', 'Another'),
    'create-room': (client) => client.get('create-room'),
  };
  for (const [event, ask] of Object.entries(EVENTS)) {
    for (const service of ['room', 'messaging']) {
      promise(`notices a pause at most: ${event} while ${service}-service is away`, async (scope) => {
        const room = await scope.room('Ada');
        const [ada] = room.members;
        const process = parley[service];
        process.child.kill('SIGKILL');
        await process.ended;
        const answers = Array.from({ length: 5 }, () => ask(ada));
        await process.start();
        await Promise.all(answers);
        await parley.ready();
        const { messages } = await scope.client().then((late) => late.join(room.id, 'Late'));
        assert.equal(messages.length, event === 'send-message' ? 5 : 0, 'each took effect once');
      });
    }
  }

  promise('and joins is in the room once, whatever became of the first call', async (scope) => {
    const { id } = await scope.client().then((client) => client.get('create-room'));
    const host = await scope.client();
    await host.join(id, 'Host');
    for (let round = 0; round < 5; ++round) {
      const joiner = await scope.client();
      const joining = joiner.join(id, `Joiner ${round}`);
      parley.room.child.kill('SIGKILL');
      await parley.room.ended;
      await parley.room.start();
      await joining;
      await parley.ready();
      const observer = await scope.client();
      const { participants } = await observer.join(id, 'Observer');
      const alive = participants.filter(({ name, isAlive }) => isAlive && name.startsWith('Joiner'));
      assert.equal(alive.length, round + 1);
      await observer.get('leave');
    }
  });
});

suite('A client whose edge', {}, (promise, parley) => {
  promise('stops is told so by "transport close", and comes back to the next one', async (scope) => {
    const clients = await clientsOfEachKind(scope);
    const reasons = Promise.all(clients.map(({ reason }) => reason));
    await parley.edge.stop();
    await reasons;
    await parley.edge.start();
    await parley.ready();
    await assertComeBack(clients, () => 'transport close');
  });

  promise('crashes reports what its transport sees of that, and comes back', async (scope) => {
    const clients = await clientsOfEachKind(scope);
    parley.edge.child.kill('SIGKILL');
    await parley.edge.ended;
    await Promise.all(clients.map(({ reason }) => reason));
    await parley.edge.start();
    await parley.ready();
    const polls = ({ transport }) => transport === 'polling';
    await assertComeBack(clients, (client) => (polls(client) ? 'transport error' : 'transport close'));
  });

  promise('goes on is not left: whoever leaves by itself stays away', async (scope) => {
    for (const kind of KINDS) {
      const room = await scope.room('Ada', { ...kind, name: 'Bea', options: RECONNECTING });
      const [ada, bea] = room.members;
      bea.close();
      assert.equal(await bea.lost, 'io client disconnect');
      assert.deepEqual(await ada.next('participant-left'), [bea.id]);
      room.members = [ada];
      await room.quiet();
      assert.equal(bea.socket.connected, false);
    }
  });
});

const QUICK = { flags: { edge: { 'ping-interval': '500ms', 'ping-timeout': '1s' } } };

suite('A client whose edge hangs', QUICK, (promise, parley) => {
  promise('reports "ping timeout", and comes back when the edge goes on', async (scope) => {
    const clients = await clientsOfEachKind(scope);
    await parley.edge.freeze();
    try {
      await Promise.all(clients.map(({ reason }) => reason));
    } finally {
      parley.edge.thaw();
    }
    await assertComeBack(clients, () => 'ping timeout');
  });
});

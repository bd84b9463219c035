// Losing a connection and coming back: as who one was, to the same edge or another, and what the others see.
import assert from 'node:assert/strict';

import { Client } from './support/clients.js';
import { Process } from './support/processes.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';
import { Wire } from './support/wire.js';

const KINDS = [
  { version: 2, transport: 'websocket' },
  { version: 2, transport: 'polling' },
  { version: 4, transport: 'websocket' },
  { version: 4, transport: 'polling' },
];

/** Comes back with a new socket, as the participant that `lost` was. */
async function comeBack(scope, lost, roomId, url = scope.parley.url) {
  const back = await Client.connect(url, { version: lost.version, transport: lost.transport });
  scope.clients.push(back);
  const answer = await back.get('join-room', roomId, null, { participant: lost.credentials });
  const [summary] = await back.next('room-summary');
  assert.deepEqual(answer.summary, summary);
  back.become(summary);
  return back;
}

const aliveOf = (summary, id) => summary.participants.find((participant) => participant.id === id).isAlive;

suite('A participant whose connection breaks', {}, (promise) => {
  for (const kind of KINDS) {
    const name = `socket.io-client ${kind.version} by ${kind.transport}`;

    promise(`is waited for, and comes back with its id and key: ${name}`, async (scope) => {
      const room = await scope.room('Ada', kind);
      const [ada, lost] = room.members;
      const before = await ada.get('send-message', 'everyone', 'before');
      await lost.next('new-room-message');
      lost.cut();
      assert.deepEqual(await ada.next('participant-connection'), [{ id: lost.id, isAlive: false }]);
      const missed = await ada.get('send-message', 'everyone', 'missed');
      const direct = await ada.get('send-message', lost.id, 'missed, too');
      const late = await scope.client();
      await late.join(room.id, 'Late');
      await ada.next('new-participant');
      assert.equal(aliveOf(late.summary, lost.id), false, 'whoever joins meanwhile sees that it is away');

      const back = await comeBack(scope, lost, room.id);
      assert.equal(back.id, lost.id);
      assert.equal(back.key, lost.key);
      assert.deepEqual(back.summary.messages, [before, missed, direct], 'it is told what it missed');
      assert.equal(aliveOf(back.summary, back.id), true);
      for (const other of [ada, late]) {
        assert.deepEqual(await other.next('participant-connection'), [{ id: lost.id, isAlive: true }]);
      }
      room.members = [ada, back, late];
      const answer = await back.get('send-message', 'everyone', 'here again');
      assert.equal(answer.from, lost.id);
      await ada.next('new-room-message');
      await late.next('new-room-message');
      await room.quiet();
    });
  }

  promise('stays the host if it was', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    ada.cut();
    await bea.next('participant-connection');
    const back = await comeBack(scope, ada, room.id);
    await bea.next('participant-connection');
    assert.equal(back.summary.participants.find(({ isMe }) => isMe).isHost, true);
    room.members = [back, bea];
    await room.quiet();
  });

  promise('may move to another connection, upon which the first one is closed', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    bea.closing = true;
    const back = await comeBack(scope, bea, room.id);
    assert.equal(await bea.lost, 'io server disconnect', 'and does not come back by itself');
    room.members = [ada, back];
    await room.quiet();
  });

  promise('is only given its place for the right key', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    const other = await scope.client();
    const participant = { id: bea.id, key: ada.key };
    await other.refusal('join-room', [room.id, null, { participant }], 403, { code: 'KEY_MISMATCH' });
    const unknown = { id: '00000000-0000-4000-8000-000000000000', key: ada.key };
    await other.refusal('join-room', [room.id, null, { participant: unknown }], 404, {
      code: 'PARTICIPANT_NOT_FOUND',
    });
    for (const bad of [{ participant: 1 }, { participant: {} }, { participant: { id: bea.id } }]) {
      await other.refusal('join-room', [room.id, null, bad], 400);
    }
    for (const name of ['error', 'error-event']) for (let i = 0; i < 5; ++i) await other.next(name);
    await room.quiet(other);
  });

  promise('has left at once when it said goodbye', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    bea.close();
    assert.deepEqual(await ada.nextIs('participant-left'), [bea.id]);
  });
});

const AT_ONE_WORKER = { flags: { edge: { workers: 1, 'rpc-timeout': '500ms' } } };

suite('A participant among others', AT_ONE_WORKER, (promise, parley) => {
  promise('moves to another connection while the others are told of it', async (scope) => {
    const room = await scope.room('Ada', 'Bea', 'Cyd');
    const [ada, bea, cyd] = room.members;
    bea.closing = true;
    const back = await comeBack(scope, bea, room.id);
    assert.equal(await bea.lost, 'io server disconnect');
    room.members = [ada, cyd, back];
    await room.quiet();
  });

  promise('is waited for still when it could not come back because a service hung', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    bea.cut();
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: false }]);
    const other = await scope.client();
    other.closing = true;
    await parley.messaging.freeze();
    try {
      await other.refusal('join-room', [room.id, null, { participant: bea.credentials }], 503);
    } finally {
      parley.messaging.thaw();
    }
    await other.lost;
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: true }]);
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: false }]);
    const back = await comeBack(scope, bea, room.id);
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: true }]);
    room.members = [ada, back];
    await room.quiet();
  });
});

suite('A participant whose edge is not answered', {}, (promise, parley) => {
  promise('is waited for still when it came back without learning it', async (scope) => {
    const wire = new Wire(parley.room.endpoints.grpc);
    const edge = new Process('edge', {
      'room-service-address': await wire.start(),
      'messaging-service-address': parley.messaging.endpoints.grpc,
      'rpc-timeout': '500ms',
    });
    await edge.start();
    const clientThere = async () => {
      const client = await Client.connect(`http://${edge.endpoints.http}`);
      scope.clients.push(client);
      return client;
    };
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    // So that the edge follows the room already.
    const cyd = await room.enter({ client: await clientThere(), name: 'Cyd' });
    bea.cut();
    assert.deepEqual(await ada.next('participant-connection'), [{ id: bea.id, isAlive: false }]);
    const other = await clientThere();
    other.closing = true;
    wire.mute();
    const refused = other.refusal('join-room', [room.id, null, { participant: bea.credentials }], 503);
    assert.deepEqual(await ada.next('participant-connection'), [{ id: bea.id, isAlive: true }]);
    await refused;
    await guarded(other.lost, () => 'the connection to end');
    wire.heal();
    assert.deepEqual(await ada.next('participant-connection'), [{ id: bea.id, isAlive: false }]);
    const back = await comeBack(scope, bea, room.id);
    assert.deepEqual(await ada.next('participant-connection'), [{ id: bea.id, isAlive: true }]);
    back.close();
    await ada.next('participant-left', (left) => left === bea.id);
    cyd.closing = true;
    await edge.stop();
  });
});

suite('A participant who could not leave', {}, (promise, parley) => {
  promise('loses its connection, and can come back to leave', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    bea.closing = true;
    parley.room.child.kill('SIGKILL');
    await parley.room.ended;
    await bea.refusal('leave', [], 503);
    await bea.lost;
    await parley.room.start();
    await parley.ready();
    const back = await comeBack(scope, bea, room.id);
    room.members = [ada, back];
    await room.depart(back);
  });
});

suite('A participant who has left', {}, (promise, parley) => {
  promise('is still called by its name when messaging-service was killed since', async (scope) => {
    const room = await scope.room('Ada', 'Bea', 'Cyd');
    const [ada, bea, cyd] = room.members;
    await bea.get('send-message', 'everyone', 'said before leaving');
    await ada.get('send-message', cyd.id, 'said to one who leaves');
    await room.depart(bea);
    await room.depart(cyd);
    parley.messaging.child.kill('SIGKILL');
    await parley.messaging.ended;
    await parley.messaging.start();
    await parley.ready();
    const namesFor = ({ participants }) =>
      participants.filter(({ isAlive }) => !isAlive).map(({ id, name }) => ({ id, name }));
    const late = await room.enter('Late');
    assert.deepEqual(namesFor(late.summary), [{ id: bea.id, name: 'Bea' }]);
  });
});

const SHORT_GRACE = { flags: { room: { 'reconnect-grace': '2s' } } };

suite('A participant who is waited for', SHORT_GRACE, (promise, parley) => {
  const outages = {
    'hangs for': async (service, meanwhile) => {
      await service.freeze();
      try {
        await meanwhile();
      } finally {
        service.thaw();
      }
    },
    'is away for': async (service, meanwhile) => {
      service.child.kill('SIGKILL');
      await service.ended;
      await meanwhile();
      await service.start();
    },
  };
  for (const [what, outage] of Object.entries(outages)) {
    promise(`can still come back when room-service ${what} longer than --reconnect-grace`, async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      bea.cut();
      const lostAt = Date.now();
      assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: false }]);
      const tooLate = () => until('the grace is over', () => Date.now() - lostAt > 3_000);
      await outage(parley.room, tooLate);
      await parley.ready();
      const back = await comeBack(scope, bea, room.id);
      assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: true }]);
      room.members = [ada, back];
      await room.quiet();
    });
  }
});

suite('A participant who does not come back', { flags: { room: { 'reconnect-grace': '300ms' } } }, (promise) => {
  promise('has left after --reconnect-grace, once', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    bea.cut();
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: false }]);
    assert.deepEqual(await ada.nextIs('participant-left'), [bea.id]);
    room.members = [ada];
    await room.quiet();
    const late = await scope.client();
    const participant = bea.credentials;
    await late.refusal('join-room', [room.id, null, { participant }], 404, { code: 'PARTICIPANT_NOT_FOUND' });
  });

  promise('takes its room along if it was the host', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    ada.cut();
    await bea.nextIs('participant-connection');
    await bea.nextIs('participant-left');
    await bea.nextIs('destroy');
    await bea.nextIs('destory');
  });
});

const TWO_EDGES = { flags: { room: { 'edge-lease': '2s' } } };

suite('With more than one edge', TWO_EDGES, (promise, parley) => {
  const startEdge = () =>
    new Process('edge', {
      'room-service-address': parley.room.endpoints.grpc,
      'messaging-service-address': parley.messaging.endpoints.grpc,
    }).start();

  const clientOf = async (scope, edge) => {
    const client = await Client.connect(`http://${edge.endpoints.http}`);
    scope.clients.push(client);
    return client;
  };

  promise('a participant comes back by another one when its own is killed, and others leave once', async (scope) => {
    const edge = await startEdge();
    const room = await scope.room('Ada');
    const [ada] = room.members;
    const mover = await room.enter({ client: await clientOf(scope, edge), name: 'Mover' });
    const loser = await room.enter({ client: await clientOf(scope, edge), name: 'Loser' });
    for (const client of [mover, loser]) client.closing = true;
    edge.child.kill('SIGKILL');
    await edge.ended;
    const back = await comeBack(scope, mover, room.id);
    assert.equal(back.id, mover.id);
    assert.deepEqual(await ada.nextIs('participant-left'), [loser.id]);
    assert.deepEqual(await back.nextIs('participant-left'), [loser.id]);
    room.members = [ada, back];
    await room.quiet();
  });

  promise('an edge that is stopped sends its clients to another, and nobody has left', async (scope) => {
    const edge = await startEdge();
    const room = await scope.room('Ada');
    const [ada] = room.members;
    const mover = await room.enter({ client: await clientOf(scope, edge), name: 'Mover' });
    mover.closing = true;
    await edge.stop();
    await mover.lost;
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: mover.id, isAlive: false }]);
    const back = await comeBack(scope, mover, room.id);
    assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: mover.id, isAlive: true }]);
    room.members = [ada, back];
    await room.quiet();
  });

  promise('an edge that hangs for longer than its lease finds its participants given up', async (scope) => {
    const edge = await startEdge();
    const room = await scope.room('Ada');
    const [ada] = room.members;
    const frozen = await room.enter({ client: await clientOf(scope, edge), name: 'Frozen' });
    frozen.closing = true;
    await edge.freeze();
    assert.deepEqual(await ada.nextIs('participant-left'), [frozen.id]);
    edge.thaw();
    await frozen.lost;
    await edge.stop();
    room.members = [ada];
    await room.quiet();
  });
});

suite('Services that are killed', {}, (promise, parley) => {
  promise('forget nothing that was acknowledged, and nobody leaves for it', async (scope) => {
    const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
    const [ada, bea] = room.members;
    const said = [];
    for (let round = 0; round < 3; ++round) {
      said.push(await ada.get('send-message', 'everyone', `before ${round}`));
      await bea.next('new-room-message');
      await ada.get('update-name', `Ada ${round}`);
      await bea.next('participant-changed-name');
      for (const service of [parley.messaging, parley.room]) {
        service.child.kill('SIGKILL');
        await service.ended;
        await service.start();
      }
      await parley.ready();
    }
    const { messages, participants } = await room.quiet();
    assert.deepEqual(messages, said);
    assert.deepEqual(participants.map(({ name }) => name).sort(), ['Ada 2', 'Bea']);
  });
});

// Consumers who don't take what they are sent: they are let go of, and nobody else has to wait for them.
import assert from 'node:assert/strict';

import { Client } from './support/clients.js';
import { residentMib } from './support/memory.js';
import { metric } from './support/metrics.js';
import { Process } from './support/processes.js';
import { RawPolling, RawWebSocket } from './support/raw.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

const MEMBERS = 99;
/** At least; the kernel takes some megabytes for a client that doesn't read before the edge notices. */
const MESSAGES = 200;
const CONTENT = '漢'.repeat(3990);
const MARGIN_MIB = 40;

const SLOW = 'parley_edge_sessions_closed_total{reason="slow consumer"}';

/** The id of the participant whom a summary is for. */
const idIn = (packets) => /"myId":"([^"]+)"/.exec(packets)?.[1];

/** Clients that join and take nothing any more from then on; each returns its participant's id. */
const STUCK = {
  'that reads no more of its WebSocket': async (url, roomId) => {
    const websocket = await RawWebSocket.connect(url);
    websocket.send(`42["join-room","${roomId}","Stuck"]`);
    const id = await until('it has joined', async () => idIn(await websocket.next()));
    websocket.connection.socket.pause();
    return { id, close: () => websocket.close() };
  },
  'that polls no more': async (url, roomId) => {
    const polling = await RawPolling.connect(url);
    await polling.post(`42["join-room","${roomId}","Stuck"]`);
    const id = await until('it has joined', async () => idIn((await polling.poll()).text));
    return { id, close: () => polling.poll() };
  },
};

const BUSY = {
  room: { 'reconnect-grace': 0 },
  // However slow the machine is, silence isn't what the client is closed for.
  edge: { 'max-socket-queue-size': 500_000, 'event-rate-per-socket': 0, 'ping-timeout': '5m' },
  messaging: { 'message-rate': 0 },
};

suite('In a busy room a client', { flags: BUSY }, (promise, parley) => {
  for (const [name, join] of Object.entries(STUCK)) {
    promise(
      `${name} is closed as a slow consumer, and the others get every message in order`,
      async (scope) => {
        const kinds = Array.from({ length: MEMBERS }, (_, number) => ({
          version: [2, 3, 4][number % 3],
          transport: number % 10 === 9 ? 'polling' : 'websocket',
        }));
        const room = await scope.room(...kinds);
        const stuck = await join(parley.url, room.id);
        for (const member of room.members)
          assert.equal((await member.next('new-participant'))[0].id, stuck.id);
        const counted = await metric(parley.url, SLOW);
        const resident = residentMib(parley.edge);

        const [speaker, ...listeners] = room.members;
        const gone = () => speaker.inbox.some((event) => event.name === 'participant-left');
        for (let number = 0; number < MESSAGES || !gone(); number += 10) {
          assert.ok(number < 5000, 'the stuck client is not noticed');
          const contents = Array.from({ length: 10 }, (_, at) => `${number + at} ${CONTENT}`);
          const said = await Promise.all(
            contents.map((content) => speaker.get('send-message', 'everyone', content)),
          );
          // In step with those who do read, or they would be too slow as well.
          for (const listener of listeners) {
            for (const message of said) assert.deepEqual(await listener.next('new-room-message'), [message]);
          }
        }

        for (const member of room.members)
          assert.deepEqual(await member.next('participant-left'), [stuck.id]);
        assert.equal(await metric(parley.url, SLOW), counted + 1);
        const grown = residentMib(parley.edge) - resident;
        scope.diagnose(`edge: grown by ${grown.toFixed(1)} MiB`);
        assert.ok(grown < MARGIN_MIB, `the edge has grown by ${grown.toFixed(1)} MiB`);
        for (const member of room.members) member.assertNothingElse();
        await stuck.close();
      },
    );
  }
});

/** Twice what a service keeps for a stream that isn't read. */
const BACKLOG_MESSAGES = 2_700;

suite('An edge', { flags: { messaging: { 'message-rate': 0 } } }, (promise, parley) => {
  promise('that stood still while a room said more than is kept for it tells its clients all of it', async (scope) => {
    const edge = await new Process('edge', {
      'room-service-address': parley.room.endpoints.grpc,
      'messaging-service-address': parley.messaging.endpoints.grpc,
      'max-socket-queue-size': 2 * BACKLOG_MESSAGES * CONTENT.length * 3,
      'ping-timeout': '5m',
    }).start();
    try {
      const room = await scope.room('Ada');
      const [ada] = room.members;
      const client = await Client.connect(`http://${edge.endpoints.http}`);
      scope.clients.push(client);
      const far = await room.enter({ client, name: 'Far' });
      await edge.freeze();
      const said = [];
      while (said.length < BACKLOG_MESSAGES) {
        const contents = Array.from({ length: 50 }, (_, at) => `${said.length + at} ${CONTENT}`);
        said.push(
          ...(await Promise.all(contents.map((content) => ada.get('send-message', 'everyone', content)))),
        );
      }
      edge.thaw();
      for (const message of said) assert.deepEqual(await far.next('new-room-message'), [message]);
      await until('the service has cut the edge off, for being behind', () =>
        edge.log.some((line) => line.includes('calls broken')),
      );
      far.closing = true;
    } finally {
      await edge.stop();
    }
  });
});

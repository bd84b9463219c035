// The services behind the edge, called by hand as a person with buf or grpcurl would.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { BufCurl, call, callError, listMethods } from './support/buf.js';
import { Process } from './support/processes.js';
import { KEY, md5, ROOM_ID, UUID } from './support/shapes.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

const ROOMS = 'parley.room.v1.RoomService';
const MESSAGES = 'parley.messaging.v1.MessagingService';
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A message that has nothing but short texts, by their field numbers, in the wire format. */
function encode(fields) {
  const parts = Object.entries(fields).map(([number, text]) => {
    const bytes = Buffer.from(text);
    assert.ok(number < 16 && bytes.length < 128, 'numbers and lengths of one byte only');
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  });
  return Buffer.concat(parts).toString('base64');
}

/** One subscription to one room, followed by half-close; `next()` gives update after update. */
class Watch {
  constructor(address, method, subscribe) {
    this.curl = new BufCurl(['-d', JSON.stringify({ subscribe }), `http://${address}/${method}`], '');
    this.updates = [];
  }

  async next() {
    while (this.updates.length === 0) this.updates.push(...((await this.curl.next()).updates ?? []));
    return this.updates.shift();
  }

  /** The next update, which must be an event of this kind; returns the whole event. */
  async event(kind) {
    const { event } = await this.next();
    assert.ok(event?.[kind], `${kind}, not ${JSON.stringify(event)}`);
    return event;
  }
}

describe('messaging-service', () => {
  it('is ready, by its name, once it has reached room-service, and says when it can not', async () => {
    const rooms = await new Process('room-service', {}).start();
    const { grpc } = rooms.endpoints;
    await rooms.stop();
    const messaging = await new Process('messaging-service', { 'room-service-address': grpc }).start();
    const health = async (service) =>
      (await call(messaging.endpoints.grpc, 'grpc.health.v1.Health/Check', { service })).status;
    try {
      assert.equal(await health(''), 'SERVING', 'there is nothing that a new start would mend');
      assert.equal(await health(MESSAGES), 'NOT_SERVING');
      await until('the log tells', () => messaging.log.some((line) => line.includes("watch can't be opened")));
      await rooms.start();
      await until('it has reached room-service', async () => (await health(MESSAGES)) === 'SERVING');
      await rooms.stop();
      assert.equal(await health(MESSAGES), 'SERVING', 'what it knows is of use meanwhile');
    } finally {
      await messaging.stop();
    }
  });
});

suite('The services by hand', {}, (promise, parley) => {
  const rooms = (method, request) => call(parley.room.endpoints.grpc, `${ROOMS}/${method}`, request);
  const messages = (method, request) =>
    call(parley.messaging.endpoints.grpc, `${MESSAGES}/${method}`, request);
  const roomsError = (method, request) =>
    callError(parley.room.endpoints.grpc, `${ROOMS}/${method}`, request);
  const messagesError = (method, request) =>
    callError(parley.messaging.endpoints.grpc, `${MESSAGES}/${method}`, request);

  promise('list what they offer by reflection', async () => {
    for (const [address, service, proto] of [
      [parley.room.endpoints.grpc, ROOMS, 'room/v1/room_service.proto'],
      [parley.messaging.endpoints.grpc, MESSAGES, 'messaging/v1/messaging_service.proto'],
    ]) {
      const text = readFileSync(new URL(`../../proto/parley/${proto}`, import.meta.url), 'utf8');
      const promised = [...text.matchAll(/^ {2}rpc (\w+)\(/gm)].map(([, method]) => `${service}/${method}`);
      const listed = await listMethods(address);
      assert.deepEqual(listed.filter((method) => method.startsWith(service)).sort(), promised.sort());
      assert.ok(listed.includes('grpc.health.v1.Health/Check'), listed.join());
    }
  });

  promise('tell their health, as a whole and by name', async () => {
    for (const [address, service] of [
      [parley.room.endpoints.grpc, ROOMS],
      [parley.messaging.endpoints.grpc, MESSAGES],
    ]) {
      for (const name of ['', service]) {
        assert.deepEqual(await call(address, 'grpc.health.v1.Health/Check', { service: name }), {
          status: 'SERVING',
        });
      }
    }
  });

  promise('hold a conversation that can be followed by Watch from beginning to end', async (scope) => {
    const { room, position } = await rooms('CreateRoom', { name: 'By hand' });
    assert.match(room.id, ROOM_ID);
    assert.equal(room.idHash, md5(room.id));
    assert.equal(room.name, 'By hand');
    const watchRooms = new Watch(parley.room.endpoints.grpc, `${ROOMS}/WatchRooms`, { roomId: room.id });
    const { snapshot } = await watchRooms.next();
    assert.deepEqual(snapshot.room, room);
    assert.deepEqual(snapshot.position, position);

    const joined = await rooms('JoinRoom', { roomId: room.id, name: 'Ada' });
    const { participantId, key } = joined.credentials;
    parley.secrets.add(key);
    assert.match(participantId, UUID);
    assert.match(key, KEY);
    assert.equal(joined.room.participants[0].role, 'ROLE_HOST');
    const joining = await watchRooms.event('participantJoined');
    assert.deepEqual(joining.position, joined.position);
    assert.equal(joining.position.incarnation, position.incarnation);
    assert.equal(Number(joining.position.sequence), Number(position.sequence) + 1);
    assert.equal(joining.participantJoined.participant.id, participantId);
    const digest = createHash('sha256').update(key).digest();
    const raw = createHash('sha256').update(Buffer.from(key, 'hex')).digest();
    const told = joining.participantJoined.participant.keySha256;
    assert.ok(
      [digest, raw].some((hash) => hash.toString('base64') === told),
      'the digest of the key is told',
    );

    const bea = await scope.client();
    await bea.join(room.id, 'Bea');
    const guest = await watchRooms.event('participantJoined');
    assert.equal(guest.participantJoined.participant.id, bea.id);
    assert.equal(guest.participantJoined.participant.name, 'Bea');
    assert.equal(guest.participantJoined.participant.role, 'ROLE_PARTICIPANT');
    assert.equal(guest.audience.everyoneExcept.participantId, bea.id);

    const reference = { roomIdHash: room.idHash };
    const from = { participantId, key };
    const listed = await messages('ListMessages', {
      room: reference,
      credentials: from,
      membershipPosition: joined.position,
    });
    assert.deepEqual(listed.messages ?? [], []);
    const watchMessages = new Watch(parley.messaging.endpoints.grpc, `${MESSAGES}/WatchMessages`, {
      roomId: room.id,
    });
    assert.ok((await watchMessages.next()).snapshot.position);

    const sent = await messages('SendMessage', {
      room: reference,
      from,
      to: { everyone: {} },
      content: 'hello',
    });
    const sending = await watchMessages.event('messageSent');
    assert.deepEqual(sending.messageSent.message, sent.message);
    assert.equal(sending.audience.everyoneExcept.participantId, participantId);
    const [heard] = await bea.next('new-room-message');
    assert.equal(heard.id, sent.message.id);
    assert.equal(heard.content, 'hello');

    const edited = await messages('EditMessage', {
      room: { roomId: room.id },
      from,
      messageId: sent.message.id,
      content: 'hi',
    });
    assert.deepEqual((await watchMessages.event('messageEdited')).messageEdited.message, edited.message);
    assert.equal((await bea.next('edit-room-message'))[0].content, 'hi');
    await messages('DeleteMessage', { room: reference, from, messageId: sent.message.id });
    assert.equal((await watchMessages.event('messageDeleted')).messageDeleted.message.id, sent.message.id);
    await bea.next('delete-room-message');
    await messages('SendMessage', {
      room: reference,
      from,
      to: { participantId: bea.id },
      content: 'for you',
    });
    const direct = await watchMessages.event('messageSent');
    assert.deepEqual(direct.audience.participants.participantIds, [bea.id]);
    assert.equal((await bea.next('new-direct-message'))[0].content, 'for you');

    await rooms('UpdateName', { roomId: room.id, credentials: from, name: 'A.' });
    const naming = await watchRooms.event('nameUpdated');
    assert.deepEqual(naming.nameUpdated, { participantId, name: 'A.' });
    assert.deepEqual(await bea.next('participant-changed-name'), [participantId, 'A.']);
    await rooms('UpdateMediaState', { roomId: room.id, credentials: from, cameraEnabled: true });
    const media = await watchRooms.event('mediaStateUpdated');
    assert.equal(media.mediaStateUpdated.mediaState.cameraEnabled, true);
    await bea.next('participant-updated-media-state');

    const left = await rooms('LeaveRoom', { roomId: room.id, credentials: from });
    await watchRooms.event('participantLeft');
    const end = await watchRooms.event('roomDestroyed');
    assert.equal(end.roomDestroyed.reason, 'REASON_HOST_LEFT');
    assert.ok(Number(end.position.sequence) >= Number(left.position.sequence));
    assert.equal((await watchRooms.next()).ended.reason, 'REASON_ROOM_DESTROYED');
    assert.equal(await watchRooms.curl.end(), 0, 'a half-closed stream ends with its last subscription');
    assert.ok((await watchMessages.next()).ended.reason);
    assert.equal(await watchMessages.curl.end(), 0);
    for (const event of ['participant-left', 'destroy', 'destory']) await bea.next(event);
    bea.assertNothingElse();
    for (const { curl } of [watchRooms, watchMessages]) {
      for (const secret of [key, bea.key]) assert.ok(!curl.stdout.includes(secret), 'no event holds a key');
    }
  });

  promise(
    'resume a Watch after a position without a gap, and start again from a snapshot when they must',
    async () => {
      const { room, position } = await rooms('CreateRoom', {});
      const { credentials } = await rooms('JoinRoom', { roomId: room.id });
      parley.secrets.add(credentials.key);
      for (const name of ['one', 'two', 'three'])
        await rooms('UpdateName', { roomId: room.id, credentials, name });

      const resumed = new Watch(parley.room.endpoints.grpc, `${ROOMS}/WatchRooms`, {
        roomId: room.id,
        after: position,
      });
      await resumed.event('participantJoined');
      for (const [index, name] of ['one', 'two', 'three'].entries()) {
        const event = await resumed.event('nameUpdated');
        assert.equal(event.nameUpdated.name, name);
        assert.equal(Number(event.position.sequence), Number(position.sequence) + 2 + index);
      }
      resumed.curl.stop();

      for (const after of [
        { incarnation: '1', sequence: '1' },
        { ...position, sequence: '999999' },
      ]) {
        const watch = new Watch(parley.room.endpoints.grpc, `${ROOMS}/WatchRooms`, {
          roomId: room.id,
          after,
        });
        const { snapshot } = await watch.next();
        assert.equal(snapshot.room.participants[0].name, 'three');
        watch.curl.stop();
      }
      const nowhere = new Watch(parley.room.endpoints.grpc, `${ROOMS}/WatchRooms`, { roomId: 'nowhere' });
      assert.equal((await nowhere.next()).ended.reason, 'REASON_ROOM_NOT_FOUND');
      assert.equal(await nowhere.curl.end(), 0);
    },
  );

  promise('answer a repeated request_id with the first answer', async () => {
    const create = { requestId: 'create-1', name: 'Once' };
    const first = await rooms('CreateRoom', create);
    assert.deepEqual(await rooms('CreateRoom', create), first);
    const join = { requestId: 'join-1', roomId: first.room.id, name: 'Ada' };
    const joined = await rooms('JoinRoom', join);
    parley.secrets.add(joined.credentials.key);
    const again = await rooms('JoinRoom', join);
    assert.deepEqual(again.credentials, joined.credentials);
    const { room } = await rooms('GetRoom', { roomId: first.room.id });
    assert.equal(room.participants.length, 1);
    const send = {
      requestId: 'send-1',
      room: { roomId: room.id },
      from: joined.credentials,
      to: { everyone: {} },
      content: 'once',
    };
    const sent = await messages('SendMessage', send);
    assert.deepEqual(await messages('SendMessage', send), sent);
    const listed = await messages('ListMessages', {
      room: { roomId: room.id },
      credentials: joined.credentials,
    });
    assert.equal(listed.messages.length, 1);
  });

  promise('take calls by stream, and answer each under its number', async () => {
    const create = { requestId: 'stream-1', name: 'By stream' };
    const calls = [
      { number: '7', rpc: 'CreateRoom', request: encode({ 1: create.requestId, 2: create.name }) },
      { number: '3', rpc: 'GetRoom', request: encode({ 1: 'nowhere' }) },
      { number: '900', rpc: 'WatchRooms', request: '' },
      { number: '4', rpc: 'GetRoom', request: Buffer.from('nonsense').toString('base64') },
    ];
    const url = `http://${parley.room.endpoints.grpc}/${ROOMS}/MakeCalls`;
    const curl = new BufCurl(['-d', JSON.stringify({ calls }), url], '');
    const told = {};
    while (Object.keys(told).length < calls.length) {
      for (const { number, ...result } of (await curl.next()).answers) told[number] = result;
    }
    assert.equal(await curl.end(), 0, 'a half-closed stream ends when all is answered');

    const { room } = await rooms('CreateRoom', create);
    const response = Buffer.from(told[7].response, 'base64').toString('latin1');
    for (const text of [room.id, room.idHash, room.name]) assert.ok(response.includes(text), text);
    for (const [number, code, reason] of [
      [3, 5, 'ROOM_NOT_FOUND'],
      [900, 12, 'UNKNOWN_RPC'],
      [4, 3, 'INVALID_REQUEST'],
    ]) {
      const { error } = told[number];
      assert.deepEqual({ code: error.code, reason: error.reason }, { code, reason });
      assert.ok(error.message.length > 0);
    }

    const ask = { number: '1', rpc: 'SendMessage', request: '' };
    const { answers } = await messages('MakeCalls', { calls: [ask] });
    assert.equal(answers[0].error.reason, 'INVALID_REQUEST');
  });

  promise('refuse with a canonical code and one ErrorInfo that tells the reason', async () => {
    const { room } = await rooms('CreateRoom', {});
    const { credentials } = await rooms('JoinRoom', { roomId: room.id });
    const other = await rooms('JoinRoom', { roomId: room.id });
    for (const one of [credentials, other.credentials]) parley.secrets.add(one.key);
    const wrongKey = { ...credentials, key: '0'.repeat(32) };
    const nobody = { ...credentials, participantId: NOBODY };
    const roomId = room.id;
    const reference = { roomId };
    const everyone = { everyone: {} };
    const send = { room: reference, from: credentials, to: everyone, content: 'x' };
    const { message } = await messages('SendMessage', send);
    const cases = [
      [roomsError, 'GetRoom', { roomId: '999' }, 'not_found', 'ROOM_NOT_FOUND'],
      [roomsError, 'GetRoom', { roomIdHash: '0'.repeat(32) }, 'not_found', 'ROOM_NOT_FOUND'],
      [roomsError, 'CreateRoom', { name: '' }, 'invalid_argument', 'INVALID_NAME'],
      [roomsError, 'CreateRoom', { name: 'n'.repeat(65) }, 'invalid_argument', 'INVALID_NAME'],
      [roomsError, 'JoinRoom', { roomId: 'x' }, 'not_found', 'ROOM_NOT_FOUND'],
      [roomsError, 'JoinRoom', { roomId, name: '😀'.repeat(65) }, 'invalid_argument', 'INVALID_NAME'],
      [roomsError, 'LeaveRoom', { roomId: 'x', credentials }, 'not_found', 'ROOM_NOT_FOUND'],
      [roomsError, 'LeaveRoom', { roomId, credentials: nobody }, 'not_found', 'PARTICIPANT_NOT_FOUND'],
      [roomsError, 'LeaveRoom', { roomId, credentials: wrongKey }, 'permission_denied', 'KEY_MISMATCH'],
      [
        roomsError,
        'UpdateName',
        { roomId, credentials: wrongKey, name: 'x' },
        'permission_denied',
        'KEY_MISMATCH',
      ],
      [roomsError, 'UpdateName', { roomId, credentials, name: '' }, 'invalid_argument', 'INVALID_NAME'],
      [roomsError, 'GetRoom', {}, 'invalid_argument', 'INVALID_REQUEST'],
      [roomsError, 'LeaveRoom', { roomId }, 'invalid_argument', 'INVALID_REQUEST'],
      [roomsError, 'ListRoomEvents', { roomId }, 'invalid_argument', 'INVALID_REQUEST'],
      [roomsError, 'JoinRoom', { roomId, requestId: 'r'.repeat(65) }, 'invalid_argument', 'INVALID_REQUEST'],
      [roomsError, 'UpdateMediaState', { roomId, credentials: nobody }, 'not_found', 'PARTICIPANT_NOT_FOUND'],
      [messagesError, 'SendMessage', { ...send, room: { roomId: '999' } }, 'not_found', 'ROOM_NOT_FOUND'],
      [messagesError, 'SendMessage', { ...send, from: nobody }, 'not_found', 'SENDER_NOT_FOUND'],
      [messagesError, 'SendMessage', { ...send, from: wrongKey }, 'permission_denied', 'KEY_MISMATCH'],
      [
        messagesError,
        'SendMessage',
        { ...send, to: { participantId: NOBODY } },
        'not_found',
        'RECIPIENT_NOT_FOUND',
      ],
      [messagesError, 'SendMessage', { ...send, content: '' }, 'invalid_argument', 'INVALID_CONTENT'],
      [
        messagesError,
        'SendMessage',
        { ...send, content: 'c'.repeat(4001) },
        'invalid_argument',
        'INVALID_CONTENT',
      ],
      [messagesError, 'SendMessage', { ...send, to: undefined }, 'invalid_argument', 'INVALID_REQUEST'],
      [messagesError, 'SendMessage', { ...send, room: undefined }, 'invalid_argument', 'INVALID_REQUEST'],
      [
        messagesError,
        'EditMessage',
        { ...send, to: undefined, messageId: NOBODY },
        'not_found',
        'MESSAGE_NOT_FOUND',
      ],
      [
        messagesError,
        'DeleteMessage',
        { room: reference, from: other.credentials, messageId: message.id },
        'permission_denied',
        'NOT_AUTHOR',
      ],
      [
        messagesError,
        'ListMessages',
        { room: reference, credentials: wrongKey },
        'permission_denied',
        'KEY_MISMATCH',
      ],
      [
        messagesError,
        'AwaitMembership',
        { roomId: '999', position: { incarnation: '1', sequence: '1' } },
        'not_found',
        'ROOM_NOT_FOUND',
      ],
    ];
    const outcomes = [];
    for (const [ask, method, request, code, reason] of cases) {
      const told = await ask(method, request);
      outcomes.push([
        `${method} ${JSON.stringify(request).slice(0, 80)}`,
        { ...told, message: undefined },
        { code, reason, domain: 'parley', message: undefined },
      ]);
      assert.ok(told.message.length > 0);
    }
    for (const [what, told, expected] of outcomes) assert.deepEqual(told, expected, what);
  });
});

// The exact form of everything that the edge says: which fields there are, and of which type. A field that is
// missing and a field that nobody promised (a key, say) are both failures.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const KEY = /^[0-9a-f]{32}$/;
export const ROOM_ID = /^[0-9]{9}$/;
export const REASON = /^[A-Z][A-Z0-9_]*$/;

/** The MD5 of a room's id, by which the REST API knows the room. */
export function md5(text) {
  return createHash('md5').update(text).digest('hex');
}

/** Insists that an object has exactly these fields. */
export function assertFields(value, fields, what) {
  assert.ok(
    value !== null && typeof value === 'object' && !Array.isArray(value),
    `${what} is an object, not ${value}`,
  );
  assert.deepEqual(Object.keys(value).sort(), [...fields].sort(), `the fields of ${what}`);
}

function assertMilliseconds(value, what) {
  assert.ok(Number.isSafeInteger(value), `${what} is a whole number of milliseconds, not ${value}`);
  assert.ok(Math.abs(Date.now() - value) < 86_400_000, `${what} is a time of today, not ${value}`);
}

export function assertMediaState(value, what = 'a media state') {
  assertFields(value, ['cameraEnabled', 'microphoneEnabled'], what);
  for (const [name, flag] of Object.entries(value)) assert.equal(typeof flag, 'boolean', `${what}.${name}`);
}

const PARTICIPANT_FIELDS = ['id', 'name', 'mediaState', 'settings', 'isHost', 'isAlive', 'role'];

/** ParticipantInformation, with `extra` fields where it stands in a summary. */
export function assertParticipant(value, what = 'a participant', extra = []) {
  assertFields(value, [...PARTICIPANT_FIELDS, ...extra], what);
  assert.match(value.id, UUID, what);
  assert.equal(typeof value.name, 'string', what);
  assert.ok(value.name.length > 0, `${what} has a name`);
  assertMediaState(value.mediaState, `the media state of ${what}`);
  assert.deepEqual(
    value.settings,
    value.mediaState,
    `older clients find the media state of ${what} under "settings"`,
  );
  assert.equal(typeof value.isHost, 'boolean', what);
  assert.equal(typeof value.isAlive, 'boolean', what);
  assert.ok(['string', 'number'].includes(typeof value.role), `${what} has a role`);
}

/** MessageJSONSummary. */
export function assertMessage(value, what = 'a message') {
  const fields = ['from', 'to', 'message', 'id', 'content', 'reactions', 'created', 'edited'];
  assertFields(value, fields, what);
  assert.match(value.from, UUID, what);
  if (value.to !== 'everyone') assert.match(value.to, UUID, what);
  assert.match(value.message, UUID, what);
  assert.equal(value.id, value.message, `"id" and "message" of ${what} are the same`);
  assert.equal(typeof value.content, 'string', what);
  assert.deepEqual(value.reactions, [], what);
  assertMilliseconds(value.created, `"created" of ${what}`);
}

/** RoomSummary as the participant `myId` gets it. */
export function assertSummary(value) {
  const fields = ['id', 'idHash', 'name', 'myId', 'created', 'participants', 'messages', 'hasMore'];
  assertFields(value, fields, 'a room summary');
  assert.match(value.id, ROOM_ID);
  assert.equal(value.idHash, md5(value.id), 'idHash is the MD5 of the id');
  assert.equal(typeof value.name, 'string');
  assert.match(value.myId, UUID);
  assertMilliseconds(value.created, '"created" of a room summary');
  assert.equal(typeof value.hasMore, 'boolean');

  const ids = value.participants.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'nobody is listed twice');
  for (const participant of value.participants) {
    const mine = participant.id === value.myId;
    assertParticipant(participant, `participant ${participant.id}`, mine ? ['isMe', 'key'] : ['isMe']);
    assert.equal(participant.isMe, mine, 'isMe is told of oneself only');
    if (mine) assert.match(participant.key, KEY);
    if (mine) assert.equal(participant.isAlive, true);
  }
  assert.ok(ids.includes(value.myId), 'a joiner finds itself in the summary');
  const hosts = value.participants.filter(({ isHost }) => isHost);
  assert.equal(hosts.length, 1, 'there is one host');

  for (const message of value.messages) {
    assertMessage(message);
    assert.ok(ids.includes(message.from), 'the author of every message is listed');
  }
  const messageIds = value.messages.map(({ id }) => id);
  assert.equal(new Set(messageIds).size, messageIds.length, 'no message is listed twice');
  const created = value.messages.map((message) => message.created);
  assert.deepEqual(
    created,
    [...created].sort((a, b) => a - b),
    'the oldest message comes first',
  );
}

/** R, the answer to an event. */
export function assertAnswer(value) {
  const optional = ['code', 'data'].filter((field) => field in (value ?? {}));
  assertFields(value, ['success', 'error', 'status', ...optional], 'the answer to an event');
  assert.ok(Number.isInteger(value.status), `a status, not ${value.status}`);
  if (value.success) {
    assert.equal(value.success, true);
    assert.equal(value.error, null);
    assert.equal(value.status, 200);
    assert.ok(!('code' in value), 'a success has no code');
  } else {
    assert.equal(value.success, false);
    assert.ok(typeof value.error === 'string' && value.error.length > 0, 'a refusal has a text');
    assert.ok(
      value.status >= 400 && value.status < 600,
      `a refusal has a status from 400 on, not ${value.status}`,
    );
    assert.match(value.code, REASON);
    assert.ok(!('data' in value), 'a refusal has no data');
  }
}

const messageEvents = {};
for (const verb of ['new', 'edit', 'delete']) {
  messageEvents[`${verb}-room-message`] = (message) => {
    assertMessage(message);
    assert.equal(message.to, 'everyone');
  };
  messageEvents[`${verb}-direct-message`] = (message) => {
    assertMessage(message);
    assert.notEqual(message.to, 'everyone');
  };
}

/** Every event that the server may send, with what its arguments must be; as many as the function has. */
const EVENTS = {
  'join-room': (id) => assert.match(id, ROOM_ID),
  'room-summary': (summary) => assertSummary(summary),
  error: (refusal) => {
    assertFields(refusal, ['event', 'code', 'status', 'message'], 'the argument of "error"');
    assert.equal(typeof refusal.event, 'string');
    assert.match(refusal.code, REASON);
    assert.ok(Number.isInteger(refusal.status) && refusal.status >= 400);
    assert.ok(typeof refusal.message === 'string' && refusal.message.length > 0);
  },
  'error-event': (verb, text, code) => {
    assert.equal(verb, 'join');
    assert.ok(typeof text === 'string' && text.length > 0);
    assert.match(code, /^J\d{3}$/);
  },
  'new-participant': (participant) => {
    assertParticipant(participant, 'the newcomer');
    assert.equal(participant.isAlive, true);
  },
  'participant-left': (id) => assert.match(id, UUID),
  'participant-connection': (change) => {
    assertFields(change, ['id', 'isAlive'], 'a change of connection');
    assert.match(change.id, UUID);
    assert.equal(typeof change.isAlive, 'boolean');
  },
  'participant-changed-name': (id, name) => {
    assert.match(id, UUID);
    assert.equal(typeof name, 'string');
  },
  'participant-updated-media-state': (change) => {
    assertFields(change, ['id', 'mediaState'], 'a change of media state');
    assert.match(change.id, UUID);
    assertMediaState(change.mediaState);
  },
  destory: () => {},
  destroy: () => {},
  ...messageEvents,
};

/** Insists that the server may send this event and that its arguments are as promised. */
export function assertEvent(name, args) {
  assert.ok(Object.hasOwn(EVENTS, name), `no such event is promised: ${name}(${JSON.stringify(args)})`);
  assert.equal(args.length, EVENTS[name].length, `the number of arguments of ${name}`);
  EVENTS[name](...args);
}

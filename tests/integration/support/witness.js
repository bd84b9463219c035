// Checks what observers of one room have seen against each other: the host, who was there from the start and
// does nothing, is the witness that everybody else's account is compared with.
import assert from 'node:assert/strict';

const MESSAGE_EVENTS = ['new-room-message', 'edit-room-message', 'delete-room-message'];

/** The room messages' events among `events`, as `{ verb, message }`. */
export function messageEvents(events) {
  return events
    .filter(({ name }) => MESSAGE_EVENTS.includes(name))
    .map(({ name, args }) => ({ verb: name.split('-')[0], message: args[0] }));
}

/** Who came and went among `events`, as `{ joined }` or `{ left }` with an id. */
export function membershipEvents(events) {
  return events.flatMap(({ name, args }) => {
    if (name === 'new-participant') return [{ joined: args[0].id }];
    if (name === 'participant-left') return [{ left: args[0] }];
    return [];
  });
}

const nameOf = ({ verb, message }) => `${verb} ${message.id} ${message.content}`;
const nameOfMove = ({ joined, left }) => (joined ? `joined ${joined}` : `left ${left}`);

/** The messages that are left after `events`, in the order in which they were sent. Insists on a sane order. */
export class MessageFold {
  constructor() {
    this.messages = new Map();
    this.everSent = new Set();
  }

  apply({ verb, message }) {
    const known = this.messages.has(message.id);
    if (verb === 'new') {
      assert.ok(!this.everSent.has(message.id), `message ${message.content} is new twice`);
      this.everSent.add(message.id);
      this.messages.set(message.id, message);
    } else {
      assert.ok(known, `${verb} of ${message.content}, which is not there`);
      if (verb === 'edit') this.messages.set(message.id, message);
      if (verb === 'delete') this.messages.delete(message.id);
    }
  }

  list() {
    return [...this.messages.values()];
  }
}

/**
 * Insists that what `observer` has been told of messages is the witness's account from one point on: the summary
 * is the newest page at that point, and every event after it is there, once, in the same order; its own acts, of
 * which it learns by the answers, excepted. `complete` says that the observer was there to the end.
 */
export function assertAccountOfMessages(witness, observer, complete) {
  const told = messageEvents(observer.events);
  const account = messageEvents(witness.events);
  const others = (events) => events.filter(({ message }) => message.from !== observer.id);

  const told0 = told.map(nameOf);
  assert.equal(new Set(told0).size, told0.length, `${observer.name} heard nothing twice`);
  assert.ok(
    told.every(({ message }) => message.from !== observer.id),
    `${observer.name} did not hear itself`,
  );

  const names = others(account).map(nameOf);
  const fits = (start) => {
    if (complete) return start === names.length - told0.length;
    return told0.length === 0 || names[start] === told0[0];
  };
  const problems = [];
  // What an observer does itself comes after its joining, so up to the point that is sought all acts are others'.
  const fold = new MessageFold();
  for (let start = 0; start <= names.length; ++start) {
    if (fits(start)) {
      for (let at = 0; at < told0.length; ++at) {
        assert.equal(
          told0[at],
          names[start + at],
          `event ${at} at ${observer.name}: a gap, a duplicate or a reordering`,
        );
      }
      const problem = summaryProblem(fold.list(), observer);
      if (!problem) return;
      problems.push(`${problem} (at event ${start} of ${names.length})`);
    }
    if (start === names.length || account[start].message.from === observer.id) break;
    fold.apply(account[start]);
  }
  assert.fail(problems[0] ?? `${observer.name} heard what the witness did not`);
}

/** Why the observer's summary is not the newest page of `messages`; nothing when it is. */
function summaryProblem(messages, { name, summary }) {
  const told = summary.messages;
  if (told.length > messages.length) return `${name} was told of more messages than there were`;
  const page = messages.slice(messages.length - told.length);
  const differs = page.some(({ id, content }, at) => id !== told[at].id || content !== told[at].content);
  if (differs) return `the messages in ${name}'s summary are not the newest page`;
  if (summary.hasMore !== messages.length > told.length) return `hasMore is wrong in ${name}'s summary`;
  return undefined;
}

/**
 * Insists the same of a participant that is always renamed from one number to the next: what the summary calls it,
 * and then every name.
 */
export function assertAccountOfNames(participantId, observer, numberOf) {
  const isIt = ({ id }) => id === participantId;
  const arrival = observer.events.find((event) => event.name === 'new-participant' && isIt(event.args[0]));
  let number = numberOf((observer.summary.participants.find(isIt) ?? arrival.args[0]).name);
  for (const event of observer.events) {
    if (event.name !== 'participant-changed-name' || event.args[0] !== participantId) continue;
    const next = numberOf(event.args[1]);
    assert.equal(next, number + 1, `${observer.name} knew the name ${number} and heard of ${next}`);
    number = next;
  }
  return number;
}

/** Insists the same of who is in the room: the summary, then every coming and going, once and in order. */
export function assertAccountOfMembers(witness, observer, complete) {
  const account = membershipEvents(witness.events);
  const at = account.findIndex(({ joined }) => joined === observer.id);
  assert.ok(at >= 0, `the witness saw ${observer.name} join`);
  const present = new Set(witness.summary.participants.map(({ id }) => id));
  for (const { joined, left } of account.slice(0, at + 1)) {
    if (joined) present.add(joined);
    else present.delete(left);
  }
  const told = observer.summary.participants.filter(({ isAlive }) => isAlive).map(({ id }) => id);
  assert.deepEqual(
    told.sort(),
    [...present].sort(),
    `${observer.name}'s summary lists who was there when it joined`,
  );

  const heard = membershipEvents(observer.events).map(nameOfMove);
  const expected = account.slice(at + 1).map(nameOfMove);
  if (!complete) {
    const end = expected.indexOf(`left ${observer.id}`);
    assert.ok(end >= 0, `the witness saw ${observer.name} leave`);
    assert.ok(heard.length <= end, `${observer.name} heard nothing after it had left`);
    assert.deepEqual(heard, expected.slice(0, heard.length), `comings and goings at ${observer.name}`);
  } else {
    assert.deepEqual(heard, expected, `comings and goings at ${observer.name}`);
  }
}

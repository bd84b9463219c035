// Rooms as tests need them, and the barrier that makes "nothing came" provable.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { api, granted } from './rest.js';

/** A room that a test has opened, and the clients it let in. */
export class Room {
  constructor(scope, { id, idHash }) {
    this.scope = scope;
    this.id = id;
    this.idHash = idHash;
    this.members = [];
  }

  /** The REST API of this room. */
  get api() {
    return api(this.scope.parley.url, this.idHash);
  }

  /** A client of this kind and name joins, and all who are there take notice. */
  async enter(who = {}) {
    const { name = null, client, ...kind } = typeof who === 'string' ? { name: who } : who;
    const joiner = client ?? (await this.scope.client(kind));
    await joiner.join(this.id, name);
    await Promise.all(
      this.members.map((member) => member.next('new-participant', ({ id }) => id === joiner.id)),
    );
    this.members.push(joiner);
    return joiner;
  }

  /** A member leaves with an acknowledgement, and the others take notice. */
  async depart(member) {
    await member.get('leave');
    this.members = this.members.filter((other) => other !== member);
    await Promise.all(this.members.map((other) => other.next('participant-left', (id) => id === member.id)));
  }

  /**
   * Returns when everything that has happened in the room has reached every member: a probe joins, speaks, takes
   * its words back and leaves, and each step is awaited at each member. Both streams of events, the room's and
   * the messages', are in order, so whatever happened before is there. Leaves no trace, and returns the summary
   * that the probe got, as a late joiner's view of the room (without the probe).
   */
  async settle() {
    const { members } = this;
    const probe = await this.scope.probe();
    const summary = await probe.join(this.id, 'Probe');
    await Promise.all(members.map((member) => member.next('new-participant', ({ id }) => id === probe.id)));
    const { id } = await probe.get('send-message', 'everyone', `barrier ${randomUUID()}`);
    const isBarrier = (message) => message.id === id;
    await Promise.all(members.map((member) => member.next('new-room-message', isBarrier)));
    await probe.get('delete-message', id);
    await Promise.all(members.map((member) => member.next('delete-room-message', isBarrier)));
    await probe.get('leave');
    await Promise.all(members.map((member) => member.next('participant-left', (left) => left === probe.id)));
    probe.inbox.length = 0;
    return { ...summary, participants: summary.participants.filter(({ isMe }) => !isMe) };
  }

  /** Insists that nothing has come to any member (nor to `others`, who are not in the room) that was not taken. */
  async quiet(...others) {
    const summary = await this.settle();
    // Two rounds to the services and back: whatever was on its way to them when the members had theirs is there.
    for (const other of others) {
      await other.ask('get-rtp-capabilities', this.id);
      await other.ask('get-rtp-capabilities', this.id);
    }
    for (const client of [...this.members, ...others]) client.assertNothingElse();
    return summary;
  }

  /** What a summary tells of the room apart from whom it is told to: for "nothing has changed". */
  async state() {
    const { name, created, participants, messages, hasMore } = await this.settle();
    return { name, created, participants, messages, hasMore };
  }

  /** `member` sends by the REST API; returns the message. */
  async sendByRest(member, to, content) {
    return granted(await this.api.send(member.credentials, to, content));
  }
}

/** Insists that a message is as expected in the fields that are given, and returns it. */
export function assertSaid(message, expected) {
  const picked = Object.fromEntries(Object.keys(expected).map((field) => [field, message[field]]));
  assert.deepEqual(picked, expected);
  return message;
}

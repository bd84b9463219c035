// A client that is in a room and stays there whatever happens to its connections, and says things meanwhile.
import { setTimeout as pause } from 'node:timers/promises';

import { Connection, FULL } from './connection.js';
import { Speech } from './speech.js';

/** Between two attempts to come back, in milliseconds. */
const RETRY_MS = 60;
/** How likely a guest is to leave, to come as somebody else, instead of saying something. */
const FAREWELL = 0.01;
/** Refusals of somebody who has left, the second one when that happens while it comes back. */
const LEFT = ['PARTICIPANT_NOT_FOUND', 'SENDER_NOT_FOUND'];

export class Talker {
  constructor({ name, kind, random, cluster, room, isHost = false }) {
    Object.assign(this, { name, kind, random, cluster, room, isHost });
    /** As whom it comes back: `{ id, key }`. */
    this.credentials = null;
    this.connection = null;
    /** Those that it tried to come back on since it was last in, the one that it was in on first. */
    this.tried = [];
    /** Those that it was and is no more: `{ id, at, attempts, leaving }`. */
    this.former = [];
    /** Whether it has asked to leave, which may have been done whether or not that was answered. */
    this.leaving = false;
    this.stopping = false;
    this.speech = new Speech(this);
  }

  get present() {
    return this.connection !== null && !this.connection.lostAt;
  }

  /** Every way to the room that it has tried since it was last in: see Connection.links. */
  get attempts() {
    return this.tried.flatMap(({ links }) => links);
  }

  /** Stays in the room until it is told to stop, or the room is no more. */
  async stay() {
    while (!this.stopping && !this.room.over) {
      await this.ensurePresent();
      if (this.connection) await Promise.race([this.connection.lost, this.stopped()]);
    }
  }

  stopped() {
    return (this.stop ??= new Promise((resolve) => (this.resolveStop = resolve)));
  }

  halt() {
    this.stopping = true;
    this.resolveStop?.();
  }

  /** Says things until it is told to stop, or the room is no more. */
  async talk() {
    while (!this.stopping && !this.room.over) {
      await pause(this.random.between(30, 250));
      if (!this.isHost && this.random.happens(FAREWELL)) await this.leave();
      else if (this.credentials) await this.speech.act();
    }
  }

  /** Leaves for good; a guest comes again as somebody else, with a host the room is over. */
  async leave() {
    const { connection } = this;
    if (!this.present) return;
    const wasLeaving = this.leaving;
    this.leaving = true;
    const { recoverable } = connection;
    // Until it is answered the edge may not have come to it: whoever goes on by this connection is made to leave.
    connection.recoverable = false;
    const answer = await connection.ask('leave');
    if (!answer) return;
    if (answer.code === FULL) {
      this.leaving = wasLeaving;
      connection.recoverable = recoverable && !connection.lostAt;
      return;
    }
    if (!answer.success) this.room.violation(`${this.name} could not leave: ${answer.status} ${answer.code}`);
    // Unless it was found out meanwhile that it has left.
    if (this.credentials?.id === connection.participantId) this.#forget();
    connection.abandon();
  }

  cut() {
    this.connection?.cut();
  }

  /** Returns when it is in the room, or the room is no more. */
  async ensurePresent() {
    while (!this.present && !this.room.over) {
      if (!(await this.#tryToJoin())) await pause(RETRY_MS);
    }
  }

  async #tryToJoin() {
    const edge = this.random.pick(this.cluster.edges);
    if (this.connection?.recoverable) return this.connection.recover(edge);
    const connection = new Connection(this.kind, edge);
    this.tried.push(connection);
    if (!(await connection.connect())) return false;
    const { credentials } = this;
    const answer = credentials
      ? await connection.ask('join-room', this.room.id, null, { participant: credentials })
      : await connection.ask('join-room', this.room.id, this.name);
    if (answer?.success) {
      this.#enter(connection, credentials ? answer.data.summary : answer.data);
      return true;
    }
    connection.abandon();
    if (answer) this.#refused(answer);
    return false;
  }

  #enter(connection, summary) {
    connection.joined(summary);
    const { id, key } = summary.participants.find(({ isMe }) => isMe);
    const former = this.former.find((one) => one.id === id);
    if (former) this.room.violation(`${this.name} came back as ${id}, which had left`);
    if (this.credentials && (id !== this.credentials.id || key !== this.credentials.key))
      this.room.violation(`${this.name} came back as ${id}, not as ${this.credentials.id}`);
    this.credentials = { id, key };
    this.connection = connection;
    this.tried = [connection];
    this.room.connections.push(connection);
  }

  /** It is nobody any more, and with a host its room is over. */
  #forget() {
    const { credentials, attempts, leaving } = this;
    this.former.push({ id: credentials.id, at: Date.now(), attempts, leaving });
    Object.assign(this, { credentials: null, tried: [], leaving: false });
    if (this.isHost) this.room.noteOver();
  }

  #refused({ status, code }) {
    if (code === 'ROOM_NOT_FOUND') {
      this.room.noteOver();
    } else if (LEFT.includes(code) && this.credentials) {
      this.#forget();
    } else if (code !== FULL) {
      this.room.violation(`${this.name} could not come back: ${status} ${code}`);
    }
  }
}

// A client that is in a room and stays there whatever happens to its connections, and says things meanwhile.
import { setTimeout as pause } from 'node:timers/promises';

import { Connection } from './connection.js';
import { Speech } from './speech.js';

/** Between two attempts to come back, in milliseconds. */
const RETRY_MS = 60;

export class Talker {
  constructor({ name, kind, random, cluster, room, isHost = false }) {
    Object.assign(this, { name, kind, random, cluster, room, isHost });
    /** As whom it comes back: `{ id, key }`. */
    this.credentials = null;
    this.connection = null;
    /** Connections that it tried to come back on since it was last in, the one that it was in on first. */
    this.attempts = [];
    /** Those that it was and is no more: `{ id, at, attempts }`. */
    this.givenUp = [];
    this.stopping = false;
    this.speech = new Speech(this);
  }

  get present() {
    return this.connection !== null && !this.connection.lostAt;
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
      if (this.credentials) await this.speech.act();
    }
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
    const connection = new Connection(this.kind, edge);
    this.attempts.push(connection);
    if (!(await connection.connect())) return false;
    const { credentials } = this;
    const answer = credentials
      ? await connection.ask('join-room', this.room.id, null, { participant: credentials })
      : await connection.ask('join-room', this.room.id, this.name);
    if (answer?.success) {
      this.#enter(connection, credentials ? answer.data.summary : answer.data);
      return true;
    }
    connection.cut();
    if (answer) this.#refused(answer);
    return false;
  }

  #enter(connection, summary) {
    connection.joined(summary);
    const { id, key } = summary.participants.find(({ isMe }) => isMe);
    const former = this.givenUp.find((one) => one.id === id);
    if (former) this.room.violation(`${this.name} came back as ${id}, which had left`);
    if (this.credentials && (id !== this.credentials.id || key !== this.credentials.key))
      this.room.violation(`${this.name} came back as ${id}, not as ${this.credentials.id}`);
    this.credentials = { id, key };
    this.connection = connection;
    this.attempts = [connection];
    this.room.connections.push(connection);
  }

  #refused({ status, code }) {
    if (code === 'ROOM_NOT_FOUND') {
      this.room.noteOver();
    } else if (code === 'PARTICIPANT_NOT_FOUND' && this.credentials) {
      this.givenUp.push({ id: this.credentials.id, at: Date.now(), attempts: this.attempts });
      this.credentials = null;
      this.attempts = [];
      // Its room is gone with it, which whoever hears of that tells the others.
      if (this.isHost) this.room.noteOver();
    } else {
      this.room.violation(`${this.name} could not come back: ${status} ${code}`);
    }
  }
}

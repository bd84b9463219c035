// One connection of a client, from the handshake to its loss, and what it was shown meanwhile. With Socket.IO's
// own recovery it outlives its links: it may be lost and go on by another edge.
import { setTimeout as pause } from 'node:timers/promises';

import { Client, openSocket } from '../integration/support/clients.js';

/** When a client stops waiting for an answer and takes its connection for lost, in milliseconds. */
const PATIENCE_MS = 3_000;

/** The code of refusals that had no effect; with another 503 it is unknown what came of the request. */
export const FULL = 'STORAGE_UNAVAILABLE';

const within = (promise, otherwise) => Promise.race([promise, pause(PATIENCE_MS, otherwise, { ref: false })]);

export class Connection {
  constructor(kind, edge) {
    this.kind = kind;
    this.begun = Date.now();
    /**
     * Its ways to the room since it was in last time, from the one that it was in on then: `{ edge, begun, lostAt }`,
     * and `left`, when it went on by another. An edge may let it go on before it hears that it was given up.
     */
    this.links = [{ edge, begun: this.begun, lostAt: null }];
    this.inAt = 0;
    this.socket = openSocket(edge.url, kind, kind.recover ? { auth: { recover: true } } : {});
    this.client = new Client(this.socket, { ...kind, secrets: new Set() });
    // Losing it is no fault here.
    this.client.closing = true;
    /** Whether it may go on when it is lost. */
    this.recoverable = kind.recover === true;
    this.recoveries = 0;
    /** Whether the server could not tell it everything that it had missed. */
    this.forgotten = false;
    this.summary = null;
    this.#begin();
    this.socket.on('connect', () => this.socket.recovered && this.#goOn());
    this.socket.on('disconnect', () => this.#lose());
  }

  get edge() {
    return this.links.at(-1).edge;
  }

  /** Whether the server has let it in. */
  async connect() {
    if (await within(this.#connected(), false)) return true;
    this.cut();
    return false;
  }

  /** Tries to go on at `edge` after it was lost; whether it does. */
  async recover(edge) {
    this.links.push({ edge, begun: Date.now(), lostAt: null });
    this.socket.io.uri = edge.url;
    const connected = this.#connected();
    this.socket.connect();
    const isConnected = await within(connected, false);
    if (isConnected && this.socket.recovered) return true;
    // The server took it for somebody new: what it has missed it is told no more.
    if (isConnected) {
      this.recoverable = false;
      this.forgotten = true;
    }
    this.cut();
    // What came before the server let it in comes again; the library would show both.
    this.socket.receiveBuffer = [];
    this.client.history.length = this.seen;
    return false;
  }

  #connected() {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve(true));
      for (const failure of ['connect_error', 'error']) this.socket.once(failure, () => resolve(false));
    });
  }

  #begin() {
    this.lostAt = null;
    /** How much of the history it was shown before it was lost. */
    this.seen = undefined;
    this.lost = new Promise((resolve) => (this.resolveLost = resolve));
  }

  #goOn() {
    this.recoveries += 1;
    this.links = this.links.slice(this.inAt);
    this.inAt = this.links.length - 1;
    for (const link of this.links.slice(0, -1)) link.left ??= Date.now();
    this.#begin();
  }

  /** The answer to an event; null when it is unknown what became of the event. */
  async ask(...event) {
    if (this.lostAt) return null;
    const answer = this.client.ask(...event);
    const nothing = this.lost.then(() => null);
    const first = await within(Promise.race([answer, nothing]), null);
    if (!first) this.cut();
    return first?.status === 503 && first.code !== FULL ? null : first;
  }

  /** Takes the room's summary, after which events are the room's. */
  joined(summary) {
    this.joinedAt = Date.now();
    this.summary = summary;
    this.participantId = summary.myId;
  }

  /** What it was told after its summary. */
  get events() {
    const { history } = this.client;
    return history.slice(
      history.findIndex(({ name }) => name === 'room-summary') + 1,
      this.seen ?? history.length,
    );
  }

  /** Where it leads, since when, as whom, and what it was told last, for people. */
  describe() {
    const { kind, edge, begun, joinedAt, participantId, lostAt, recoveries } = this;
    const last = this.events.slice(-2);
    return JSON.stringify({ kind, edge: edge.url, begun, joinedAt, lostAt, recoveries, participantId, last });
  }

  /** Breaks it without a goodbye. */
  cut() {
    this.#lose();
    const { engine } = this.socket.io;
    engine.transport?.ws?.terminate();
    // The library forgets the link at once, so that there can be another one while this one still hangs.
    if (this.kind.recover) this.socket.io._close();
    else if (!engine.transport?.ws) engine.close();
  }

  /** Breaks it for good. */
  abandon() {
    this.recoverable = false;
    this.cut();
  }

  #lose() {
    const link = this.links.at(-1);
    link.lostAt ??= Date.now();
    if (this.lostAt) return;
    this.lostAt = link.lostAt;
    this.seen = this.client.history.length;
    this.resolveLost();
  }
}

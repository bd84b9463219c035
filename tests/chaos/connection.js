// One connection of a client, from the handshake to its loss, and what it was shown meanwhile.
import { setTimeout as pause } from 'node:timers/promises';

import { Client, openSocket } from '../integration/support/clients.js';

/** When a client stops waiting for an answer and takes its connection for lost, in milliseconds. */
const PATIENCE_MS = 3_000;

const within = (promise, otherwise) => Promise.race([promise, pause(PATIENCE_MS, otherwise, { ref: false })]);

export class Connection {
  constructor(kind, edge) {
    this.kind = kind;
    this.edge = edge;
    this.begun = Date.now();
    this.socket = openSocket(edge.url, kind);
    this.client = new Client(this.socket, { ...kind, secrets: new Set() });
    // Losing it is no fault here.
    this.client.closing = true;
    this.summary = null;
    this.lostAt = null;
    this.lost = new Promise((resolve) => (this.resolveLost = resolve));
    this.socket.on('disconnect', () => this.#lose());
  }

  /** Whether the server has let it in. */
  async connect() {
    const connected = new Promise((resolve) => {
      this.socket.once('connect', () => resolve(true));
      for (const failure of ['connect_error', 'error']) this.socket.once(failure, () => resolve(false));
    });
    if (await within(connected, false)) return true;
    this.cut();
    return false;
  }

  /** The answer to an event; null when it is unknown what became of the event. */
  async ask(...event) {
    if (this.lostAt) return null;
    const answer = this.client.ask(...event);
    const nothing = this.lost.then(() => null);
    const first = await within(Promise.race([answer, nothing]), null);
    if (!first) this.cut();
    return first?.status === 503 ? null : first;
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
    const { kind, edge, begun, joinedAt, participantId, lostAt } = this;
    const last = this.events.slice(-2);
    return JSON.stringify({ kind, edge: edge.url, begun, joinedAt, lostAt, participantId, last });
  }

  /** Breaks it without a goodbye. */
  cut() {
    this.#lose();
    const { engine } = this.socket.io;
    if (engine.transport?.ws) engine.transport.ws.terminate();
    else engine.close();
  }

  #lose() {
    if (this.lostAt) return;
    this.lostAt = Date.now();
    this.seen = this.client.history.length;
    this.resolveLost();
  }
}

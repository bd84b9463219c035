// One face for all generations of the official client over three ways of transport.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import ioV1 from 'socket.io-client-v1';
import ioV2 from 'socket.io-client-v2';
import { io as ioV3 } from 'socket.io-client-v3';
import { io as ioV4 } from 'socket.io-client-v4';
import { io as ioV4First } from 'socket.io-client-v4.0';

import { trusted } from './authority.js';
import { assertAnswer, assertEvent } from './shapes.js';
import { guarded } from './wait.js';

// The last of each major version, and the first of the present one.
const GENERATIONS = new Map([
  [1, ioV1],
  [2, ioV2],
  [3, ioV3],
  ['4.0', ioV4First],
  [4, ioV4],
]);
const TRANSPORTS = {
  websocket: { transports: ['websocket'] },
  polling: { transports: ['polling'], upgrade: false },
  upgrade: { transports: ['polling', 'websocket'] },
};

/** Every generation of the client over every way of transport. */
export const KINDS = [...GENERATIONS.keys()].flatMap((version) =>
  Object.keys(TRANSPORTS).map((transport) => ({ version, transport })),
);

/**
 * Whether a kind of client can send and hear more than ASCII. By polling, socket.io-client 1 encodes text as UTF-8
 * twice, which no server can tell from what later ones do, and the official servers since 2 don't undo either.
 */
export function carriesAnyText({ version, transport }) {
  return version !== 1 || transport === 'websocket';
}

/** A kind of client as a test's name tells it. */
export function kindName({ version, transport }) {
  return `socket.io-client ${version} by ${transport}`;
}

/** The bare socket of a client of this kind, which connects and does not come back by itself. */
export function openSocket(url, { version = 4, transport = 'websocket' } = {}, options = {}) {
  const settings = { ...TRANSPORTS[transport], forceNew: true, reconnection: false, ...options };
  return GENERATIONS.get(version)(url, settings);
}

/**
 * A client's socket and what it has received. Every event that arrives is checked for its form at once, goes to
 * the inbox, and stays there until a test takes it: so a test can insist that nothing else has come.
 */
export class Client {
  /** Connects; `secrets` takes the keys that the client is given. */
  static async connect(
    url,
    { version = 4, transport = 'websocket', secrets = new Set(), options = {} } = {},
  ) {
    const trust = url.startsWith('https:') ? { ca: trusted } : {};
    const socket = openSocket(url, { version, transport }, { ...trust, ...options });
    const client = new Client(socket, { version, transport, secrets });
    const refusal = version <= 2 ? 'error' : 'connect_error';
    const connected = new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
      if (refusal === 'error')
        socket.once('error', (cause) => socket.connected || reject(new Error(`refused: ${cause}`)));
    });
    await guarded(connected, () => `${kindName(client)} to connect`);
    return client;
  }

  constructor(socket, { version, transport, secrets }) {
    this.socket = socket;
    this.version = version;
    this.transport = transport;
    this.secrets = secrets;
    /** Events that no test has taken yet, oldest first: `{ name, args }`. */
    this.inbox = [];
    /** Every event that ever came, oldest first. */
    this.history = [];
    /** What the server did that it must never do; a test with such a client fails. */
    this.faults = [];
    this.waiting = [];
    this.closing = false;
    this.lost = new Promise((resolve) => {
      socket.on('disconnect', (reason) => {
        if (!this.closing) this.faults.push(new Error(`${kindName(this)} lost its connection: ${reason}`));
        resolve(reason);
      });
    });
    this.#record();
  }

  #record() {
    const { socket } = this;
    const onEvent = socket.onevent;
    socket.onevent = (packet) => {
      const [name, ...args] = packet.data ?? [];
      const asksForAnswer = packet.id !== undefined && packet.id !== null;
      if (asksForAnswer) this.faults.push(new Error(`the server asked for an answer to ${name}`));
      try {
        assertEvent(name, args);
      } catch (error) {
        this.faults.push(error);
      }
      const event = { name, args };
      this.history.push(event);
      this.inbox.push(event);
      for (const look of [...this.waiting]) look();
      onEvent.call(socket, packet);
    };
    const onAnswer = socket.onack;
    socket.onack = (packet) => {
      const wanted = socket.acks instanceof Map ? socket.acks.has(packet.id) : packet.id in socket.acks;
      if (!wanted)
        this.faults.push(new Error(`an answer that nobody asked for: ${JSON.stringify(packet.data)}`));
      onAnswer.call(socket, packet);
    };
  }

  /** Emits an event with an acknowledgement and returns the answer, an R. */
  async ask(event, ...args) {
    const answer = new Promise((resolve, reject) => {
      this.socket.emit(event, ...args, (...answers) => {
        try {
          assert.equal(answers.length, 1, `the answer to ${event} has one argument`);
          assertAnswer(answers[0]);
          resolve(answers[0]);
        } catch (error) {
          reject(error);
        }
      });
    });
    return guarded(answer, () => `the answer to ${event}(${clip(args)}) at ${kindName(this)}`);
  }

  /** Emits an event without an acknowledgement. */
  tell(event, ...args) {
    this.socket.emit(event, ...args);
  }

  /** As `ask`, insists on success and returns the data. */
  async get(event, ...args) {
    const answer = await this.ask(event, ...args);
    if (!answer.success) assert.fail(`${event}(${clip(args)}) was refused: ${answer.status} ${answer.error}`);
    return answer.data;
  }

  /** As `ask`, insists on a refusal with this status, and with this text and code when given; returns it. */
  async refusal(event, args, status, { error, code } = {}) {
    const answer = await this.ask(event, ...args);
    if (answer.success) assert.fail(`${event}(${clip(args)}) was not refused`);
    if (answer.status !== status)
      assert.fail(`${event}(${clip(args)}): ${answer.status} ${answer.error}, not ${status}`);
    if (error !== undefined) assert.equal(answer.error, error);
    if (code !== undefined) assert.equal(answer.code, code);
    return answer;
  }

  /** Joins a room, insists that summary event and answer agree, and becomes that participant. */
  async join(roomId, name = null) {
    const answered = await this.get('join-room', roomId, name);
    const [summary] = await this.next('room-summary');
    assert.deepEqual(answered, summary, 'the answer and room-summary tell the same');
    return this.become(summary);
  }

  /** Remembers who the client is by this summary. */
  become(summary) {
    this.summary = summary;
    this.id = summary.myId;
    this.key = summary.participants.find(({ isMe }) => isMe).key;
    this.secrets.add(this.key);
    return summary;
  }

  /** How the REST API knows this participant. */
  get credentials() {
    return { id: this.id, key: this.key };
  }

  /** Waits for an event of this name (whose arguments satisfy `match`), takes it and returns its arguments. */
  async next(name, match = () => true) {
    const event = await this.#take((candidate) => candidate.name === name && match(...candidate.args), name);
    return event.args;
  }

  /** Takes the oldest event whatever it is, insists that it is of this name, and returns its arguments. */
  async nextIs(name) {
    const event = await this.#take(() => true, name);
    if (event.name !== name)
      assert.fail(`${clip(event)} and ${clip(this.inbox)} came to ${kindName(this)}, not ${name}`);
    return event.args;
  }

  async #take(wanted, what) {
    const look = () => {
      const at = this.inbox.findIndex(wanted);
      return at < 0 ? undefined : this.inbox.splice(at, 1)[0];
    };
    const there = look();
    if (there) return there;
    const arrival = new Promise((resolve) => {
      const lookAgain = () => {
        const event = look();
        if (!event) return;
        this.waiting.splice(this.waiting.indexOf(lookAgain), 1);
        resolve(event);
      };
      this.waiting.push(lookAgain);
    });
    return guarded(arrival, () => `${what} at ${kindName(this)}; the inbox holds ${clip(this.inbox)}`);
  }

  /** Insists that every event that has arrived was taken. Meaningful only after a barrier, see room.js. */
  assertNothingElse() {
    assert.deepEqual(this.inbox, [], `nothing else came to ${kindName(this)} ${this.id ?? ''}`);
  }

  /** Returns when the polling client has moved to WebSocket. */
  async upgraded() {
    const engine = this.socket.io.engine;
    if (engine.transport.name === 'websocket') return;
    const moved = new Promise((resolve) => engine.once('upgrade', resolve));
    if (engine.transport.name !== 'websocket') await guarded(moved, () => `${kindName(this)} to upgrade`);
  }

  /** What the client speaks at the moment: "polling" or "websocket". */
  get speaks() {
    return this.socket.io.engine.transport.name;
  }

  /** Says goodbye. */
  close() {
    this.closing = true;
    this.socket.close();
  }

  /** Cuts the connection without a goodbye. */
  cut() {
    this.closing = true;
    this.socket.io.engine.close();
  }
}

function clip(value) {
  const text = inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

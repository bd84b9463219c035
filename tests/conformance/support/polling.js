// HTTP long-polling with nothing between a test and the bytes of the bodies.
import assert from 'node:assert/strict';
import http from 'node:http';

import { guarded } from '../../integration/support/wait.js';

/** A request that has been sent in full, and is still to be answered. */
class Pending {
  constructor(outgoing, what) {
    this.outgoing = outgoing;
    const answered = new Promise((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const parts = [];
        response.on('error', reject);
        response.on('data', (part) => parts.push(part));
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          resolve({
            status: response.statusCode,
            headers: response.headers,
            bytes,
            text: bytes.toString('utf8'),
          });
        });
      });
    });
    this.answer = guarded(answered, () => `the answer to ${what}`);
    this.answer.catch(() => {});
  }

  /** Goes away without waiting for the answer. */
  abort() {
    this.outgoing.destroy();
  }
}

/** Sends a request on a connection of its own, and returns once it is on its way. `body` is text or a Buffer. */
async function send(address, target, { method = 'GET', headers = {}, body, chunked = false } = {}) {
  const [host, port] = address.split(':');
  const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const outgoing = http.request({
    host,
    port,
    path: target,
    method,
    headers: { ...length, ...headers },
    agent: false,
  });
  const pending = new Pending(outgoing, `${method} ${target}`);
  // Node.js writes the request in the turn in which it is connected.
  const sent = new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => socket.once('connect', resolve));
  });
  outgoing.end(body);
  await guarded(sent, () => `a connection for ${method} ${target}`);
  return pending;
}

/** Sends a request and returns its answer: `{ status, headers, bytes, text }`. */
export async function request(address, target, options) {
  return (await send(address, target, options)).answer;
}

/** A session over polling. */
export class PollingSession {
  static async open(server, query) {
    const session = new PollingSession(server, `transport=polling&${query}`);
    session.opened = await session.get();
    assert.equal(session.opened.status, 200, session.opened.text);
    session.sid = /"sid\\?":\\?"([^"\\]+)/.exec(session.opened.text)[1];
    return session;
  }

  constructor(server, query) {
    this.server = server;
    this.query = query;
    this.pending = new Set();
  }

  get target() {
    return `${this.server.path}?${this.query}${this.sid ? `&sid=${this.sid}` : ''}`;
  }

  async #send(options) {
    const pending = await send(this.server.address, this.target, options);
    this.pending.add(pending);
    return pending;
  }

  /** A poll that the server has seen and not yet answered, unless it had something to say. */
  async park() {
    const poll = await this.#send();
    // The server takes what comes in its order: when it answers this, it has seen the poll.
    assertRefusal(await this.server.request('transport=none'), 0);
    return poll;
  }

  /** A poll and its whole answer. */
  async get() {
    return (await this.#send()).answer;
  }

  /** The body of a poll that succeeds. */
  async poll() {
    const { status, text } = await this.get();
    assert.equal(status, 200, text);
    return text;
  }

  /** A POST that may be refused. */
  async send(body, headers = { 'content-type': 'text/plain;charset=UTF-8' }) {
    return (await this.#send({ method: 'POST', headers, body })).answer;
  }

  /** A POST that succeeds. */
  async post(body, headers) {
    const answer = await this.send(body, headers);
    assert.deepEqual([answer.status, answer.text], [200, 'ok']);
    return answer;
  }

  /** Insists that the server knows the session no more. */
  async assertGone() {
    assertRefusal(await this.get(), 1);
  }

  close() {
    for (const pending of this.pending) pending.abort();
  }
}

const REFUSALS = [
  '{"code":0,"message":"Transport unknown"}',
  '{"code":1,"message":"Session ID unknown"}',
  '{"code":2,"message":"Bad handshake method"}',
  '{"code":3,"message":"Bad request"}',
  '{"code":4,"message":"Forbidden"}',
  '{"code":5,"message":"Unsupported protocol version"}',
];

/** Insists on the refusal of this code. */
export function assertRefusal({ status, headers, text }, code) {
  assert.deepEqual(
    [status, headers['content-type'], text],
    [code === 4 ? 403 : 400, 'application/json', REFUSALS[code]],
  );
}

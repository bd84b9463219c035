// A WebSocket whose messages are read one by one.
import assert from 'node:assert/strict';

import WebSocket from 'ws';

import { guarded } from '../../integration/support/wait.js';

export class WebSocketSession {
  static async open(server, query, options) {
    const url = `ws://${server.address}${server.path}?transport=websocket&${query}`;
    const session = new WebSocketSession(new WebSocket(url, options));
    const opened = new Promise((resolve, reject) => {
      session.socket.once('open', resolve);
      session.socket.once('error', reject);
    });
    await guarded(opened, () => `a WebSocket for ${query}`);
    return session;
  }

  constructor(socket) {
    this.socket = socket;
    this.inbox = [];
    this.waiting = () => {};
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data, binary) => {
      this.inbox.push(binary ? data : data.toString('utf8'));
      this.waiting();
    });
    socket.on('error', () => {});
  }

  send(...messages) {
    for (const message of messages) this.socket.send(message);
  }

  /** The next message: text as a string, binary as a Buffer. */
  async next() {
    if (this.inbox.length === 0) {
      const arrival = new Promise((resolve, reject) => {
        this.waiting = resolve;
        this.closed.then((code) => this.inbox.length > 0 || reject(new Error(`closed with ${code}`)));
      });
      await guarded(arrival, () => 'a message');
    }
    return this.inbox.shift();
  }

  /** Insists that these messages come next, and returns when they have. */
  async hears(...messages) {
    for (const message of messages) assert.deepEqual(await this.next(), message);
  }

  /** All messages until the WebSocket is closed. */
  async *rest() {
    const open = guarded(this.closed, () => 'the WebSocket to be closed').then(() => false);
    for (;;) {
      const arrival = new Promise((resolve) => (this.waiting = () => resolve(true)));
      if (this.inbox.length === 0 && !(await Promise.race([arrival, open]))) return;
      yield* this.inbox.splice(0);
    }
  }

  /** Whether the server closes without having said anything that begins like this. */
  async endsWithout(beginning) {
    for await (const message of this.rest()) {
      if (typeof message === 'string' && message.startsWith(beginning)) return false;
    }
    return true;
  }

  /** The close code, when no message has come before it that was not read. */
  async closeCode() {
    const code = await guarded(this.closed, () => 'the WebSocket to be closed');
    assert.deepEqual(this.inbox, []);
    return code;
  }

  close() {
    this.socket.terminate();
  }
}

// python-socketio, the other client that is widely used, with one face of the official ones.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { guarded } from './wait.js';

// Debian's, whose packages another python in the path does not see.
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('client.py', import.meta.url));

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class PythonClient {
  /** Connects by these transports, such as "polling,websocket" for an upgrade. */
  static async connect(url, transports) {
    const client = new PythonClient(url, transports);
    client.connectedBy = (await client.#take('connected')).connected;
    return client;
  }

  constructor(url, transports) {
    this.child = spawn(PYTHON, [SCRIPT, url, transports], { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this.child);
    this.told = [];
    this.stderr = '';
    this.waiting = () => {};
    this.child.stdin.on('error', () => {});
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.told.push(JSON.parse(line));
      this.waiting();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        running.delete(this.child);
        resolve(code);
      });
    });
  }

  async #take(kind, matches = () => true) {
    const find = () => this.told.findIndex((one) => kind in one && matches(one));
    if (find() < 0) {
      const arrival = new Promise((resolve, reject) => {
        this.waiting = () => find() >= 0 && resolve();
        this.ended.then((code) => reject(new Error(`python ended with ${code}: ${this.stderr}`)));
      });
      await guarded(arrival, () => `${kind} at python-socketio; ${this.stderr}`);
    }
    return this.told.splice(find(), 1)[0];
  }

  /** Emits an event and returns its answer. */
  async ask(...event) {
    this.child.stdin.write(`${JSON.stringify(event)}\n`);
    return (await this.#take('answer')).answer;
  }

  /** As `ask`, insists on success and returns the data. */
  async get(...event) {
    const answer = await this.ask(...event);
    assert.equal(answer.success, true, JSON.stringify(answer));
    return answer.data;
  }

  /** What the client speaks at the moment. */
  transport() {
    return this.ask('/transport');
  }

  /** The arguments of the next event of this name. */
  async next(name) {
    return (await this.#take('event', ({ event }) => event === name)).args;
  }

  /** Says goodbye, and insists on a clean end. */
  async close() {
    this.child.stdin.write('["/disconnect"]\n');
    assert.equal(await guarded(this.ended, () => 'python to end'), 0, this.stderr);
  }

  /** Ends without a goodbye, if it has not ended yet. */
  kill() {
    this.child.kill('SIGKILL');
  }
}

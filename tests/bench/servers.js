// The servers that are measured, each started afresh for a run.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Parley } from '../integration/support/processes.js';
import { guarded } from '../integration/support/wait.js';

/** What clients are held to in daily life isn't measured: all of them come from one address, and at once. */
const PARLEY_FLAGS = {
  room: { 'log-level': 'warning', 'max-participants': 0 },
  messaging: { 'log-level': 'warning', 'message-rate': 0, 'max-room-history-bytes': 0, 'max-history-bytes': 0 },
  edge: {
    'log-level': 'warning',
    'max-connections': 0,
    'max-connections-per-address': 0,
    'max-polling-sessions': 0,
    'max-polling-sessions-per-address': 0,
    'handshake-rate-per-address': 0,
    'event-rate-per-socket': 0,
  },
};

/** All three processes, with their durable stores on the disk that `directory` is on. */
export class ParleySystem {
  constructor(directory, edgeFlags = {}) {
    this.directory = directory;
    this.edgeFlags = edgeFlags;
  }

  async start() {
    this.data = mkdtempSync(join(this.directory, 'parley-bench-'));
    const { room, messaging, edge } = PARLEY_FLAGS;
    this.parley = new Parley({
      flags: {
        room: { ...room, 'data-dir': join(this.data, 'room') },
        messaging: { ...messaging, 'data-dir': join(this.data, 'messaging') },
        edge: { ...edge, ...this.edgeFlags },
      },
    });
    await this.parley.start();
  }

  get address() {
    return this.parley.edge.endpoints.http;
  }

  /** Names and pids. */
  get processes() {
    const { edge, room, messaging } = this.parley;
    return { edge: edge.pid, room: room.pid, messaging: messaging.pid };
  }

  async stop() {
    try {
      await this.parley.stop();
    } finally {
      rmSync(this.data, { recursive: true, force: true });
    }
  }
}

/** reference/server.js: one process of Node.js, which keeps nothing on disk. */
export class ReferenceSystem {
  async start() {
    const script = fileURLToPath(new URL('reference/server.js', import.meta.url));
    this.child = spawn(process.execPath, [script], {
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.killer = () => this.child.kill('SIGKILL');
    process.on('exit', this.killer);
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    const listening = new Promise((resolve, reject) => {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const [, address] = /^listening http (\S+)$/.exec(line) ?? [];
        if (address) resolve(address);
      });
      this.ended.then((code) => reject(new Error(`the reference ended (${code}) before it listened`)));
    });
    this.address = await guarded(listening, () => 'the reference to listen');
  }

  get processes() {
    return { node: this.child.pid };
  }

  async stop() {
    this.child.kill('SIGTERM');
    const code = await guarded(this.ended, () => 'the reference to end');
    process.off('exit', this.killer);
    if (code !== 0) throw new Error(`the reference ended with ${code}`);
  }
}

// buf curl, as anybody would call our services by hand.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { guarded } from './wait.js';

const BUF = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
const cache = mkdtempSync(join(tmpdir(), 'parley-buf-'));
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

/** The complete JSON objects at the beginning of `text`, and what follows them. */
export function splitJson(text) {
  const objects = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < text.length; ++at) {
    const character = text[at];
    if (inString) {
      if (character === '\\') ++at;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{') {
      if (depth++ === 0) start = at;
    } else if (character === '}' && --depth === 0) {
      objects.push(JSON.parse(text.slice(start, at + 1)));
      start = at + 1;
    }
  }
  return { objects, rest: depth > 0 ? text.slice(start) : '' };
}

/** A running `buf curl`; its answers are read one by one. */
export class BufCurl {
  constructor(args, input) {
    // Over TLS it is agreed on in the handshake.
    const http2 = args.at(-1).startsWith('https:') ? [] : ['--http2-prior-knowledge'];
    const all = [BUF, 'curl', '--protocol', 'grpc', ...http2, ...args];
    this.what = `buf curl ${args.join(' ')}`;
    const env = { ...process.env, BUF_CACHE_DIR: cache };
    this.child = spawn(process.execPath, all, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {});
    if (input !== undefined) this.child.stdin.end(input);
    this.stdout = '';
    this.stderr = '';
    this.answers = [];
    this.unread = '';
    this.waiting = () => {};
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
      const { objects, rest } = splitJson(this.unread + text);
      this.unread = rest;
      this.answers.push(...objects);
      this.waiting();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  /** The next answer on the stream. */
  async next() {
    if (this.answers.length === 0) {
      const arrival = new Promise((resolve, reject) => {
        this.waiting = () => this.answers.length > 0 && resolve();
        this.ended.then(
          (code) =>
            this.answers.length > 0 || reject(new Error(`${this.what} ended with ${code}: ${this.stderr}`)),
        );
      });
      await guarded(arrival, () => `an answer to ${this.what}`);
    }
    return this.answers.shift();
  }

  /** The exit code. */
  async end() {
    return guarded(this.ended, () => `the end of ${this.what}`);
  }

  stop() {
    this.child.kill('SIGKILL');
  }
}

/** Lists what a server offers, by reflection. */
export async function listMethods(address) {
  const curl = new BufCurl(['--list-methods', `http://${address}`], '');
  assert.equal(await curl.end(), 0, curl.stderr);
  return curl.stdout
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** Calls a unary method, whose schema is found by reflection, and returns its answer. */
export async function call(address, method, request) {
  const curl = new BufCurl(['-d', JSON.stringify(request), `http://${address}/${method}`], '');
  assert.equal(await curl.end(), 0, `${method}: ${curl.stderr}`);
  return curl.next();
}

/** Calls a method that must fail; returns the canonical code, the text, and reason and domain of its ErrorInfo. */
export async function callError(address, method, request) {
  const curl = new BufCurl(['-d', JSON.stringify(request), `http://${address}/${method}`], '');
  assert.notEqual(await curl.end(), 0, `${method} must fail, not answer ${curl.stdout}`);
  const { objects } = splitJson(curl.stderr);
  assert.equal(objects.length, 1, curl.stderr);
  const [{ code, message, details = [] }] = objects;
  const infos = details.filter(({ type }) => type.endsWith('google.rpc.ErrorInfo'));
  assert.equal(infos.length, 1, `one ErrorInfo: ${curl.stderr}`);
  const { reason, domain } = errorInfo(Buffer.from(infos[0].value, 'base64'));
  return { code, message, reason, domain };
}

/** A google.rpc.ErrorInfo from its wire format: field 1 is the reason, field 2 the domain. */
function errorInfo(bytes) {
  const info = {};
  for (let at = 0; at < bytes.length;) {
    const field = bytes[at] >> 3;
    assert.equal(bytes[at] & 7, 2, 'all fields of ErrorInfo are of the length-delimited kind');
    const length = bytes[at + 1];
    assert.ok(length < 128, 'short fields only');
    const value = bytes.subarray(at + 2, at + 2 + length).toString('utf8');
    if (field === 1) info.reason = value;
    if (field === 2) info.domain = value;
    at += 2 + length;
  }
  return info;
}

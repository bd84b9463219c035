// HTTP as a client sees it, and TCP for what no client library would send.
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

import { trusted } from './authority.js';
import { guarded } from './wait.js';

/** One request on a connection of its own. `body` is sent as it is when it is a string or a Buffer. */
export async function request(url, path, { method = 'GET', headers = {}, body, chunked = false } = {}) {
  const target = new URL(url);
  const payload =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = new Promise((resolve, reject) => {
    const length = payload === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(payload) };
    const secure = target.protocol === 'https:';
    const outgoing = (secure ? https : http).request(
      {
        ...(secure ? { ca: trusted } : {}),
        // Without the brackets of an IPv6 address.
        host: target.hostname.replace(/^\[|\]$/g, ''),
        port: target.port,
        path,
        method,
        agent: false,
        headers: { ...length, ...headers },
      },
      (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          const text = bytes.toString('utf8');
          resolve({ status: response.statusCode, headers: response.headers, bytes, text, json: parse(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
  return guarded(answer, () => `the answer to ${method} ${path}`);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A GET request. */
export function get(url, path, headers = {}) {
  return request(url, path, { headers });
}

/** A POST request with a JSON body. */
export function post(url, path, body, headers = {}) {
  return request(url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

/** The REST API of one room. `verb` is send, edit or delete. */
export function api(url, idHash) {
  const call = (verb, body, headers) => post(url, `/api/${idHash}/${verb}`, body, headers);
  return {
    send: (from, to, content, headers) => call('send', { from, to, content }, headers),
    edit: (from, messageId, content, headers) => call('edit', { from, messageId, content }, headers),
    delete: (from, messageId, headers) => call('delete', { from, messageId }, headers),
    call,
  };
}

/** Insists on a successful answer of the REST API and returns its data. */
export function granted(response) {
  assert.equal(response.status, 200, response.text);
  assert.match(response.headers['content-type'], /^application\/json\b/);
  assert.equal(response.json?.success, true, response.text);
  assert.equal(response.json.error, null, response.text);
  const known = 'data' in response.json ? ['data', 'error', 'success'] : ['error', 'success'];
  assert.deepEqual(Object.keys(response.json).sort(), known, response.text);
  return response.json.data;
}

/** Insists on a refusal: its status, and its text and code where the contract fixes them. */
export function refused(response, status, { error, code, naming } = {}) {
  assert.equal(response.status, status, response.text);
  assert.match(response.headers['content-type'] ?? '', /^application\/json\b/);
  assertRefusalBody(response.json, response.text);
  if (error !== undefined) assert.equal(response.json.error, error);
  if (code !== undefined) assert.equal(response.json.code, code);
  if (naming !== undefined)
    assert.ok(response.json.error.includes(naming), `"${response.json.error}" names ${naming}`);
}

/** Insists on the shape that every refusal over HTTP has. */
export function assertRefusalBody(json, text) {
  assert.deepEqual(Object.keys(json ?? {}).sort(), ['code', 'error', 'success'], `a refusal, not ${text}`);
  assert.equal(json.success, false);
  assert.ok(typeof json.error === 'string' && json.error.length > 0, text);
  assert.match(json.code, /^[A-Z][A-Z0-9_]*$/);
}

/** A bare TCP connection to the edge, to speak HTTP badly on. */
export class RawConnection {
  static async open(url) {
    const { hostname, port } = new URL(url);
    const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const connected = new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    await guarded(connected, () => 'a TCP connection');
    return new RawConnection(socket);
  }

  constructor(socket) {
    this.socket = socket;
    this.received = '';
    // A reset while we still write is one of the ways in which a server may end such a conversation.
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text) => (this.received += text));
    this.closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  }

  write(text) {
    this.socket.write(text, 'latin1');
  }

  /** Everything that the server says until it closes; parsed as one HTTP answer when there is one. */
  async untilClosed() {
    await guarded(this.closed, () => `the server to close the connection; received: ${this.received}`);
    this.socket.destroy();
    const [head, ...rest] = this.received.split('\r\n\r\n');
    const [statusLine, ...lines] = head.split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const sent = rest.join('\r\n\r\n');
    const body = /chunked/i.test(headers['transfer-encoding']) ? unchunked(sent) : sent;
    const text = Buffer.from(body, 'latin1').toString('utf8');
    return { status: Number(statusLine.split(' ')[1]), headers, text, json: parse(text) };
  }

  close() {
    this.socket.destroy();
  }
}

function unchunked(text) {
  let body = '';
  for (let at = 0; ;) {
    const length = Number.parseInt(text.slice(at), 16);
    if (!(length > 0)) return body;
    const start = text.indexOf('\r\n', at) + 2;
    body += text.slice(start, start + length);
    at = start + length + 2;
  }
}

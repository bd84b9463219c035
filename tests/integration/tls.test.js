// The edge as its own end of TLS, which it is with --tls-certificate and --tls-key.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';

import { Authority, trusted } from './support/authority.js';
import { kindName } from './support/clients.js';
import { runToEnd } from './support/processes.js';
import { get, granted, RawConnection, request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';

const authority = new Authority();
const first = authority.server('first');
const second = authority.server('second');
// What the edge is told of, and what is replaced under it.
const FILES = { certificate: authority.path('served.pem'), key: authority.path('served.key') };

function put({ certificate, key }) {
  copyFileSync(certificate, FILES.certificate);
  copyFileSync(key, FILES.key);
}
put(first);

const FLAGS = { 'tls-certificate': FILES.certificate, 'tls-key': FILES.key };
const KINDS = [2, 4].flatMap((version) =>
  ['websocket', 'polling', 'upgrade'].map((transport) => ({ version, transport })),
);

/** A TLS connection whose handshake is done. */
async function connect(url, options = {}) {
  const { hostname, port } = new URL(url);
  const socket = tls.connect({ host: hostname, port: Number(port), ca: trusted, ...options });
  const connected = new Promise((resolve, reject) =>
    socket.once('secureConnect', resolve).once('error', reject),
  );
  await guarded(connected, () => 'a TLS connection');
  return socket;
}

/** The name in the certificate that a new connection is shown. */
async function nameShown(url) {
  const socket = await connect(url);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

const SETUP = { ...FLAGS, cookie: 'parley', 'header-timeout': '500ms', 'max-http-buffer-size': 4_000_000 };

suite('TLS', { flags: { edge: SETUP } }, (promise, parley) => {
  for (const kind of KINDS) {
    promise(`serves ${kindName(kind)} as it does without`, async (scope) => {
      const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      if (kind.transport === 'upgrade') await ada.upgraded();
      const said = await ada.get('send-message', 'everyone', 'ünder cover');
      assertSaid((await bea.next('new-room-message'))[0], { id: said.id, content: 'ünder cover' });
      const answer = granted(await room.api.send(ada.credentials, bea.id, 'by REST'));
      assertSaid((await bea.next('new-direct-message'))[0], { id: answer.id, content: 'by REST' });
      await room.depart(ada);
    });
  }

  promise('satisfies curl, which knows nothing but the root authority', async ({ parley: { url } }) => {
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--show-error', '--fail', '--cacert', authority.rootFile],
      ...['--write-out', ' %{http_version} %{ssl_verify_result}', `${url}/healthz`],
    ]);
    assert.match(stdout, / 1\.1 0$/);
  });

  promise('agrees on 1.2 and 1.3 with forward secrecy, and on nothing older', async ({ parley: { url } }) => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const socket = await connect(url, { minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await assert.rejects(connect(url, old), /protocol version/i);
    await assert.rejects(connect(url, { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }), /handshake/i);
  });

  promise('keeps the cookie of a session off plain HTTP', async ({ parley: { url } }) => {
    const { headers, text } = await get(url, '/socket.io/?EIO=4&transport=polling');
    const { sid } = JSON.parse(text.slice(1));
    assert.deepEqual(headers['set-cookie'], [`parley=${sid}; Path=/; HttpOnly; Secure; SameSite=Lax`]);
  });

  promise('resumes a session by its ticket', async ({ parley: { url } }) => {
    const socket = await connect(url);
    const ticket = new Promise((resolve) => socket.once('session', resolve));
    const session = await guarded(ticket, () => 'a session ticket');
    socket.destroy();
    const again = await connect(url, { session });
    assert.ok(again.isSessionReused());
    again.destroy();
  });

  promise('takes a body of two megabytes', async ({ parley: { url } }) => {
    const body = JSON.stringify({ content: 'x'.repeat(2_000_000) });
    const headers = { 'content-type': 'application/json' };
    const path = `/api/${'0'.repeat(32)}/send`;
    const { status, json } = await request(url, path, { method: 'POST', headers, body });
    assert.deepEqual([status, json.code], [400, 'INVALID_REQUEST']);
  });

  promise('tells the room at once of a client that was cut off', async (scope) => {
    const room = await scope.room('Ada', 'Bea', { version: 2, name: 'Cid' });
    const [ada, ...others] = room.members;
    for (const other of others) {
      other.closing = true;
      // The heartbeat would need more time than is waited here.
      other.socket.io.engine.transport.ws._socket.destroy();
      await ada.next('participant-left', (id) => id === other.id);
    }
  });

  promise('closes on whoever speaks plain HTTP, or takes too long, and counts it', async ({ parley: { url } }) => {
    const count = async (result) => {
      const { text } = await get(url, '/metrics');
      const line = new RegExp(`^parley_edge_tls_handshakes_total\\{result="${result}"\\} (\\d+)`, 'm');
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const [failed, late] = [await count('failed'), await count('timed_out')];
    const plain = await RawConnection.open(url.replace('https', 'http'));
    plain.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await plain.untilClosed();
    assert.doesNotMatch(plain.received, /HTTP/);
    const slow = await RawConnection.open(url.replace('https', 'http'));
    slow.write('\x16\x03\x01');
    await slow.untilClosed();
    assert.equal(await count('failed'), failed + 1);
    assert.equal(await count('timed_out'), late + 1);
  });

  promise('shows new connections the new certificate after SIGHUP, and keeps the others', async (scope) => {
    const { url, edge } = scope.parley;
    const logged = (text) => until(text, () => edge.log.find((line) => line.includes(text)));
    await logged('the TLS certificate is loaded');
    const room = await scope.room('Ada', { transport: 'polling', name: 'Bea' });
    assert.equal(await nameShown(url), 'first');

    put(second);
    assert.equal(await nameShown(url), 'first');
    process.kill(edge.pid, 'SIGHUP');
    await until('the second certificate is shown', async () => (await nameShown(url)) === 'second');

    const mark = edge.log.length;
    writeFileSync(FILES.key, 'not a key');
    process.kill(edge.pid, 'SIGHUP');
    const error = await until('the error is logged', () =>
      edge.log.slice(mark).find((line) => line.includes('the TLS certificate stays as it was')),
    );
    const { level, cause, expires } = JSON.parse(error);
    assert.equal(level, 'error');
    assert.ok(cause.startsWith(`${FILES.key} holds no usable private key`), cause);
    assert.ok(new Date(expires) > new Date(), `${expires} is the date of what is still served`);
    assert.equal(await nameShown(url), 'second');

    put(first);
    process.kill(edge.pid, 'SIGHUP');
    await until('the first certificate is shown', async () => (await nameShown(url)) === 'first');
    await room.quiet();
  });
});

describe('TLS is refused at the start', () => {
  const refusals = {
    'without a key': [{ 'tls-key': undefined }, '--tls-key must be given'],
    'without a certificate': [{ 'tls-certificate': undefined }, '--tls-certificate must be given'],
    'with a file that is not there': [{ 'tls-key': '/nowhere/key.pem' }, 'cannot read /nowhere/key.pem'],
    'with a key of another certificate': [{ 'tls-key': second.key }, 'does not belong to the certificate'],
    'with files that were mixed up': [{ 'tls-certificate': first.key }, 'holds no usable certificate chain'],
  };
  for (const [how, [change, problem]] of Object.entries(refusals)) {
    it(`${how}, with a word on what is wrong`, async () => {
      const flags = { 'tls-certificate': first.certificate, 'tls-key': first.key, port: 0, ...change };
      const args = Object.entries(flags).filter(([, value]) => value !== undefined);
      const { code, stdout, stderr } = await runToEnd('edge', args.map(([flag, value]) => `--${flag}=${value}`));
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes(problem), stderr);
      assert.equal(stdout, '');
    });
  }
});

// TLS between the processes: --grpc-tls-certificate, --grpc-tls-key and --grpc-tls-authority.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';

import { Authority } from './support/authority.js';
import { BufCurl } from './support/buf.js';
import { kindName } from './support/clients.js';
import { flagArguments, Process, runToEnd } from './support/processes.js';
import { get, granted } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';

const ours = new Authority();
const foreign = new Authority();
const first = ours.server('first');
const second = ours.server('second');
const elsewhere = ours.server('elsewhere', 'DNS:elsewhere');
const stranger = foreign.server('stranger');

/** The flags of a process with these files; what is undefined is left out. */
function flags({ certificate, key }, authority) {
  const all = { 'grpc-tls-certificate': certificate, 'grpc-tls-key': key, 'grpc-tls-authority': authority };
  return Object.fromEntries(Object.entries(all).filter(([, file]) => file !== undefined));
}
const NONE = {};

/** Asks a service for its health by buf, with these arguments; returns its exit code and what it printed. */
async function health(address, args, scheme = 'https') {
  const method = `${scheme}://${address}/grpc.health.v1.Health/Check`;
  const curl = new BufCurl([...args, '-d', '{}', method], '');
  return { code: await curl.end(), stdout: curl.stdout, stderr: curl.stderr };
}

function shown({ certificate, key }) {
  return ['--cert', certificate, '--key', key];
}

async function assertServes(address, args) {
  const { code, stdout, stderr } = await health(address, args);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { status: 'SERVING' });
}

async function assertRefuses(address, args, scheme) {
  const { code, stdout } = await health(address, args, scheme);
  assert.notEqual(code, 0);
  assert.equal(stdout, '');
}

/** Returns when the log has a line with this text. */
function logged(process, text) {
  return until(`${process.name} has logged: ${text}`, () => process.log.find((line) => line.includes(text)));
}

const MUTUAL = flags(first, ours.rootFile);
const KINDS = [
  { version: 4, transport: 'websocket' },
  { version: 2, transport: 'polling' },
];

const EVERYWHERE = { flags: { room: MUTUAL, messaging: MUTUAL, edge: MUTUAL } };

suite('gRPC with TLS on both sides', EVERYWHERE, (promise, parley) => {
  const services = () => [parley.room.endpoints.grpc, parley.messaging.endpoints.grpc];

  for (const kind of KINDS) {
    promise(`carries a whole conversation of ${kindName(kind)}`, async (scope) => {
      const room = await scope.room({ ...kind, name: 'Ada' }, { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      const said = await ada.get('send-message', 'everyone', 'among ourselves');
      assertSaid((await bea.next('new-room-message'))[0], { id: said.id, content: 'among ourselves' });
      const answer = granted(await room.api.send(ada.credentials, bea.id, 'by REST'));
      assertSaid((await bea.next('new-direct-message'))[0], { id: answer.id, content: 'by REST' });
      await room.depart(ada);
    });
  }

  promise('outlives the restart of a service', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    for (const service of [parley.room, parley.messaging]) {
      await service.stop();
      await service.start();
      await parley.ready();
      const said = await ada.get('send-message', 'everyone', `after ${service.name}`);
      assertSaid((await bea.next('new-room-message'))[0], { id: said.id, content: `after ${service.name}` });
    }
    await room.quiet();
  });

  promise('serves those whom the authority vouches for, by hand as well', async () => {
    const args = ['--cacert', ours.rootFile, ...shown(second)];
    for (const address of services()) await assertServes(address, args);
  });

  promise('refuses who shows no certificate, or a stranger’s, or speaks plaintext', async () => {
    for (const address of services()) {
      await assertRefuses(address, ['--cacert', ours.rootFile]);
      await assertRefuses(address, ['--cacert', ours.rootFile, ...shown(stranger)]);
      await assertRefuses(address, [], 'http');
    }
    for (const service of [parley.room, parley.messaging]) {
      await logged(service, 'did not return a certificate');
      await logged(service, 'certificate verify failed');
    }
  });
});

describe('gRPC with TLS on one side', () => {
  const service = new Process('room-service', flags(first));
  before(() => service.start());
  after(() => service.stop());

  it('serves whoever trusts the authority', async () => {
    await assertServes(service.endpoints.grpc, ['--cacert', ours.rootFile]);
    await assertRefuses(service.endpoints.grpc, ['--cacert', foreign.rootFile]);
  });
});

describe('An edge whose TLS does not fit', () => {
  const service = new Process('room-service', MUTUAL);
  const misnamed = new Process('room-service', flags(elsewhere, ours.rootFile));
  before(() => Promise.all([service.start(), misnamed.start()]));
  after(() => Promise.all([service.stop(), misnamed.stop()]));

  // What is amiss, the edge's flags, the service that it calls, whose log tells, and what that says.
  const strangers = flags(stranger, ours.rootFile);
  const cases = [
    ['trusts others', flags(first, foreign.rootFile), service, 'edge', 'certificate verify failed'],
    ['shows nothing', flags(NONE, ours.rootFile), service, 'room-service', 'did not return a certificate'],
    ['shows a stranger’s certificate', strangers, service, 'room-service', 'certificate verify failed'],
    ['speaks plaintext', NONE, service, 'room-service', 'wrong version number'],
    ['calls by another name', MUTUAL, misnamed, 'edge', 'Hostname Verification'],
  ];
  for (const [what, edgeFlags, room, whose, cause] of cases) {
    it(`stays unready when it ${what}, and the log says why`, async () => {
      const address = room.endpoints.grpc;
      const edge = await new Process('edge', {
        ...edgeFlags,
        'room-service-address': address,
        'messaging-service-address': address,
        'rpc-timeout': '500ms',
      }).start();
      const teller = whose === 'edge' ? edge : room;
      const mark = teller === edge ? 0 : room.log.length;
      try {
        const url = `http://${edge.endpoints.http}`;
        await until(`${whose} says why`, () => teller.log.slice(mark).some((line) => line.includes(cause)));
        await logged(edge, 'lease not renewed');
        assert.equal((await get(url, '/readyz')).status, 503);
        for (const line of edge.log) assert.doesNotThrow(() => JSON.parse(line), line);
      } finally {
        await edge.stop();
      }
    });
  }
});

describe('A certificate that is replaced', () => {
  // As Kubernetes does it: what is a directory for the process is a link, which is replaced at once.
  const served = ours.path('served');
  const put = (name, { certificate, key }, authorities) => {
    const directory = ours.path(name);
    mkdirSync(directory);
    copyFileSync(certificate, join(directory, 'tls.crt'));
    copyFileSync(key, join(directory, 'tls.key'));
    writeFileSync(join(directory, 'ca.crt'), authorities.map((file) => readFileSync(file, 'utf8')).join(''));
    symlinkSync(directory, `${served}.new`);
    renameSync(`${served}.new`, served);
  };
  const own = { certificate: join(served, 'tls.crt'), key: join(served, 'tls.key') };
  let service;
  before(async () => {
    put('before', first, [ours.rootFile]);
    service = await new Process('room-service', flags(own, join(served, 'ca.crt'))).start();
  });
  after(() => service.stop());

  async function nameShown() {
    const [host, port] = service.endpoints.grpc.split(':');
    const [cert, key, ca] = [first.certificate, first.key, ours.rootFile].map((file) => readFileSync(file));
    const socket = tls.connect({ host, port, cert, key, ca, ALPNProtocols: ['h2'] });
    const connected = new Promise((resolve, reject) =>
      socket.once('secureConnect', resolve).once('error', reject),
    );
    await guarded(connected, () => 'a TLS connection');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  }

  it('is shown to those who come then, and so is who else is trusted, without a restart', async () => {
    const address = service.endpoints.grpc;
    const asStranger = ['--cacert', ours.rootFile, ...shown(stranger)];
    assert.equal(await nameShown(), 'first');
    await assertRefuses(address, asStranger);
    put('after', second, [ours.rootFile, foreign.rootFile]);
    await until('the second certificate is shown', async () => (await nameShown()) === 'second');
    await until('the stranger is served', async () => (await health(address, asStranger)).code === 0);
  });

  it('is missed by those who come while it does not do, and the log says why, until it is mended', async () => {
    put('broken', { certificate: first.certificate, key: first.certificate }, [ours.rootFile]);
    await logged(service, 'Invalid private key');
    await logged(service, 'Update handshaker factory failed');
    await assertRefuses(service.endpoints.grpc, ['--cacert', ours.rootFile, ...shown(first)]);
    put('mended', first, [ours.rootFile]);
    const name = () => nameShown().catch((error) => error.message);
    await until('the first certificate is shown', async () => (await name()) === 'first');
  });
});

describe('TLS between the processes is refused at the start', () => {
  const whole = flags(first, ours.rootFile);
  const refusals = {
    'without a key': ['room-service', { 'grpc-tls-key': undefined }, '--grpc-tls-key must be given too'],
    'without a certificate': [
      'edge',
      { 'grpc-tls-certificate': undefined },
      '--grpc-tls-certificate must be given too',
    ],
    'of a server that has nothing to show': [
      'room-service',
      { 'grpc-tls-certificate': undefined, 'grpc-tls-key': undefined },
      '--grpc-tls-certificate and --grpc-tls-key must be given too: a server has to show them',
    ],
    'of a client that would check nothing': [
      'edge',
      { 'grpc-tls-authority': undefined },
      '--grpc-tls-authority must be given too',
    ],
    'of a server that calls others and would check nothing': [
      'messaging-service',
      { 'grpc-tls-authority': undefined },
      '--grpc-tls-authority must be given too',
    ],
    'with a file that is not there': [
      'edge',
      { 'grpc-tls-authority': '/nowhere/ca.pem' },
      '--grpc-tls-authority: cannot read /nowhere/ca.pem',
    ],
    'with an authority that is none': [
      'messaging-service',
      { 'grpc-tls-authority': first.key },
      `--grpc-tls-authority: ${first.key} holds no usable certificate of an authority`,
    ],
    'with a key of another certificate': [
      'room-service',
      { 'grpc-tls-key': second.key },
      '--grpc-tls-certificate and --grpc-tls-key: the key in',
    ],
  };
  for (const [how, [name, change, problem]] of Object.entries(refusals)) {
    it(`${how}, with a word on what is wrong`, async () => {
      const all = Object.entries({ port: 0, ...whole, ...change });
      const given = all.filter(([, value]) => value !== undefined);
      const { code, stdout, stderr } = await runToEnd(name, flagArguments(Object.fromEntries(given)));
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes(problem), stderr);
      assert.ok(stderr.includes('the configuration has 1 problem:'), stderr);
      assert.equal(stdout, '');
    });
  }
});

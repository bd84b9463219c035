// Starting, stopping, watching and configuring the processes.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';

import { metric } from './support/metrics.js';
import { executable, Process, runToEnd, threadsOf } from './support/processes.js';
import { get, granted, post, refused, request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

const COMMON_FLAGS = {
  host: '127.0.0.1',
  scheduling: 'batch',
  'grpc-threads': '1',
  'grpc-tls-authority': '',
  'grpc-tls-certificate': '',
  'grpc-tls-key': '',
  'log-format': 'text',
  'log-level': 'info',
  'shutdown-timeout': '10s',
};
/** Every flag of every process, and its default. */
const FLAGS = {
  'room-service': {
    ...COMMON_FLAGS,
    port: '50051',
    'metrics-port': '9101',
    'data-dir': 'data',
    durability: 'process',
    'join-timeout': '10s',
    'reconnect-grace': '10s',
    'edge-lease': '15s',
    'max-participants': '500',
  },
  'messaging-service': {
    ...COMMON_FLAGS,
    port: '50052',
    'metrics-port': '9102',
    'data-dir': 'data',
    durability: 'process',
    'room-service-address': '127.0.0.1:50051',
    'message-rate': '10',
    'message-burst': '20',
    'max-room-history-bytes': '67108864',
    'max-history-bytes': '536870912',
  },
  edge: {
    ...COMMON_FLAGS,
    port: '3000',
    workers: '0',
    'tls-certificate': '',
    'tls-key': '',
    'room-service-address': '127.0.0.1:50051',
    'messaging-service-address': '127.0.0.1:50052',
    'max-http-buffer-size': '1000000',
    'http-compression': 'true',
    'per-message-deflate': 'false',
    cookie: '',
    'connect-timeout': '45s',
    'header-timeout': '10s',
    'body-timeout': '20s',
    'rpc-timeout': '5s',
    'upgrade-timeout': '10s',
    'max-json-depth': '32',
    'max-socket-queue-size': '4000000',
    'ping-interval': '25s',
    'ping-timeout': '20s',
    'reconnect-grace': '10s',
    'drain-time': '3s',
    'cors-origins': '*',
    'max-connections': '50000',
    'max-connections-per-address': '20000',
    'handshake-rate-per-address': '1000',
    'handshake-burst-per-address': '10000',
    'max-polling-sessions': '20000',
    'max-polling-sessions-per-address': '8000',
    'max-queued-bytes': '268435456',
    'event-rate-per-socket': '1000',
    'event-burst-per-socket': '2000',
    'trusted-proxies': '',
  },
};
const variable = (flag) => `PARLEY_${flag.toUpperCase().replaceAll('-', '_')}`;

describe('Configuration', () => {
  for (const [name, flags] of Object.entries(FLAGS)) {
    it(`${name} --help tells every flag with its default and its environment variable`, async () => {
      const { code, stdout, stderr } = await runToEnd(name, ['--help']);
      assert.equal(code, 0, stderr);
      assert.ok(!/^listening /m.test(stdout), 'help starts nothing');
      const told = [...stdout.matchAll(/^ {2}--(\S+) {2}\((\w+), default (.*)\)$/gm)];
      assert.deepEqual(
        Object.fromEntries(told.map(([, flag, name_, value]) => [flag, [name_, value]])),
        Object.fromEntries(
          Object.entries(flags).map(([flag, value]) => [flag, [variable(flag), value || 'empty']]),
        ),
      );
    });

    it(`${name} tells every problem of a configuration at once and does not start`, async () => {
      const args = ['--log-level=shouting', '--log-format=poetry', '--scheduling=never', '--no-such-flag=1'];
      const own = {
        'room-service': ['--durability=ever', '--join-timeout=soon', '--metrics-port=70000'],
        'messaging-service': ['--message-rate=many', '--room-service-address='],
        edge: [
          '--ping-interval=often',
          '--drain-time=sometime',
          '--cookie=a=b',
          '--workers=-1',
          '--max-http-buffer-size=huge',
          '--max-connections=-1',
          '--handshake-rate-per-address=-1',
          '--event-burst-per-socket=0',
          '--trusted-proxies=10.0.0.0/8,proxy.example',
          '--cors-origins=https://*.example.com',
          '--room-service-address=http://rooms:80',
        ],
      }[name];
      const variables = { PARLEY_PORT: '123456', PARLEY_SHUTDOWN_TIMEOUT: 'never' };
      const { code, stdout, stderr } = await runToEnd(name, [...args, ...own], variables);
      assert.equal(code, 2, stderr);
      assert.ok(!/^listening /m.test(stdout));
      for (const problem of [...args, ...own].map((arg) => arg.slice(2).split('=')[0])) {
        assert.ok(stderr.includes(problem), `${problem} is among the problems:\n${stderr}`);
      }
      for (const [flag, name_] of [
        ['port', 'PARLEY_PORT'],
        ['shutdown-timeout', 'PARLEY_SHUTDOWN_TIMEOUT'],
      ]) {
        assert.ok(
          stderr.includes(name_) || stderr.includes(`--${flag}`),
          `${name_} is among the problems:\n${stderr}`,
        );
      }
    });

    it(`${name} refuses a time without end`, async () => {
      const { code, stderr } = await runToEnd(name, ['--shutdown-timeout=inf']);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes('shutdown-timeout'), stderr);
    });

    it(`${name} refuses words that are no flags`, async () => {
      const { code, stdout, stderr } = await runToEnd(name, ['surplus']);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes('surplus'), stderr);
      assert.ok(!/^listening /m.test(stdout));
    });

    it(`${name} that cannot have its port says so and ends with 1`, async () => {
      const first = await new Process('room-service', {}).start();
      try {
        const port = first.endpoints.grpc.split(':').at(-1);
        const others = name === 'edge' ? [] : ['--metrics-port=0'];
        const { code, stdout, stderr } = await runToEnd(name, [`--port=${port}`, ...others]);
        assert.equal(code, 1, stderr);
        assert.ok(!/^listening /m.test(stdout), stdout);
        assert.ok(stderr.includes(port), stderr);
      } finally {
        await first.stop();
      }
    });
  }

  it('a flag goes before its environment variable, which goes before the default', async () => {
    const text = { 'log-format': 'text' };
    const byVariable = new Process(
      'room-service',
      {},
      { PARLEY_LOG_FORMAT: 'json', PARLEY_LOG_LEVEL: 'debug' },
    );
    delete byVariable.flags['log-format'];
    delete byVariable.flags['log-level'];
    const byFlag = new Process('room-service', text, { PARLEY_LOG_FORMAT: 'json' });
    const isJson = (line) => {
      try {
        return typeof JSON.parse(line) === 'object';
      } catch {
        return false;
      }
    };
    await byVariable.start();
    await byVariable.stop();
    assert.ok(byVariable.log.length > 0 && byVariable.log.every(isJson), byVariable.log.join('\n'));
    await byFlag.start();
    await byFlag.stop();
    assert.ok(byFlag.log.length > 0 && !byFlag.log.some(isJson), byFlag.log.join('\n'));
  });
});

/** How the kernel schedules each thread of a process: 0 for SCHED_OTHER, 3 for SCHED_BATCH. */
function schedulingPolicies(pid) {
  return new Map([...threadsOf(pid)].map(([thread, fields]) => [thread, fields[38]]));
}

describe('Scheduling', () => {
  const ours = schedulingPolicies(process.pid).get(process.pid);
  for (const name of ['room-service', 'messaging-service', 'edge']) {
    it(`${name} schedules all of its threads as it is told`, async () => {
      for (const [flags, expected] of [
        [{}, ours === '0' ? '3' : ours],
        [{ scheduling: 'normal' }, ours],
      ]) {
        const started = await new Process(name, flags).start();
        try {
          const policies = schedulingPolicies(started.pid);
          assert.equal(policies.get(started.pid), expected);
          // A sanitizer starts a thread of its own, before any flag is read.
          if (!executable(name).includes('san/')) assert.deepEqual(new Set(policies.values()), new Set([expected]));
        } finally {
          await started.stop();
        }
      }
    });
  }
});

const IPV6 = {
  flags: { room: { host: '::1' }, messaging: { host: '[::1]' }, edge: { host: '[::1]' } },
};
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some(({ address }) => address === '::1');

if (hasIpv6) {
  suite('Processes that listen on IPv6', IPV6, (promise, parley) => {
    promise('serve clients, each other and whoever watches them', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      await ada.get('send-message', 'everyone', 'by IPv6');
      assertSaid((await bea.next('new-room-message'))[0], { content: 'by IPv6' });
      for (const { endpoints } of parley.processes)
        assert.match((await get(`http://${endpoints.metrics ?? endpoints.http}`, '/metrics')).text, /^parley_/m);
    });
  });
} else {
  it.skip('Processes that listen on IPv6');
}

suite('Operation', { flags: { edge: { 'max-http-buffer-size': 20_000 } } }, (promise, parley) => {
  describe('The processes', () => {
    promise('say on stdout where they listen and nothing else, and log to stderr as JSON', async (scope) => {
      await scope.room('Ada', 'Bea');
      const address = /^127\.0\.0\.1:[1-9]\d*$/;
      for (const [one, kinds] of [
        [parley.room, ['grpc', 'metrics']],
        [parley.messaging, ['grpc', 'metrics']],
        [parley.edge, ['http']],
      ]) {
        assert.deepEqual(
          one.stdout.map((line) => line.split(' ').slice(0, 2).join(' ')).sort(),
          kinds.map((kind) => `listening ${kind}`),
        );
        for (const kind of kinds) assert.match(one.endpoints[kind], address);
        for (const line of one.log) assert.equal(typeof JSON.parse(line), 'object', line);
      }
    });

    promise('count requests that no route answers', async () => {
      const counted = async (status) =>
        metric(parley.url, `parley_edge_http_requests_total{route="none",status="${status}"}`);
      const before = [await counted(404), await counted(405), await counted(204)];
      await get(parley.url, '/nothing/there');
      await request(parley.url, '/healthz', { method: 'DELETE' });
      await request(parley.url, '/healthz', { method: 'OPTIONS' });
      const after = [await counted(404), await counted(405), await counted(204)];
      assert.deepEqual(after, before.map((number) => number + 1));
    });

    promise('go on when they are told to read something anew that they have not', async (scope) => {
      for (const { child, log, name } of parley.processes) {
        child.kill('SIGHUP');
        await until(`${name} says so`, () => log.some((line) => line.includes('nothing to read anew')));
      }
      const room = await scope.room('Ada', 'Bea');
      await room.quiet();
    });

    promise('tell that their watches are open', async () => {
      for (const [url, watches] of [
        [parley.url, ['rooms', 'messages']],
        [`http://${parley.messaging.endpoints.metrics}`, ['rooms']],
      ]) {
        for (const watch of watches) assert.equal(await metric(url, `parley_watch_live{watch="${watch}"}`), 1);
      }
    });

    promise('tell of a room once, when it is created, and not again after a restart', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const creations = () =>
        parley.room.log.filter((line) => line.includes('room created') && line.includes(room.id)).length;
      assert.equal(creations(), 1);
      parley.room.child.kill('SIGKILL');
      await parley.room.ended;
      await parley.room.start();
      await parley.ready();
      await room.quiet();
      assert.equal(creations(), 1);
      assert.ok(parley.room.log.some((line) => line.includes('rooms taken up')));
    });

    promise('answer /healthz and /readyz at the edge', async () => {
      assert.equal((await get(parley.url, '/healthz')).status, 200);
      assert.equal((await get(parley.url, '/readyz')).status, 200);
    });

    promise('show Prometheus metrics, which count what happens', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      await room.members[0].get('send-message', 'everyone', 'counted');
      const urls = [
        parley.url,
        `http://${parley.room.endpoints.metrics}`,
        `http://${parley.messaging.endpoints.metrics}`,
      ];
      for (const url of urls) {
        const { status, headers, text } = await get(url, '/metrics');
        assert.equal(status, 200);
        assert.match(headers['content-type'], /^text\/plain/);
        assert.match(text, /^# TYPE \w+ (counter|gauge|histogram|summary)$/m);
        assert.match(text, /^\w*parley\w*(\{[^}]*\})? \d/m, 'metrics of our own');
        for (const line of text.split('\n')) {
          assert.match(
            line,
            /^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? \S+( \d+)?)?$/,
            'the text format of Prometheus',
          );
        }
        for (const { id, key } of room.members) {
          assert.ok(!text.includes(key) && !text.includes(id), 'no participant is named by a metric');
        }
        const head = await request(url, '/metrics', { method: 'HEAD' });
        assert.deepEqual([head.status, head.text], [200, '']);
        assert.equal((await request(url, '/metrics', { method: 'DELETE', body: 'please' })).status, 405);
        assert.equal((await get(url, '/metrics/none')).status, 404);
      }
    });

    promise('are not ready while a service hangs, although its connections stand, and catch up when it goes on', async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      for (const [service, word] of [
        [parley.messaging, 'messagingService'],
        [parley.room, 'roomService'],
      ]) {
        await service.freeze();
        try {
          await until(`/readyz answers 503 while ${service.name} hangs`, async () => {
            const { status, json } = await get(parley.url, '/readyz');
            return status === 503 && json[word] === 'unreachable';
          });
        } finally {
          service.thaw();
        }
        await parley.ready();
        const name = `after ${service.name}`;
        await ada.get('update-name', name);
        assert.deepEqual(await bea.next('participant-changed-name'), [ada.id, name]);
        const { id } = await ada.get('send-message', 'everyone', name);
        await bea.next('new-room-message', (message) => message.id === id);
        // messaging-service hears of who joins.
        const late = await scope.client();
        await late.join(room.id, 'Late');
        await late.get('send-message', ada.id, 'hello');
        await late.get('leave');
        await ada.next('new-direct-message');
        for (const member of [ada, bea]) {
          await member.next('new-participant');
          await member.next('participant-left');
        }
      }
      await room.quiet();
    });

    promise('are not ready while a service is away, and are again when it is back', async () => {
      for (const service of [parley.messaging, parley.room]) {
        await service.stop();
        const away = async () => (await get(parley.url, '/readyz')).status === 503;
        await until(`/readyz answers 503 without ${service.name}`, away);
        assert.equal((await get(parley.url, '/healthz')).status, 200, 'the edge itself is alive');
        await service.start();
        await parley.ready();
      }
    });

    promise('refuse for a while what needs a service that is away, and lose nobody', async (scope) => {
      const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
      const [ada, bea] = room.members;
      const url = parley.url;
      const path = `/api/${room.idHash}/send`;
      const body = { from: ada.credentials, to: 'everyone', content: 'patience' };
      const key = { 'idempotency-key': 'the same request, however often' };
      await parley.messaging.stop();
      const response = await post(url, path, body, key);
      refused(response, 503);
      assert.match(response.headers['retry-after'], /^\d+$/);
      await ada.refusal('send-message', ['everyone', 'patience'], 503);
      await bea.get('update-name', 'B.');
      assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, 'B.']);

      await parley.messaging.start();
      const message = await until('the request is granted', async () => {
        const again = await post(url, path, body, key);
        return again.status === 503 ? undefined : granted(again);
      });
      for (let repeat = 0; repeat < 3; ++repeat)
        assert.deepEqual(granted(await post(url, path, body, key)), message);
      assert.deepEqual(await bea.next('new-room-message'), [message]);
      await parley.ready();
      assert.deepEqual((await room.quiet()).messages, [message]);
    });

    promise('refuse to create and to join while room-service is away', async (scope) => {
      const client = await scope.client();
      const old = await scope.client({ version: 2, transport: 'polling' });
      const { id } = await client.get('create-room');
      await client.next('join-room');
      await parley.room.stop();
      const isRefused = async (one) => {
        await one.refusal('create-room', [], 503);
        await one.refusal('get-rtp-capabilities', [id], 503);
        const { code, error } = await one.refusal('join-room', [id], 503);
        assert.deepEqual(await one.next('error'), [
          { event: 'join-room', code, status: 503, message: error },
        ]);
        await one.next('error-event');
        one.assertNothingElse();
      };
      await Promise.all([client, old].map(isRefused));
      await parley.room.start();
      await parley.ready();
      const room = await scope.room();
      for (const one of [client, old]) await room.enter({ client: one, name: 'Back' });
      const message = await client.get('send-message', 'everyone', 'back again');
      assertSaid((await old.next('new-room-message'))[0], { id: message.id });
      await room.quiet();
    });
  });

  describe('Stopping', () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      describe(`by ${signal}`, () => {
        promise('ends every process cleanly while clients are connected and talk', async (scope) => {
          const kinds = [2, 3, 4].flatMap((version) =>
            ['websocket', 'polling'].map((transport) => ({ version, transport })),
          );
          const room = await scope.room(...kinds);
          for (const member of room.members) {
            member.closing = true;
            for (let number = 0; number < 10; ++number) member.tell('send-message', 'everyone', `${number}`);
          }
          await parley.edge.stop(signal);
          for (const member of room.members) await member.lost;
          await parley.messaging.stop(signal);
          await parley.room.stop(signal);
          for (const one of [parley.room, parley.messaging, parley.edge]) await one.start();
          await parley.ready();
        });

        promise('needs no order: services may go before the edge', async (scope) => {
          const room = await scope.room('Ada', { version: 2, transport: 'polling' });
          for (const member of room.members) member.closing = true;
          await parley.room.stop(signal);
          await parley.messaging.stop(signal);
          await parley.edge.stop(signal);
          for (const one of [parley.room, parley.messaging, parley.edge]) await one.start();
          await parley.ready();
        });
      });
    }
  });

  describe('The logs', () => {
    promise('hold no key and no text of a message, whatever goes wrong, at debug level', async (scope) => {
      const words = 'unmistakable-words-of-a-message';
      const room = await scope.room('Ada', { name: 'Bea', version: 2, transport: 'polling' });
      const [ada, bea] = room.members;
      parley.secrets.add(words);
      const { url } = parley;
      const say = (body, headers) => post(url, `/api/${room.idHash}/send`, body, headers);

      const message = await ada.get('send-message', 'everyone', words);
      await ada.get('edit-message', message.id, `${words} edited`);
      await ada.get('send-message', bea.id, `direct ${words}`);
      await room.sendByRest(bea, 'everyone', words);
      await say({ from: ada.credentials, to: 'nobody', content: words });
      await say({ from: { id: ada.id, key: bea.key }, to: 'everyone', content: words });
      await say({ from: ada.credentials, to: 'everyone', content: words.repeat(200) });
      await say({ from: ada.credentials, to: 'everyone', content: words.repeat(1000) });
      await say({ from: { ...ada.credentials, id: 42 }, to: 'everyone', content: [words] });
      await say(`{"from":{"id":"${ada.id}","key":"${ada.key}"},"content":"${words}`);
      await say(`{"from":{"id":"${ada.id}","key":"${ada.key}"},"content":"${words}\\ud800"}`);
      await get(url, `/api/${room.idHash}/send?key=${ada.key}&content=${words}`);
      await get(url, `/${words}/${ada.key}`);
      for (const args of [
        ['everyone', [words]],
        ['everyone', words.repeat(200)],
        [words, words],
        [{ key: ada.key }, words],
      ]) {
        await ada.ask('send-message', ...args);
        ada.tell('send-message', ...args);
        await ada.next('error');
      }
      await ada.ask('no-such-event', words, ada.key);
      ada.tell('no-such-event', words, ada.key);
      await ada.ask('join-room', room.id, null, { participant: { id: ada.id, key: ada.key } });
      await ada.get('delete-message', message.id);
      await parley.messaging.stop();
      await say({ from: ada.credentials, to: 'everyone', content: words });
      await parley.messaging.start();
      await parley.ready();
      await ada.get('leave');
      parley.assertNoSecretLogged();
      for (const one of parley.processes) assert.ok(one.log.length > 0, `${one.name} does log`);
      const everything = parley.processes.flatMap(({ log }) => log).join('\n');
      assert.ok(everything.includes(room.id), 'the logs do tell the room');
      assert.ok(everything.includes(bea.id), 'the logs do tell the participant');
    });
  });
});

// Limits against floods: what one client, one address and all of them together may take.
import assert from 'node:assert/strict';

import { Client, KINDS, kindName } from './support/clients.js';
import { peakMib } from './support/memory.js';
import { metric } from './support/metrics.js';
import { frame, OPCODE, RawPolling, RawWebSocket } from './support/raw.js';
import { get, refused, request } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';
import { guarded, until } from './support/wait.js';

const TOO_FAST = {
  success: false,
  error: 'Please wait before sending events',
  status: 429,
  code: 'TOO_FAST',
};
const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const UPGRADE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** How often a limit has refused something. */
const refusals = (scope, limit) => metric(scope.parley.url, `parley_edge_refused_total{limit="${limit}"}`);

const PATIENT = { edge: { 'rpc-timeout': '1m' } };

suite('Giant events', { flags: PATIENT }, (promise, parley) => {
  promise('are refused while four megabytes of them wait to be handled', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    const peak = peakMib(parley.edge);
    const giant = 'x'.repeat(900_000);
    const answers = [];
    // One that is under way, four that wait, and those that are too many.
    await parley.room.freeze();
    const asked = Array.from({ length: 30 }, async (_, number) => {
      answers.push(await bea.ask('update-name', `Giant ${number}`, giant));
    });
    try {
      await until('all but five are answered', () => answers.length === 25);
    } finally {
      parley.room.thaw();
    }
    for (const answer of answers) assert.deepEqual(answer, TOO_FAST);
    await Promise.all(asked);
    for (const { success } of answers.slice(25)) assert.ok(success);
    for (let number = 0; number < 5; ++number)
      assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, `Giant ${number}`]);
    await room.quiet();

    assert.equal(await refusals(scope, 'queued_event_bytes'), 25);
    const grown = peakMib(parley.edge) - peak;
    scope.diagnose(`edge: at most ${grown.toFixed(1)} MiB more`);
    assert.ok(grown < 25, `the edge held ${grown.toFixed(1)} MiB more`);
  });
});

const FAST = { edge: { ...PATIENT.edge, 'event-rate-per-socket': 0 } };

suite('Giant events of many clients', { flags: FAST }, (promise, parley) => {
  promise('are refused while more of them wait than all clients together may have waiting', async (scope) => {
    const room = await scope.room(...Array.from({ length: 41 }, (_, number) => `Member ${number}`));
    const [host, ...others] = room.members;
    const peak = peakMib(parley.edge);
    const giant = 'x'.repeat(900_000);
    await parley.room.freeze();
    let asked;
    try {
      asked = others.flatMap((member) => Array.from({ length: 5 }, (_, at) => member.ask('update-name', `${at}`, giant)));
      // The first of each is under way, and the others would take 144 MB.
      await until('some are refused', async () => (await refusals(scope, 'queued_event_bytes')) > 0);
      await Promise.race(asked).then((answer) => assert.deepEqual(answer, TOO_FAST));
    } finally {
      parley.room.thaw();
    }
    const answers = await Promise.all(asked);
    const taken = answers.filter(({ success }) => success).length;
    for (const answer of answers) if (!answer.success) assert.deepEqual(answer, TOO_FAST);
    assert.ok(taken > 120, `only ${taken} were taken`);
    const grown = peakMib(parley.edge) - peak;
    scope.diagnose(`edge: at most ${grown.toFixed(1)} MiB more, ${taken} events taken`);
    await host.get('update-name', 'Host');
  });
});

suite('Events by the thousand', { flags: { edge: { 'event-rate-per-socket': 0 } } }, (promise) => {
  for (const kind of [{ version: 4 }, { version: 2, transport: 'polling' }]) {
    promise(`are all answered when their rate has no limit: client ${kind.version}`, async (scope) => {
      const room = await scope.room('Ada', { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      const names = Array.from({ length: 3_000 }, (_, number) => `Bea ${number}`);
      const answers = await Promise.all(names.map((name) => bea.ask('update-name', name)));
      for (const { success, error } of answers) assert.ok(success, error);
      for (const name of names) assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, name]);
      await room.quiet();
    });
  }

  promise('are refused, and not the client, when there are more than are kept', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    const names = Array.from({ length: 20_000 }, (_, number) => `Bea ${number}`);
    const answers = await Promise.all(names.map((name) => bea.ask('update-name', name)));
    const taken = names.filter((_, at) => answers[at].success);
    for (const answer of answers) if (!answer.success) assert.deepEqual(answer, TOO_FAST);
    assert.ok(taken.length > 2_000, `only ${taken.length} were taken`);
    for (const name of taken) assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, name]);
    await room.quiet();
  });
});

suite('What a client sends before its goodbye', {}, (promise) => {
  for (const kind of KINDS) {
    promise(`takes effect: ${kindName(kind)}`, async (scope) => {
      const room = await scope.room('Ada', { ...kind, name: 'Bea' });
      const [ada, bea] = room.members;
      if (kind.transport === 'upgrade') await bea.upgraded();
      const contents = Array.from({ length: 10 }, (_, number) => `goodbye ${number}`);
      for (const content of contents) bea.tell('send-message', 'everyone', content);
      bea.close();
      for (const content of contents)
        assertSaid((await ada.nextIs('new-room-message'))[0], { content, from: bea.id });
      assert.deepEqual(await ada.nextIs('participant-left'), [bea.id]);
      room.members = [ada];
      await room.quiet();
    });
  }
});

const HASTY = { flags: { edge: { 'rpc-timeout': '500ms' } } };

suite('What a client sends before it closes its connection', {}, (promise) => {
  promise('takes effect', async (scope) => {
    const room = await scope.room('Ada');
    const [ada] = room.members;
    const websocket = await RawWebSocket.connect(scope.parley.url);
    websocket.send(`42["join-room","${room.id}","Bea"]`);
    const [{ id }] = await ada.next('new-participant');
    const contents = Array.from({ length: 10 }, (_, number) => `last words ${number}`);
    for (const content of contents) websocket.send(`42["send-message","everyone","${content}"]`);
    websocket.send('42["leave"]');
    // Not by cutting the connection, which loses what the kernel holds for the edge.
    websocket.write(frame(OPCODE.close, Buffer.from([0x03, 0xe9])));
    assert.equal(await websocket.closeCode(), 1001);
    for (const content of contents) assertSaid((await ada.next('new-room-message'))[0], { content, from: id });
    assert.deepEqual(await ada.next('participant-left'), [id]);
    await room.quiet();
  });
});

suite('A goodbye', HASTY, (promise, parley) => {
  promise('does not wait for each event before it to fail', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    await parley.messaging.freeze();
    try {
      for (let number = 0; number < 500; ++number) bea.tell('send-message', 'everyone', `${number}`);
      bea.close();
      assert.deepEqual(await ada.next('participant-left'), [bea.id]);
    } finally {
      parley.messaging.thaw();
    }
  });
});

const SLOW = { edge: { 'event-rate-per-socket': 20, 'event-burst-per-socket': 40 } };

suite('The rate of events', { flags: SLOW }, (promise) => {
  for (const kind of [{ version: 4 }, { version: 2, transport: 'polling' }]) {
    promise(
      `allows a burst, then asks to wait, and takes more later: client ${kind.version}`,
      async (scope) => {
        const room = await scope.room('Ada', { ...kind, name: 'Bea' });
        const [ada, bea] = room.members;
        const counted = await refusals(scope, 'event_rate_per_socket');
        const names = Array.from({ length: 500 }, (_, number) => `Bea ${number}`);
        const answers = await Promise.all(names.map((name) => bea.ask('update-name', name)));
        const taken = names.filter((_, at) => answers[at].success);
        const refusedAnswers = answers.filter(({ success }) => !success);
        assert.ok(taken.length >= 35, `a burst is taken, not only ${taken.length}`);
        assert.ok(refusedAnswers.length > 0, 'beyond the burst it is too fast');
        for (const answer of refusedAnswers) assert.deepEqual(answer, TOO_FAST);
        await until('an event is taken again', async () => (await bea.ask('update-name', 'Later')).success);
        for (const name of [...taken, 'Later'])
          assert.deepEqual(await ada.next('participant-changed-name'), [bea.id, name]);
        assert.ok((await refusals(scope, 'event_rate_per_socket')) >= counted + refusedAnswers.length);
        await until('the others may go on', async () => (await ada.ask('update-name', 'Ada L.')).success);
      },
    );
  }

  promise('is the same for a client that says goodbye and connects again on its connection', async (scope) => {
    const before = await refusals(scope, 'event_rate_per_socket');
    const websocket = await RawWebSocket.open(scope.parley.url);
    const rounds = 5;
    for (let round = 0; round < rounds; ++round) {
      websocket.send('40');
      for (let number = 0; number < 40; ++number) websocket.send(`42${number}["get-rtp-capabilities","000000000"]`);
      if (round < rounds - 1) websocket.send('41');
    }
    await until('the last one is answered', async () => (await websocket.next()).startsWith('4339'));
    const refused = (await refusals(scope, 'event_rate_per_socket')) - before;
    assert.ok(refused > 100, `only ${refused} were refused`);
    websocket.close();
  });

  promise('tells by `error` who asked for no answer', async (scope) => {
    const room = await scope.room('Ada', 'Bea');
    const [ada, bea] = room.members;
    for (let number = 0; number < 300; ++number) bea.tell('update-name', `${number}`);
    for (let number = 0; number < 50; ++number) bea.tell('no-such-event', `${number}`);
    const last = await until('an event is taken again', async () => {
      const name = `last ${Math.random()}`;
      return (await bea.ask('update-name', name)).success && name;
    });
    let heard = 0;
    for (let name = ''; name !== last; ++heard) [, name] = await ada.next('participant-changed-name');
    const told = bea.inbox.filter(({ name }) => name === 'error');
    assert.equal(told.length, 300 - (heard - 1), 'each event had its effect or its error');
    const { code, status, error: message } = TOO_FAST;
    for (const { args } of told) assert.deepEqual(args, [{ event: 'update-name', code, status, message }]);
    assert.equal(bea.inbox.length, told.length);
  });

  promise('tells older clients that joining was refused', async (scope) => {
    const client = await scope.client({ version: 2 });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => client.ask('join-room', '000000000')),
    );
    const count = answers.filter(({ code }) => code === TOO_FAST.code).length;
    assert.ok(count > 0);
    const codes = client.inbox.filter(({ name }) => name === 'error-event').map(({ args }) => args[2]);
    assert.equal(codes.filter((code) => code === 'J429').length, count);
  });
});

const FEW = {
  edge: {
    'max-connections-per-address': 3,
    'handshake-rate-per-address': 0.01,
    'handshake-burst-per-address': 6,
  },
};

suite('One address', { flags: FEW }, (promise) => {
  promise('has so many connections and handshakes, and not one more', async (scope) => {
    const { url } = scope.parley;
    // The third connection is what the metrics are asked on.
    const clients = [await scope.client(), await scope.client({ version: 2 })];
    const third = await scope.client();
    await assert.rejects(Client.connect(url, { version: 4 }), 'a fourth connection');
    const answer = await get(url, '/nowhere', { origin: 'https://app.example' });
    refused(answer, 429, { code: 'TOO_MANY_CONNECTIONS' });
    assert.match(answer.headers['retry-after'], /^\d+$/);
    // Pages may read that too.
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['access-control-expose-headers'], 'Retry-After');
    assert.equal((await get(url, '/healthz')).status, 200, 'but for those who watch it');
    third.close();
    await until('a place is free again', async () => (await get(url, '/nowhere')).status === 404);
    assert.ok((await refusals(scope, 'max_connections_per_address')) >= 2);

    let last;
    for (let handshake = 0; handshake < 4; ++handshake) {
      last = await until('a connection is served', async () => {
        const response = await get(url, HANDSHAKE);
        return response.json?.code !== 'TOO_MANY_CONNECTIONS' && response;
      });
    }
    refused(last, 429, { code: 'TOO_MANY_HANDSHAKES' });
    assert.match(last.headers['retry-after'], /^\d+$/);
    const { id } = await clients[0].get('create-room');
    for (const client of clients) await client.join(id);
    assert.equal(await refusals(scope, 'handshake_rate_per_address'), 1);
  });
});

suite('A client that connects again and again on one connection', { flags: FEW }, (promise) => {
  promise('is counted as if each were another', async (scope) => {
    const websocket = await RawWebSocket.open(scope.parley.url);
    await websocket.next();
    const rounds = 20;
    for (let round = 0; round < rounds; ++round) {
      websocket.send('40');
      websocket.send('41');
    }
    let connected = 0;
    await guarded(
      (async () => {
        for (let packet = ''; packet !== null; ) {
          packet = await websocket.next().catch(() => null);
          if (packet?.startsWith('40')) ++connected;
        }
      })(),
      () => 'the connection to end',
    );
    assert.equal(connected, 6);
  });
});

const BEHIND_PROXY = { edge: { ...FEW.edge, 'trusted-proxies': '192.0.2.0/24, 127.0.0.1' } };

suite('A trusted proxy', { flags: BEHIND_PROXY }, (promise) => {
  promise('is passed over by limits that count the clients behind it', async (scope) => {
    const { url } = scope.parley;
    for (let handshake = 0; handshake < 10; ++handshake)
      assert.equal((await get(url, HANDSHAKE)).status, 200, 'the proxy itself has no limit');
    const from = (address) => ({ 'x-forwarded-for': `10.1.2.${Math.random()}, ${address}, 192.0.2.9` });
    for (const address of ['198.51.100.1', '198.51.100.2', '2001:db8::1']) {
      for (let handshake = 0; handshake < 6; ++handshake)
        assert.equal((await get(url, HANDSHAKE, from(address))).status, 200);
    }
    for (const address of ['198.51.100.1', '198.51.100.2:4711', '2001:db8::2'])
      refused(await get(url, HANDSHAKE, from(address)), 429, { code: 'TOO_MANY_HANDSHAKES' });
    const upgrade = await request(url, HANDSHAKE.replace('polling', 'websocket'), {
      headers: { ...UPGRADE, ...from('198.51.100.1') },
    });
    refused(upgrade, 429, { code: 'TOO_MANY_HANDSHAKES' });
  });
});

suite('A server with room for four', { flags: { edge: { 'max-connections': 4 } } }, (promise) => {
  promise('takes so many connections, and not one more', async (scope) => {
    const { url } = scope.parley;
    const room = await scope.room('Ada', 'Bea', 'Cy', 'Dee');
    await assert.rejects(Client.connect(url, { version: 4 }));
    refused(await get(url, '/nowhere'), 503, { code: 'TOO_MANY_CONNECTIONS' });
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const { status, headers } = await get(url, path);
      assert.deepEqual([status, headers.connection], [200, 'close'], path);
    }
    const message = await room.members[1].get('send-message', 'everyone', 'we are in');
    assert.deepEqual(await room.members[0].next('new-room-message'), [message]);
    room.members[3].close();
    await until('a place is free again', async () => (await get(url, '/nowhere')).status === 404);
    assert.ok((await refusals(scope, 'max_connections')) >= 2);
  });
});

suite(
  'A server with room for two who poll',
  { flags: { edge: { 'max-polling-sessions': 2 } } },
  (promise) => {
    promise('takes so many sessions, and not one more', async (scope) => {
      const { url } = scope.parley;
      const handshake = () => get(url, HANDSHAKE);
      const sids = [await handshake(), await handshake()].map(({ text }) => JSON.parse(text.slice(1)).sid);
      refused(await handshake(), 503, { code: 'TOO_MANY_SESSIONS' });
      const goodbye = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '1' };
      assert.equal((await request(url, `${HANDSHAKE}&sid=${sids[0]}`, goodbye)).text, 'ok');
      assert.equal((await handshake()).status, 200);
      assert.equal(await refusals(scope, 'max_polling_sessions'), 1);
    });
  },
);

const TWO_POLL = { 'max-polling-sessions-per-address': 2, 'trusted-proxies': '127.0.0.1' };

suite('Of one address', { flags: { edge: TWO_POLL } }, (promise) => {
  promise('two may poll, and not one more, also behind a proxy', async (scope) => {
    const { url } = scope.parley;
    const handshake = (address) => get(url, HANDSHAKE, { 'x-forwarded-for': address });
    const answers = [await handshake('198.51.100.1'), await handshake('198.51.100.1')];
    refused(await handshake('198.51.100.1'), 429, { code: 'TOO_MANY_SESSIONS' });
    for (const address of ['198.51.100.2', '2001:db8::1'])
      assert.equal((await handshake(address)).status, 200, 'others may');
    const [sid] = answers.map(({ text }) => JSON.parse(text.slice(1)).sid);
    const goodbye = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '1' };
    assert.equal((await request(url, `${HANDSHAKE}&sid=${sid}`, goodbye)).text, 'ok');
    assert.equal((await handshake('198.51.100.1')).status, 200);
    assert.equal(await refusals(scope, 'max_polling_sessions_per_address'), 1);
  });
});

const BUDGET = 4_000_000;
const SHORT_QUEUE = 65_536;
const CROWD = 40;

/** Clients that join a room with a long history and leave it, and take nothing of what they are told. */
const TAKE_NOTHING = {
  'poll no more': {
    most: 2 * BUDGET + CROWD * SHORT_QUEUE,
    async come(url, roomId) {
      const polling = await RawPolling.connect(url);
      await polling.post(`420["join-room","${roomId}"]\x1e421["leave"]`);
      return { close: () => polling.post('1') };
    },
    async settled(scope) {
      const closed = await metric(scope.parley.url, 'parley_edge_sessions_closed_total{reason="slow consumer"}');
      return closed > CROWD / 2;
    },
  },
  'may come back for it': {
    // What is kept for them may take half of it, and each a packet when the half is reached.
    most: BUDGET + CROWD * SHORT_QUEUE,
    async come(url, roomId) {
      const websocket = await RawWebSocket.connect(url, { recover: true });
      websocket.send(`420["join-room","${roomId}"]`);
      websocket.send('421["leave"]');
      for (let packet = ''; !packet.startsWith('431'); ) packet = await websocket.next();
      return { close: () => websocket.close() };
    },
    settled: () => true,
  },
};

const CROWDED = {
  room: { 'reconnect-grace': 0 },
  messaging: { 'message-rate': 0 },
  edge: { 'max-queued-bytes': BUDGET, 'ping-timeout': '5m', 'reconnect-grace': '1s' },
};

suite('All together, clients that', { flags: CROWDED }, (promise) => {
  for (const [name, { most, come, settled }] of Object.entries(TAKE_NOTHING)) {
    promise(`${name} take no more than they may, and nobody else notices`, async (scope) => {
      const { url } = scope.parley;
      const queued = () => metric(url, 'parley_edge_queued_bytes');
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      // Each character takes six bytes of JSON.
      for (let number = 0; number < 30; ++number) {
        const message = await ada.get('send-message', 'everyone', '\u0001'.repeat(4000));
        assert.deepEqual(await bea.next('new-room-message'), [message]);
      }
      const crowd = [];
      for (let number = 0; number < CROWD; ++number) {
        crowd.push(await come(url, room.id));
        const held = await queued();
        assert.ok(held <= most, `${held} bytes wait for ${crowd.length}`);
      }
      await until('they have been dealt with', () => settled(scope));
      const held = await queued();
      scope.diagnose(`${held} bytes wait for ${CROWD}`);
      assert.ok(held > BUDGET / 4 && held <= most, `${held} bytes wait for ${CROWD}`);

      const message = await ada.get('send-message', 'everyone', 'still here');
      assert.deepEqual(await bea.next('new-room-message'), [message]);
      const late = await room.enter('Cy');
      assert.equal(late.summary.messages.length, 31);
      for (const one of crowd) await one.close();
      await until('nothing waits any more', async () => (await queued()) === 0);
    });
  }
});

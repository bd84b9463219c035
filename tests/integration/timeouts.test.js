// Slow clients: how long the edge waits for a request.
import assert from 'node:assert/strict';

import { granted, RawConnection, refused } from './support/rest.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';

const SHORT = { flags: { edge: { 'header-timeout': '400ms', 'body-timeout': '400ms' } } };

suite('A request that does not come', SHORT, (promise) => {
  const trickle = async (connection, text) => {
    let gone = false;
    connection.closed.then(() => (gone = true));
    for (const character of text) {
      if (gone) return;
      connection.write(character);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  promise('with a header that is never complete is answered with 408 and closed', async (scope) => {
    const connection = await RawConnection.open(scope.parley.url);
    connection.write('POST /api/x/send HTTP/1.1\r\nHost: x\r\nContent-Type: appl');
    refused(await connection.untilClosed(), 408);
  });

  promise('with a header that comes byte by byte is answered with 408 and closed', async (scope) => {
    const connection = await RawConnection.open(scope.parley.url);
    const ended = connection.untilClosed();
    await trickle(connection, `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(1000)}`);
    refused(await ended, 408);
  });

  promise(
    'with a body that is never complete is answered with 408 and closed, and not carried out',
    async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const body = JSON.stringify({ from: ada.credentials, to: 'everyone', content: 'unfinished' });
      const head = `POST /api/${room.idHash}/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
      const starts = [
        `${head}Content-Length: ${body.length + 1}\r\n\r\n${body}`,
        `${head}Content-Length: ${body.length}\r\n\r\n`,
        `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
      ];
      for (const start of starts) {
        const connection = await RawConnection.open(scope.parley.url);
        connection.write(start);
        refused(await connection.untilClosed(), 408);
      }
      const slow = await RawConnection.open(scope.parley.url);
      slow.write(`${head}Content-Length: 100000\r\n\r\n`);
      const ended = slow.untilClosed();
      await trickle(slow, ' '.repeat(2000));
      refused(await ended, 408);

      await room.quiet();
      const message = granted(await room.api.send(ada.credentials, 'everyone', 'finished'));
      assertSaid((await bea.next('new-room-message'))[0], { id: message.id });
    },
  );

  promise('disturbs no client that is connected', async (scope) => {
    const kinds = [2, 4].flatMap((version) =>
      ['websocket', 'polling'].map((transport) => ({ version, transport })),
    );
    const room = await scope.room(...kinds);
    // Longer than both limits: a parked poll and a WebSocket are no slow requests.
    for (let round = 0; round < 3; ++round) {
      const connection = await RawConnection.open(scope.parley.url);
      connection.write('GET / HTTP/1.1\r\n');
      assert.equal((await connection.untilClosed()).status, 408);
    }
    await room.quiet();
  });
});

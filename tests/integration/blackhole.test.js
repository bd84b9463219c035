// A network that swallows everything on connections that were there, without a word: what hangs on them recovers by
// itself, over new ones.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { Client } from './support/clients.js';
import { Process } from './support/processes.js';
import { Proxy } from './support/proxy.js';
import { get } from './support/rest.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

/** As `until`, for what may take as long as a silent peer is waited for, and as long again. */
async function untilRecovered(what, condition) {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(100);
  }
}

// With the lease that room-service gives by default: it outlives the silence, and nobody leaves.
suite('An edge whose connections are swallowed', {}, (promise, parley) => {
  for (const name of ['room', 'messaging']) {
    promise(`is served and told by ${name}-service again, without being started anew`, async (scope) => {
      const proxy = await new Proxy(parley[name].endpoints.grpc).listen();
      const edge = new Process('edge', {
        'room-service-address': parley.room.endpoints.grpc,
        'messaging-service-address': parley.messaging.endpoints.grpc,
        'max-connections-per-address': 0,
        'handshake-rate-per-address': 0,
        [`${name === 'room' ? 'room-service' : 'messaging-service'}-address`]: proxy.address,
      });
      try {
        await edge.start();
        const url = `http://${edge.endpoints.http}`;
        const isReady = async () => (await get(url, '/readyz')).status === 200;
        await until('the edge is ready', isReady);
        const room = await scope.room('Ada');
        const [ada] = room.members;
        const bea = await Client.connect(url, { secrets: parley.secrets });
        scope.clients.push(bea);
        await room.enter({ client: bea, name: 'Bea' });

        const before = edge.log.length;
        assert.ok(proxy.swallow() > 0);
        // Ada is on an edge that is not concerned.
        const said = await ada.get('send-message', 'everyone', 'while nothing came through');
        await ada.get('update-name', 'A.');
        // It isn't ready then, but it may be again at once.
        await untilRecovered('the edge knows that it hears nothing', () =>
          edge.log.slice(before).some((line) => line.includes('calls broken')),
        );
        await untilRecovered('the edge is ready again', isReady);
        await bea.next('new-room-message', ({ id }) => id === said.id);
        await bea.next('participant-changed-name', (id, changed) => id === ada.id && changed === 'A.');
        const answer = await bea.get('send-message', 'everyone', 'from the other side');
        await ada.next('new-room-message', ({ id }) => id === answer.id);
        await bea.get('update-name', 'B.');
        await ada.next('participant-changed-name', (id, changed) => id === bea.id && changed === 'B.');
        bea.closing = true;
        await edge.stop();
      } catch (error) {
        for (const line of edge.log.slice(-40)) scope.diagnose(line);
        throw error;
      } finally {
        edge.child?.kill('SIGKILL');
        proxy.close();
      }
    });
  }
});

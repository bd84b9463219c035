// Calls that take effect but whose answers the edge never gets, because the way to the service breaks meanwhile: it
// repeats them.
import assert from 'node:assert/strict';

import { Client } from './support/clients.js';
import { Process } from './support/processes.js';
import { Proxy } from './support/proxy.js';
import { api, get, granted } from './support/rest.js';
import { suite } from './support/suite.js';
import { until } from './support/wait.js';

/** Runs `body(url, proxy)` with an edge of its own, between which and the service `name` stands the proxy. */
async function behindProxy(parley, name, body) {
  const proxy = await new Proxy(parley[name].endpoints.grpc).listen();
  const edge = new Process('edge', {
    'room-service-address': parley.room.endpoints.grpc,
    'messaging-service-address': parley.messaging.endpoints.grpc,
    [`${name === 'room' ? 'room-service' : 'messaging-service'}-address`]: proxy.address,
  });
  try {
    await edge.start();
    const url = `http://${edge.endpoints.http}`;
    await until('the edge is ready', async () => (await get(url, '/readyz')).status === 200);
    await body(url, proxy);
  } finally {
    edge.child?.kill('SIGKILL');
    proxy.close();
  }
}

suite('When the answer to a REST request is lost', {}, (promise, parley) => {
  promise('it happens once and is answered, although the client gave it no key', (scope) =>
    behindProxy(parley, 'messaging', async (url, proxy) => {
      // Their edge is not concerned.
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const rest = api(url, room.idHash);

      proxy.swallowAnswers();
      const sending = rest.send(ada.credentials, 'everyone', 'once');
      const [said] = await bea.next('new-room-message');
      proxy.cut();
      assert.equal(granted(await sending).id, said.id);

      proxy.swallowAnswers();
      const editing = rest.edit(ada.credentials, said.id, 'edited');
      await bea.next('edit-room-message');
      proxy.cut();
      granted(await editing);

      proxy.swallowAnswers();
      const deleting = rest.delete(ada.credentials, said.id);
      await bea.next('delete-room-message');
      proxy.cut();
      granted(await deleting);

      await room.quiet();
    }),
  );
});

const WAITING = { flags: { room: { 'reconnect-grace': '1m' } } };

suite('When the answer to a return is lost and another returns as well', WAITING, (promise, parley) => {
  promise('one of them has it, and the other is told', (scope) =>
    behindProxy(parley, 'room', async (url, proxy) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      // So that the edge follows the room already.
      const cy = await Client.connect(url, { secrets: parley.secrets });
      cy.closing = true;
      scope.clients.push(cy);
      await room.enter({ client: cy, name: 'Cy' });
      bea.cut();
      await ada.next('participant-connection', ({ id, isAlive }) => id === bea.id && !isAlive);

      const first = await Client.connect(url, { secrets: parley.secrets });
      const second = await Client.connect(parley.url, { secrets: parley.secrets });
      first.closing = second.closing = true;
      scope.clients.push(first, second);
      proxy.swallowAnswers();
      const returning = first.ask('join-room', room.id, null, { participant: bea.credentials });
      await ada.next('participant-connection', ({ id, isAlive }) => id === bea.id && isAlive);
      await second.get('join-room', room.id, null, { participant: bea.credentials });
      proxy.cut();
      assert.ok((await returning).success);
      await second.lost;

      await first.get('send-message', 'everyone', 'here I am');
      await ada.next('new-room-message');
      first.close();
      await ada.next('participant-left', (id) => id === bea.id);
    }),
  );
});

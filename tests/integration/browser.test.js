// Web pages in Chromium, of another origin than the edge, with the bundles of both generations of web clients.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { Browser } from './support/browser.js';
import { assertSaid } from './support/room.js';
import { suite } from './support/suite.js';

const TRICKY = '<b>&amp;"\'\\ 👩‍👩‍👧 é 漢字 \u2028 \u001e 𝄞';
const WAYS = [['polling'], ['websocket'], ['polling', 'websocket']];

const browser = new Browser();
before(() => browser.start());
after(() => browser.stop());

// A page that is closed between two polls leaves nothing that could be cut off: its silence tells, after this time.
const QUICK = { flags: { edge: { 'ping-interval': '2s', 'ping-timeout': '5s' } } };

suite('A web page', QUICK, (promise, parley) => {
  for (const version of [2, 4]) {
    for (const transports of WAYS) {
      const kind = `with socket.io-client ${version} over ${transports.join(' and ')}`;
      promise(`${kind} creates a room, which another joins, talks in, and leaves by closing`, async () => {
        const [host, guest] = await Promise.all([browser.open(version), browser.open(version)]);
        try {
          for (const page of [host, guest]) {
            assert.equal(await page.connect(parley.url, transports), null);
            if (transports.length > 1) await page.upgraded();
            assert.equal(await page.speaks(), transports.at(-1));
          }
          const { id } = await host.get('create-room', 'Tea');
          assert.deepEqual(await host.next('join-room'), [id]);
          const { myId: hostId } = await host.get('join-room', id, 'Ada');
          const { myId: guestId } = await guest.get('join-room', id, TRICKY);
          assertSaid((await host.next('new-participant'))[0], { id: guestId, name: TRICKY });

          const byGuest = await guest.get('send-message', 'everyone', TRICKY);
          assert.deepEqual(await host.next('new-room-message'), [byGuest]);
          assertSaid(byGuest, { from: guestId, content: TRICKY });
          const byHost = await host.get('send-message', guestId, TRICKY);
          assert.deepEqual(await guest.next('new-direct-message'), [byHost]);
          assertSaid(byHost, { from: hostId, to: guestId, content: TRICKY });

          await guest.close();
          assert.deepEqual(await host.next('participant-left'), [guestId]);
        } finally {
          await Promise.all([host.close(), guest.close()]);
        }
      });
    }
  }
});

const LISTED = { flags: { edge: { 'cors-origins': 'https://app.example' } } };

suite('A web page whose origin is not listed', LISTED, (promise, parley) => {
  for (const version of [2, 4]) {
    promise(`is kept from polling by its browser, with socket.io-client ${version}`, async () => {
      const page = await browser.open(version);
      try {
        assert.match(await page.connect(parley.url, ['polling']), /xhr poll error/);
      } finally {
        await page.close();
      }
    });
  }
});

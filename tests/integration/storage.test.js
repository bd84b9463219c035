// Disks that are full, can't be written, or hold something else: what is refused, what goes on, and what is kept.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { fill, hasPrlimit, makeRoom } from './support/disk.js';
import { Process, runToEnd } from './support/processes.js';
import { granted, refused } from './support/rest.js';
import { suite } from './support/suite.js';

const skip = hasPrlimit ? false : 'prlimit (package util-linux) is missing';

async function killAndRestart(parley, process) {
  process.child.kill('SIGKILL');
  await process.ended;
  await process.start();
  await parley.ready();
}

const FULL = { code: 'STORAGE_UNAVAILABLE', error: 'Nothing can be stored at present' };

suite('With a full disk', { flags: { messaging: { 'message-rate': 0 } } }, (promise, parley) => {
  for (const durability of ['process', 'power', 'full']) {
    promise(
      `messaging-service (--durability=${durability}) refuses what changes, shows what is there, and goes on by itself`,
      async (scope) => {
        parley.messaging.flags.durability = durability;
        await killAndRestart(parley, parley.messaging);
        const logged = parley.messaging.log.length;
        const room = await scope.room('Ada', 'Bea');
        const [ada, bea] = room.members;
        const kept = await ada.get('send-message', 'everyone', 'before');
        await bea.next('new-room-message');

        fill(parley.messaging);
        await ada.refusal('send-message', ['everyone', 'refused by event'], 503, FULL);
        await ada.refusal('edit-message', [kept.id, 'edited'], 503, FULL);
        await ada.refusal('delete-message', [kept.id], 503, FULL);
        const key = { 'idempotency-key': `full disk, ${durability}` };
        const send = () => room.api.send(ada.credentials, 'everyone', 'sent in the end', key);
        const answer = await send();
        refused(answer, 503, FULL);
        assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
        const late = await room.enter('Late');
        assert.deepEqual(late.summary.messages, [kept], 'who joins is shown what is there');

        makeRoom(parley.messaging);
        const sent = granted(await send());
        assert.equal(granted(await send()).id, sent.id, 'the answer that counts is kept');
        for (const other of [bea, late]) await other.next('new-room-message', ({ id }) => id === sent.id);
        assert.deepEqual((await room.quiet()).messages, [kept, sent]);

        fill(parley.messaging);
        await ada.refusal('send-message', ['everyone', 'refused, and then killed'], 503, FULL);
        const errors = parley.messaging.log.slice(logged).filter((line) => JSON.parse(line).level === 'error');
        assert.ok(errors.some((line) => line.includes('nothing can be stored')));
        assert.ok(!errors.some((line) => line.includes('commands not stored')), 'no command is told by itself');
        await killAndRestart(parley, parley.messaging);
        assert.deepEqual((await room.quiet()).messages, [kept, sent]);
      },
      { skip },
    );
  }

  promise(
    'room-service refuses what changes, shows what is there, and goes on by itself',
    async (scope) => {
      const room = await scope.room('Ada', 'Bea');
      const [ada, bea] = room.members;
      const guest = await scope.client();
      fill(parley.room);
      await ada.refusal('update-name', ['Refused'], 503, FULL);
      await guest.refusal('create-room', [], 503, FULL);
      await guest.refusal('join-room', [room.id, 'Guest'], 503, FULL);
      for (const name of ['error', 'error-event']) await guest.next(name);
      await guest.get('get-rtp-capabilities', room.id);
      await ada.get('send-message', 'everyone', 'still said');
      await bea.next('new-room-message');
      bea.cut();

      makeRoom(parley.room);
      assert.deepEqual(await ada.nextIs('participant-connection'), [{ id: bea.id, isAlive: false }]);
      await ada.get('update-name', 'Adele');
      room.members = [ada];
      const namesOf = ({ participants }) => participants.map(({ name }) => name).sort();
      assert.deepEqual(namesOf(await room.quiet()), ['Adele', 'Bea']);

      fill(parley.room);
      await ada.refusal('update-name', ['Refused'], 503, FULL);
      await killAndRestart(parley, parley.room);
      assert.deepEqual(namesOf(await room.quiet()), ['Adele', 'Bea']);
    },
    { skip },
  );
});

describe('A data directory', () => {
  for (const name of ['room-service', 'messaging-service']) {
    const inScratch = (body) => async () => {
      const directory = mkdtempSync(join(tmpdir(), 'parley-'));
      try {
        await body(directory, join(directory, `${name}.db`));
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    };
    const ports = ['--port=0', '--metrics-port=0'];
    const startFails = async (directory, ...words) => {
      const { code, stdout, stderr } = await runToEnd(name, [...ports, `--data-dir=${directory}`]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '', 'it has not begun to listen');
      for (const word of words) assert.ok(stderr.includes(word), `"${word}" is said:\n${stderr}`);
    };

    // Nobody may write there, not even root, on whom permissions are lost.
    it(`that can't be written keeps ${name} from starting, with words`, () =>
      startFails('/proc/parley', '/proc/parley'));

    it(`is shut to others, as is the file that ${name} keeps there`,
      inScratch(async (directory) => {
        const made = join(directory, 'made');
        const service = await new Process(name, { 'data-dir': made }).start();
        await service.stop();
        const paths = [made, ...readdirSync(made).map((file) => join(made, file))];
        assert.ok(paths.length > 1);
        for (const path of paths) assert.equal(statSync(path).mode & 0o077, 0, path);
      }),
    );

    it(`that is a file keeps ${name} from starting, with words`,
      inScratch(async (directory) => {
        const file = join(directory, 'file');
        writeFileSync(file, '');
        await startFails(file, file);
      }),
    );

    it(`with another file under its name keeps ${name} from starting, and says what to do`,
      inScratch(async (directory, file) => {
        writeFileSync(file, 'x'.repeat(10_000));
        await startFails(directory, file, 'Restore the file from a backup');
      }),
    );

    it(`with a file that was cut short keeps ${name} from starting, and says what to do`,
      inScratch(async (directory, file) => {
        const service = await new Process(name, { 'data-dir': directory }).start();
        await service.stop();
        truncateSync(file, 6_000);
        await startFails(directory, file, 'Restore the file from a backup');
      }),
    );
  }
});

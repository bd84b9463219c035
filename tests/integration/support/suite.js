// A suite of promises that are kept by three processes of its own.
import { after, before, describe, it } from 'node:test';

import { Client } from './clients.js';
import { Parley } from './processes.js';
import { Room } from './room.js';

/** What one test uses; everything is closed when the test ends. */
class Scope {
  constructor(parley, diagnose) {
    this.parley = parley;
    /** Adds a line to what is printed of this test. */
    this.diagnose = diagnose;
    this.clients = [];
  }

  /** A connected client; see Client.connect. */
  async client(kind = {}) {
    const client = await Client.connect(this.parley.url, { ...kind, secrets: this.parley.secrets });
    this.clients.push(client);
    return client;
  }

  /** The client that barriers use. */
  async probe() {
    this.prober ??= await this.client();
    return this.prober;
  }

  /** A new room with these members (names, or kinds with names); the first is the host. */
  async room(...members) {
    const [first, ...others] = members.map((member) =>
      typeof member === 'string' ? { name: member } : member,
    );
    const creator = first?.client ?? (await this.client(first));
    const room = new Room(this, await creator.get('create-room'));
    await creator.next('join-room');
    if (first) await room.enter({ name: first.name, client: creator });
    for (const member of others) await room.enter(member);
    return room;
  }

  close() {
    for (const client of this.clients) client.close();
  }

  assertNoFaults() {
    const faults = this.clients.flatMap((client) => client.faults);
    if (faults.length > 0) throw faults[0];
  }
}

/**
 * Declares a suite. `define(promise, parley)` declares its tests by `promise(name, body, options)`; `body` gets a
 * Scope. `setup` is as Parley's constructor takes it. The processes' last log lines are shown when a test fails.
 */
export function suite(name, setup, define) {
  describe(name, () => {
    const parley = new Parley(setup);
    before(async () => {
      try {
        await parley.start();
      } catch (error) {
        for (const line of parley.logsSince(new Map())) console.error(line);
        throw error;
      }
    });
    after(() => parley.stop());

    const promise = (title, body, options = {}) => {
      it(title, { timeout: 150_000, ...options }, async (context) => {
        const mark = parley.mark();
        const scope = new Scope(parley, (line) => context.diagnostic?.(line));
        try {
          await body(scope);
          scope.assertNoFaults();
        } catch (error) {
          for (const { message } of scope.clients.flatMap(({ faults }) => faults))
            scope.diagnose(`fault: ${message}`);
          for (const line of parley.logsSince(mark)) scope.diagnose(line);
          throw error;
        } finally {
          scope.close();
        }
      });
    };
    define(promise, parley);
  });
}

// Each broken promise is found by the checker.
import assert from 'node:assert/strict';
import { it } from 'node:test';

import { checkRoom } from './checker.js';
import { RoomRecord } from './records.js';

const [ADA, BEA, CYD] = [{ id: 'ada' }, { id: 'bea' }, { id: 'cyd' }];
const NEVER = { lostAt: null, begun: 0, edge: { outages: [] } };

const message = (id, content, { from = 'ada', to = 'everyone' } = {}) => ({ id, content, from, to });
const event = (name, ...args) => ({ name, args });
const said = (id, content, parties) => event('new-room-message', message(id, content, parties));

/** A room in which Ada has said "a" and "b", and what Bea and Cyd were told of it. */
class Story {
  constructor() {
    this.room = new RoomRecord({ id: '1', idHash: 'hash' });
    this.a = this.#acknowledged('a', '1');
    this.b = this.#acknowledged('b', '2');
    this.bea = this.connect(BEA, [said('1', 'a'), said('2', 'b')]);
    this.cyd = this.connect(CYD, [said('1', 'a'), said('2', 'b')]);
    this.last = { messages: [message('1', 'a'), message('2', 'b')], participants: [] };
    this.talkers = [];
    this.outages = [];
  }

  #acknowledged(token, id) {
    const utterance = this.room.utter(token, ADA, 'everyone');
    utterance.acknowledge(id);
    return utterance;
  }

  connect({ id }, events, messages = [], begun = 0) {
    const summary = { messages, participants: [], hasMore: false };
    const connection = {
      ...NEVER,
      participantId: id,
      begun,
      joinedAt: begun,
      summary,
      events,
      settled: true,
    };
    this.room.connections.push(connection);
    return connection;
  }

  problems() {
    return checkRoom(this.room, this.talkers, this.last, this.outages);
  }
}

it('a story without a fault has none', () => assert.deepEqual(new Story().problems(), []));

const FAULTS = {
  'a message that is lost': [(story) => story.last.messages.pop(), /b was acknowledged and is lost/],
  'a message that is there twice': [
    (story) => story.last.messages.push(message('3', 'b')),
    /b is there twice/,
  ],
  'a message that became two': [(story) => story.connect(BEA, [said('9', 'a')]), /a became 2 messages/],
  'a refused message that took effect': [
    (story) => (story.b.refused = { code: 'NOT_IN_ROOM' }),
    /b was refused \(NOT_IN_ROOM, attempt 1\) and took effect/,
  ],
  'a message that nobody has sent': [
    (story) => story.bea.events.push(said('3', 'c')),
    /nobody has ever said "c"/,
  ],
  'a deletion that is undone': [
    (story) => (story.b.deleting = story.b.deleted = 1),
    /b was deleted and is there/,
  ],
  'an edit that is lost': [(story) => (story.b.content = 'b/1'), /b reads "b", not "b\/1"/],
  'a summary without what had been acknowledged': [
    (story) => story.connect(BEA, [], [message('2', 'b')], Infinity),
    /a was acknowledged and is not in a later summary/,
  ],
  'an event that is told twice': [
    (story) => story.bea.events.push(said('2', 'b')),
    /bea was told twice: new 2 b/,
  ],
  'events in another order': [
    (story) => story.bea.events.reverse(),
    /was told "new 2 b" when cyd was told "new 1 a"/,
  ],
  'an event that is left out': [
    (story) => {
      for (const connection of [story.bea, story.cyd])
        connection.events.push(event('delete-room-message', message('1', 'a')));
      story.bea.events.splice(1, 1);
    },
    /bea was told "delete 1 a" when cyd was told "new 2 b"/,
  ],
  'a last event that is left out': [(story) => story.bea.events.pop(), /bea does not know the room as it is/],
  'an event after the deletion': [
    (story) =>
      story.bea.events.push(
        ...['delete', 'edit'].map((verb) => event(`${verb}-room-message`, message('1', 'a'))),
      ),
    /bea was told edit 1 a after its deletion/,
  ],
  'a direct message that somebody else sees': [
    (story) => story.bea.events.push(event('new-direct-message', message('1', 'a', { to: 'cyd' }))),
    /bea saw a direct message from ada to cyd/,
  ],
  'a participant who leaves twice': [
    (story) => story.bea.events.push(event('participant-left', 'cyd'), event('participant-left', 'cyd')),
    /bea saw cyd leave twice/,
  ],
  'a participant who is there after it has left': [
    (story) =>
      story.bea.events.push(event('participant-left', 'cyd'), event('new-participant', { id: 'cyd' })),
    /bea saw cyd come although it was there before/,
  ],
  'a participant who is given up although it was there': [
    (story) => story.talkers.push({ name: 'Bea', former: [{ id: 'bea', at: 60_000, attempts: [NEVER] }] }),
    /bea \(Bea\) was given up/,
  ],
};

for (const [name, [commit, problem]] of Object.entries(FAULTS)) {
  it(`finds ${name}`, () => {
    const story = new Story();
    commit(story);
    const problems = story.problems();
    assert.ok(
      problems.some((text) => problem.test(text)),
      `"${problems.join('\n')}" tells of it`,
    );
  });
}

const EXCUSES = {
  'whom an edge took along': [{ edge: { outages: [{ from: 50_000, to: 60_000 }] } }, []],
  'who was away for long': [{ lostAt: 40_000 }, [{ kind: 'freeze', from: 61_000, to: 85_000 }]],
  'who had been given up when room-service was killed': [
    { lostAt: 10_000 },
    [{ kind: 'kill', from: 58_000, to: 59_000 }],
  ],
};
const NO_EXCUSES = {
  'that room-service was away just before': [
    { lostAt: 40_000, edge: { outages: [{ from: 45_000, to: 60_000 }] } },
    [{ kind: 'kill', from: 43_000, to: 58_000 }],
  ],
  'that room-service stood still': [{ lostAt: 35_000 }, [{ kind: 'freeze', from: 36_000, to: 59_000 }]],
};

const givenUpAt60 = ([attempt, outages]) => {
  const story = new Story();
  story.talkers.push({ name: 'Bea', former: [{ id: 'bea', at: 60_000, attempts: [{ ...NEVER, ...attempt }] }] });
  story.outages = outages;
  return story.problems();
};

for (const [name, excuse] of Object.entries(EXCUSES)) {
  it(`excuses ${name}`, () => assert.deepEqual(givenUpAt60(excuse), []));
}
for (const [name, excuse] of Object.entries(NO_EXCUSES)) {
  it(`does not take for an excuse ${name}`, () => assert.match(givenUpAt60(excuse).join(), /was given up/));
}

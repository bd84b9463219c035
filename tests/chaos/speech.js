// What a talker says: by event, of which an answer may be lost for good, and by REST, which is repeated until it is
// answered.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { post } from '../integration/support/rest.js';
import { FULL } from './connection.js';

/** When a request is repeated at another edge although it may yet be answered, in milliseconds. */
const REPEAT_MS = 1_500;
const RETRY_MS = 80;

/** Refusals of somebody who has been given up, or whose room is no more. */
const ABSENT = ['SENDER_NOT_FOUND', 'NOT_IN_ROOM', 'ROOM_NOT_FOUND'];

export class Speech {
  #count = 0;

  constructor(talker) {
    this.talker = talker;
    /** Those of its messages that it may still edit and delete. */
    this.own = [];
    this.acknowledged = 0;
    this.repeated = 0;
    /** How often nothing could be stored. */
    this.full = 0;
  }

  /** One more thing is said, edited or deleted. */
  async act() {
    const { random, room, credentials } = this.talker;
    const mine = this.own.filter(({ from }) => from === credentials.id);
    const roll = random.next();
    if (mine.length > 0 && roll < 0.25) return this.#edit(random.pick(mine));
    if (mine.length > 0 && roll < 0.5) return this.#delete(random.pick(mine));
    const to = random.happens(0.25) ? this.#somebody() : 'everyone';
    const token = `${this.talker.name}.${(this.#count += 1)}`;
    const utterance = room.utter(token, credentials, to);
    if (utterance) return this.#send(utterance);
    if (mine.length > 0) return this.#delete(random.pick(mine));
    return undefined;
  }

  #somebody() {
    const { room, random } = this.talker;
    return random.pick(room.connections).participantId;
  }

  async #send(utterance) {
    const { to, token } = utterance;
    const outcome = await this.#perform('send', { to, content: token }, utterance);
    if (outcome.kind === 'refused') {
      utterance.refused = outcome;
      this.talker.room.release();
      this.#expect(outcome, [...ABSENT, 'RECIPIENT_NOT_FOUND'], `send ${token}`);
    } else if (outcome.kind === 'done') {
      utterance.acknowledge(outcome.data.id);
      if (outcome.data.content !== token)
        this.talker.room.violation(`${token} was acknowledged as other text`);
      this.own.push(utterance);
    }
  }

  async #edit(utterance) {
    utterance.edits += 1;
    const content = `${utterance.token}/${utterance.edits}`;
    utterance.perhaps.add(content);
    const outcome = await this.#perform('edit', { messageId: utterance.id, content }, utterance);
    if (outcome.kind === 'unknown') return;
    utterance.perhaps.delete(content);
    if (outcome.kind === 'done') utterance.content = content;
    else this.#expect(outcome, ABSENT, `edit ${content}`);
  }

  async #delete(utterance) {
    this.own.splice(this.own.indexOf(utterance), 1);
    utterance.deleting = Date.now();
    const outcome = await this.#perform('delete', { messageId: utterance.id }, utterance);
    if (outcome.kind === 'done') {
      utterance.deleted = Date.now();
      this.talker.room.release();
    } else if (outcome.kind === 'refused') {
      utterance.deleting = null;
      if (outcome.code === FULL) this.own.push(utterance);
      this.#expect(outcome, ABSENT, `delete ${utterance.token}`);
    }
  }

  #expect({ code, status }, codes, what) {
    if (code === FULL) this.full += 1;
    else if (!codes.includes(code)) this.talker.room.violation(`${what} was refused: ${status} ${code}`);
  }

  async #perform(verb, body, utterance) {
    const begun = Date.now();
    const { random, room, cluster } = this.talker;
    const outcome = random.happens(0.5)
      ? await this.#byEvent(verb, body, utterance.from)
      : await this.#byRest(verb, body, utterance.author);
    if (outcome.kind === 'done') {
      this.acknowledged += 1;
      if (room.over && begun > room.over && !cluster.mayNotKnow(room.over, begun))
        room.violation(`${verb} ${utterance.token} was acknowledged after the room was destroyed`);
    }
    return outcome;
  }

  async #byEvent(verb, body, from) {
    const { connection } = this.talker;
    // As somebody else it must not act on this one's messages.
    if (!connection || connection.participantId !== from) return { kind: 'unknown' };
    const answer = await connection.ask(`${verb}-message`, ...Object.values(body));
    if (!answer) return { kind: 'unknown' };
    return answer.success ? { kind: 'done', data: answer.data } : { kind: 'refused', ...answer };
  }

  /** Repeats the same request with the same key until it is answered; all answers must be the same. */
  async #byRest(verb, body, from) {
    const { random, cluster, room } = this.talker;
    const headers = { 'idempotency-key': randomUUID() };
    const answers = new Set();
    for (let attempt = 1; ; ++attempt) {
      const path = `/api/${room.idHash}/${verb}`;
      const request = post(random.pick(cluster.edges).url, path, { from, ...body }, headers)
        .catch(() => null)
        .then((response) => this.#note(verb, body, response, answers));
      const response = await Promise.race([request, pause(REPEAT_MS, null, { ref: false })]);
      if (response) {
        if (attempt > 1) this.repeated += 1;
        if (response.status === 200) return { kind: 'done', data: response.json.data };
        const { code } = response.json ?? {};
        if (code === 'ROOM_NOT_FOUND' && attempt > 1) return { kind: 'unknown' };
        // An earlier attempt may yet take effect; and some insist.
        if (code === FULL && (attempt > 1 || random.happens(0.5))) {
          await pause(RETRY_MS);
          continue;
        }
        return { kind: 'refused', status: response.status, code, attempt };
      }
      await pause(RETRY_MS);
    }
  }

  /** The answer, unless it is one upon which a request is repeated. */
  #note(verb, body, response, answers) {
    if (!response) return null;
    if (response.status === 503) return response.json?.code === FULL ? response : null;
    if (response.json?.code === 'ROOM_NOT_FOUND') {
      // With a room, the answers that were given in it are forgotten.
      this.talker.room.missing = true;
      return response;
    }
    answers.add(`${response.status} ${response.json?.data?.id}`);
    if (answers.size > 1)
      this.talker.room.violation(`${verb} ${JSON.stringify(body)} with one key: ${[...answers].join(', ')}`);
    return response;
  }
}

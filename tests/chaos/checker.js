// Holds against each other what clients were promised, what each of them was shown, and what is there in the end.
import { feltUntil, GRACE_MS, LEASE_MS } from './cluster.js';
import { tokenOf } from './records.js';

/** A lease may have been renewed this long before an edge fell silent, and clocks are read at different moments. */
const SLACK_MS = LEASE_MS / 3 + 500;

const MESSAGE_EVENT = /^(new|edit|delete)-(room|direct)-message$/;

/** The events of messages that a connection was told of, as `{ verb, audience, message, key }`. */
function messageEvents(connection) {
  return connection.events.flatMap(({ name, args: [message] }) => {
    const [, verb, audience] = MESSAGE_EVENT.exec(name) ?? [];
    return verb ? [{ verb, audience, message, key: `${verb} ${message.id} ${message.content}` }] : [];
  });
}

/**
 * Everything that is wrong with a room, in words. `last` is what a late joiner is told; null when it is no more.
 * `outages` are those of room-service.
 */
export function checkRoom(room, talkers, last, outages) {
  const problems = [...room.violations];
  const shown = room.connections.map((connection) => ({ connection, events: messageEvents(connection) }));
  for (const one of shown) {
    problems.push(
      ...checkConnection(room, one),
      ...checkAcknowledged(room, one.connection),
      ...checkPresence(one.connection),
    );
  }
  problems.push(...checkOrder(shown), ...checkIdentity(room, shown), ...checkDepartures(room, talkers, outages));
  if (last) {
    if (room.missing) problems.push('somebody was told that there is no such room');
    problems.push(...checkHistory(room, last));
    problems.push(
      ...checkConvergence(
        shown.filter(({ connection }) => connection.settled),
        last,
      ),
    );
  }
  return problems;
}

/** Nothing is told twice or after its end, nothing private to strangers, nothing to the one who acted. */
function checkConnection(room, { connection, events }) {
  const problems = [];
  const me = connection.participantId;
  const there = new Set(connection.summary.messages.map(({ id }) => id));
  const over = new Set();
  const told = new Set();
  for (const { message } of [...connection.summary.messages.map((message) => ({ message })), ...events]) {
    if (message.to !== 'everyone' && message.to !== me && message.from !== me)
      problems.push(`${me} saw a direct message from ${message.from} to ${message.to}`);
  }
  for (const { verb, message, key } of events) {
    if (told.has(key)) problems.push(`${me} was told twice: ${key}`);
    told.add(key);
    if (message.from === me && message.to !== me) problems.push(`${me} was told of its own act: ${key}`);
    if (verb === 'new' ? there.has(message.id) : !there.has(message.id))
      problems.push(`${me} was told ${key}, which was ${verb === 'new' ? '' : 'not '}there`);
    if (over.has(message.id)) problems.push(`${me} was told ${key} after its deletion`);
    if (verb === 'delete') over.add(message.id);
    there.add(message.id);
  }
  if (connection.summary.hasMore) problems.push(`${me} was told that there is more than one page`);
  return problems;
}

/** A summary holds what was acknowledged before it was asked for, and nothing that was deleted before. */
function checkAcknowledged(room, { begun, joinedAt, summary, participantId }) {
  const problems = [];
  const ids = new Set(summary.messages.map(({ id }) => id));
  for (const { id, token, from, to, acknowledged, deleting, deleted } of room.utterances) {
    if (!id || (to !== 'everyone' && to !== participantId && from !== participantId)) continue;
    if (acknowledged < begun && !(deleting && deleting < joinedAt) && !ids.has(id))
      problems.push(`${token} was acknowledged and is not in a later summary`);
    if (deleted && deleted < begun && ids.has(id))
      problems.push(`${token} was deleted and is in a later summary`);
  }
  return problems;
}

/** Whoever has left, leaves once and is not seen again. */
function checkPresence({ participantId, summary, events }) {
  const problems = [];
  const left = new Set();
  const joined = new Set(summary.participants.filter(({ isAlive }) => isAlive).map(({ id }) => id));
  for (const { name, args } of events) {
    if (name === 'participant-left') {
      if (left.has(args[0])) problems.push(`${participantId} saw ${args[0]} leave twice`);
      left.add(args[0]);
    } else if (name === 'new-participant') {
      if (joined.has(args[0].id) || left.has(args[0].id))
        problems.push(`${participantId} saw ${args[0].id} come although it was there before`);
      joined.add(args[0].id);
    } else if (name === 'participant-connection' && left.has(args[0].id)) {
      problems.push(`${participantId} was told of the connection of ${args[0].id}, who had left`);
    }
  }
  return problems;
}

/**
 * Any two connections were told the same in the same order between the first and the last thing that both were
 * told; each one's own acts excepted, of which it is told nothing.
 */
function checkOrder(shown) {
  const problems = [];
  const accounts = shown.map(({ connection, events }) => {
    const told = events.filter(({ audience }) => audience === 'room');
    return { me: connection.participantId, told, keys: new Set(told.map(({ key }) => key)) };
  });
  const between = (one, other) => {
    const told = one.told.filter(({ message }) => message.from !== other.me);
    const first = told.findIndex(({ key }) => other.keys.has(key));
    const last = told.findLastIndex(({ key }) => other.keys.has(key));
    return first < 0 ? [] : told.slice(first, last + 1).map(({ key }) => key);
  };
  accounts.forEach((one, at) => {
    for (const other of accounts.slice(at + 1)) {
      const mine = between(one, other);
      const others = between(other, one);
      const differs = mine.findIndex((key, index) => key !== others[index]);
      if (differs >= 0 || mine.length !== others.length) {
        const index = differs < 0 ? mine.length : differs;
        problems.push(`${one.me} was told "${mine[index]}" when ${other.me} was told "${others[index]}"`);
      }
    }
  });
  return problems;
}

/** One message has one id, whoever sees it, and what was refused nobody has ever seen. */
function checkIdentity(room, shown) {
  const problems = [];
  const ids = new Map(room.utterances.map(({ token, id }) => [token, new Set(id ? [id] : [])]));
  for (const { connection, events } of shown) {
    for (const { id, content } of [...connection.summary.messages, ...events.map(({ message }) => message)]) {
      const known = ids.get(tokenOf(content));
      if (known) known.add(id);
      else problems.push(`nobody has ever said "${content}"`);
    }
  }
  for (const { token, refused } of room.utterances) {
    if (ids.get(token).size > 1) problems.push(`${token} became ${ids.get(token).size} messages`);
    if (refused && ids.get(token).size > 0)
      problems.push(
        `${token} was refused (${refused.code}, attempt ${refused.attempt ?? 1}) and took effect`,
      );
  }
  return problems;
}

/** A late joiner sees each acknowledged message once, with its last acknowledged content. */
function checkHistory(room, last) {
  const problems = [];
  const byToken = new Map();
  for (const message of last.messages) {
    const token = tokenOf(message.content);
    if (byToken.has(token)) problems.push(`${token} is there twice`);
    byToken.set(token, message);
  }
  for (const { token, id, to, content, perhaps, deleting, deleted } of room.utterances) {
    const message = byToken.get(token);
    if (!message) {
      if (id && to === 'everyone' && !deleting) problems.push(`${token} was acknowledged and is lost`);
    } else {
      if (deleted) problems.push(`${token} was deleted and is there`);
      if (id && message.content !== content && !perhaps.has(message.content))
        problems.push(`${token} reads "${message.content}", not "${content}"`);
    }
  }
  return problems;
}

/** Whoever was there to the end knows from its summary and its events what a late joiner is told. */
function checkConvergence(settled, last) {
  const problems = [];
  for (const { connection, events } of settled) {
    const me = connection.participantId;
    const fold = new Map(connection.summary.messages.map((message) => [message.id, message]));
    for (const { verb, message } of events) {
      if (verb === 'delete') fold.delete(message.id);
      else fold.set(message.id, message);
    }
    const others = (messages) =>
      messages
        .filter(({ from, to }) => from !== me && to === 'everyone')
        .map(({ id, content }) => `${id} ${content}`)
        .join('\n');
    if (others([...fold.values()]) !== others(last.messages))
      problems.push(`${me} does not know the room as it is`);
  }
  return problems;
}

/** Nobody was given up who was not away for as long as clients, or edges, are waited for. */
function checkDepartures(room, talkers, outages) {
  const problems = [];
  for (const talker of talkers) {
    const departures = [...talker.former];
    if (talker.isHost && room.over && departures.length === 0)
      departures.push({ id: 'the host', at: room.over, attempts: talker.attempts, leaving: talker.leaving });
    for (const { id, at, attempts, leaving } of departures) {
      if (leaving || attempts.some((attempt) => excuses(attempt, at, outages))) continue;
      const tries = attempts.map(({ edge, begun, lostAt }) => `${edge.url} from ${begun} to ${lostAt}`);
      problems.push(`${id} (${talker.name}) was given up at ${at}, too soon; it was on ${tries.join(', ')}`);
    }
  }
  return problems;
}

function excuses({ edge, begun, lostAt, left }, at, outages) {
  if (lostAt && !left && hasWaited(lostAt, at, GRACE_MS, outages)) return true;
  const concerned = edge.outages.filter(
    (outage) => feltUntil(outage) >= begun && outage.from < (left ?? Infinity),
  );
  return concerned.some(({ from }) => hasWaited(from, at, LEASE_MS, outages));
}

/**
 * Whether room-service may have waited for `patience` from `since` on before it was found out, at `at`, that it has
 * given somebody up. It waits anew after it was away, and what it stood still for does not count.
 */
function hasWaited(since, at, patience, outages) {
  // It gives nobody up while it is away, and in the end it may have done so long before.
  const moments = [...outages.map(({ from }) => from).filter((from) => from < at), at];
  return moments.some((moment) => {
    const over = outages.filter(({ to }) => to <= moment);
    const starts = over.filter(({ kind }) => kind === 'kill' || kind === 'restart').map(({ to }) => to);
    const begin = Math.max(since, ...starts);
    const still = over
      .filter(({ kind, from, to }) => kind === 'freeze' && to > begin && to - from > LEASE_MS)
      .reduce((sum, { from, to }) => sum + to - Math.max(from, begin), 0);
    return moment - begin - still >= patience - SLACK_MS;
  });
}

// Clients talk in rooms while processes are killed, frozen and cut off; afterwards everything that was acknowledged must
// be there, and nobody must have seen what can't be. Usage: node chaos.js [SECONDS [SEED]]
import { setTimeout as pause } from 'node:timers/promises';

import { api } from '../integration/support/rest.js';
import { GUARD_MS, until } from '../integration/support/wait.js';
import { checkRoom } from './checker.js';
import { Cluster } from './cluster.js';
import { Connection } from './connection.js';
import { Nemesis } from './nemesis.js';
import { Random } from './random.js';
import { RoomRecord } from './records.js';
import { Talker } from './talker.js';

const SECONDS = Number(process.argv[2] ?? 300);
const SEED = Number(process.argv[3] ?? Date.now() % 2 ** 32);
if (!(SECONDS >= 1) || !Number.isInteger(SEED) || SEED < 0) {
  console.error('usage: node chaos.js [SECONDS [SEED]]');
  process.exit(2);
}
/** Each round has rooms of its own. */
const ROUND_MS = 20_000;
const ROOMS = 4;
const TALKERS = 8;
const KINDS = [
  { version: 4, transport: 'websocket' },
  { version: 2, transport: 'websocket' },
  { version: 4, transport: 'websocket', recover: true },
  { version: 4, transport: 'polling' },
  { version: 2, transport: 'polling' },
  { version: 4, transport: 'polling', recover: true },
];
const PROBE = { version: 4, transport: 'websocket' };

const granted = (answer, what) => {
  if (!answer?.success) throw new Error(`${what}: ${JSON.stringify(answer)}`);
  return answer.data;
};

/** A connection of somebody who is no part of the chaos. */
async function connectProbe(cluster) {
  const probe = new Connection(PROBE, cluster.edges[0]);
  if (!(await probe.connect())) throw new Error('a probe could not connect');
  return probe;
}

/** A room and its talkers, all of whom have joined. */
async function openRoom(cluster, random, round, at) {
  const creator = await connectProbe(cluster);
  const room = new RoomRecord(granted(await creator.ask('create-room'), 'create-room'));
  creator.socket.close();
  const talkers = Array.from({ length: TALKERS }, (_, number) => {
    const kind = KINDS[(number + at) % KINDS.length];
    const name = `${round}-${at}-${number}`;
    return new Talker({ name, kind, random: random.fork(), cluster, room, isHost: number === 0 });
  });
  for (const talker of talkers) await talker.ensurePresent();
  return { room, talkers };
}

/** Whoever was in a destroyed room has been told or has lost its connection, and can say nothing there any more. */
async function checkGone(cluster, room, talkers) {
  for (const { name, connection } of talkers) {
    const told = () =>
      connection.lostAt || connection.client.history.some((event) => event.name === 'destroy');
    await until(`${name} hears that its room is destroyed`, told);
    const { id, key } = connection.summary.participants.find(({ isMe }) => isMe);
    const refusal = await api(cluster.edges[0].url, room.idHash).send({ id, key }, 'everyone', 'too late');
    if (refusal.status !== 404) room.violation(`${name} spoke in a destroyed room: ${refusal.text}`);
  }
}

/** What a late joiner is told, once everything that has happened has reached everybody; null of a destroyed room. */
async function settle(cluster, { room, talkers }) {
  const probe = await connectProbe(cluster);
  const answer = await probe.ask('join-room', room.id, 'Probe');
  if (answer?.code === 'ROOM_NOT_FOUND') room.noteOver();
  if (room.over) {
    if (answer?.code !== 'ROOM_NOT_FOUND')
      room.violation(`a destroyed room came back: ${JSON.stringify(answer)}`);
    await checkGone(cluster, room, talkers);
    return null;
  }
  const summary = granted(answer, 'join-room');
  probe.joined(summary);
  const barrier = room.utter(`barrier of ${room.id}`, { id: summary.myId }, 'everyone', true);
  const { id } = granted(await probe.ask('send-message', 'everyone', barrier.token), 'send-message');
  barrier.acknowledge(id);
  for (const talker of talkers) {
    const { connection } = talker;
    const heard = ({ name, args }) => name === 'new-room-message' && args[0].id === id;
    await until(
      `the barrier reaches ${talker.name}`,
      () => connection.lostAt || connection.client.history.some(heard),
    ).catch(({ message }) => room.violation(`${message} by ${connection.describe()}`));
    if (connection.lostAt) room.violation(`${talker.name} lost its connection when all was healed`);
    connection.settled = true;
  }
  const late = await connectProbe(cluster);
  const last = granted(await late.ask('join-room', room.id, 'Late'), 'join-room');
  late.joined(last);
  const there = new Map(last.participants.map((participant) => [participant.id, participant]));
  for (const { name, credentials } of talkers) {
    if (!there.get(credentials.id)?.isAlive) room.violation(`${name} is connected and yet not shown to others`);
  }
  const known = new Set([...talkers.map(({ credentials }) => credentials.id), summary.myId, last.myId]);
  const unknown = last.participants.filter(({ id: other, isAlive }) => isAlive && !known.has(other));
  // Whoever joined and was never answered, because its edge was killed, is there until the edge's lease runs out.
  const tellsOfLoss = ({ name, args: [what] }, other) =>
    name === 'participant-left' ? what === other : name === 'participant-connection' && what.id === other;
  const gone = (other) => late.events.some((event) => tellsOfLoss(event, other));
  await until('nobody is shown who is not there', () => unknown.every((other) => gone(other.id))).catch(() =>
    room.violation(`nobody is ${JSON.stringify(unknown.filter((other) => !gone(other.id)))}`),
  );
  for (const one of [probe, late]) one.socket.close();
  return last;
}

/** Returns what is wrong. */
async function playRound(cluster, random, number, milliseconds, totals) {
  const rooms = await Promise.all(
    Array.from({ length: ROOMS }, (_, at) => openRoom(cluster, random.fork(), number, at)),
  );
  const talkers = rooms.flatMap((one) => one.talkers);
  const staying = talkers.map((talker) => talker.stay());
  const talking = talkers.map((talker) => talker.talk());
  const nemesis = new Nemesis(random.fork(), cluster, talkers);
  const doomed = random.pick(rooms).talkers[0];
  const farewell = pause(random.between(0.3, 0.9) * milliseconds).then(() => doomed.leave());
  await nemesis.rage(Date.now() + milliseconds);
  await farewell;
  for (const talker of talkers) talker.halt();
  const late = pause(GUARD_MS, 'late', { ref: false });
  if ((await Promise.race([Promise.all([...staying, ...talking]), late])) === 'late')
    return ['somebody was still not answered long after all was healed'];
  await Promise.all(talkers.map((talker) => talker.ensurePresent()));

  const problems = [];
  for (const one of rooms) {
    const last = await settle(cluster, one);
    for (const problem of checkRoom(one.room, one.talkers, last, cluster.services[0].outages))
      problems.push(`room ${one.room.id}: ${problem}`);
    totals.destroyed += last ? 0 : 1;
    totals.connections += one.room.connections.length;
    for (const { recoveries, forgotten } of one.room.connections) {
      totals.recovered += recoveries;
      totals['not recovered'] += Number(forgotten);
    }
    totals.unknown += one.room.utterances.filter(
      ({ acknowledged, refused, id }) => !acknowledged && !refused && !id,
    ).length;
  }
  for (const talker of talkers) {
    totals.acknowledged += talker.speech.acknowledged;
    totals.repeated += talker.speech.repeated;
    totals['refused for want of space'] += talker.speech.full;
    for (const { leaving } of talker.former) totals[leaving ? 'left' : 'given up'] += 1;
    talker.connection.socket.close();
  }
  for (const [deed, count] of Object.entries(nemesis.deeds)) totals[deed] = (totals[deed] ?? 0) + count;
  return problems;
}

const describe = (totals) =>
  Object.entries(totals)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');

const random = new Random(SEED);
const cluster = new Cluster();
const totals = {
  rounds: 0,
  acknowledged: 0,
  repeated: 0,
  'refused for want of space': 0,
  unknown: 0,
  connections: 0,
  recovered: 0,
  'not recovered': 0,
  left: 0,
  'given up': 0,
  destroyed: 0,
};
let problems = [];
try {
  await cluster.start();
  const end = Date.now() + SECONDS * 1_000;
  while (problems.length === 0 && end - Date.now() > 1_000) {
    const milliseconds = Math.min(ROUND_MS, end - Date.now());
    problems = await playRound(cluster, random.fork(), (totals.rounds += 1), milliseconds, totals);
  }
  if (problems.length === 0) await cluster.stop();
} catch (error) {
  problems.push(error.stack);
}
console.log(describe(totals));
if (problems.length > 0) {
  for (const problem of problems.slice(0, 40)) console.error(problem);
  for (const line of cluster.describe()) console.error(line);
  console.error(`seed ${SEED}`);
  process.exit(1);
}
process.exit(0);

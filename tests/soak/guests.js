// Ways in which a client connects, joins a room, leaves it and goes, polite or not.
import assert from 'node:assert/strict';

import { frame, OPCODE, RawPolling, RawWebSocket, upgradeRequest } from '../integration/support/raw.js';
import { RawConnection } from '../integration/support/rest.js';

/** What a talkative guest says. */
const MESSAGES = 18;

/** Emits an event over a WebSocket and returns the data of its answer. */
async function ask(websocket, name, ...args) {
  websocket.send(`420${JSON.stringify([name, ...args])}`);
  for (;;) {
    const packet = await websocket.next();
    if (packet.startsWith('430')) return granted(packet.slice(3), name);
  }
}

/** The same over long-polling; of the answer it returns only that it came. */
async function askByPolling(polling, name, ...args) {
  assert.equal((await polling.post(`420${JSON.stringify([name, ...args])}`)).text, 'ok');
  for (;;) {
    const answer = (await polling.poll()).text.split('\x1e').find((packet) => packet.startsWith('430'));
    if (answer) return granted(answer.slice(3), name);
  }
}

/** Takes what has come, heartbeats among it. */
async function catchUp(websocket) {
  websocket.send('421["no-such-event"]');
  while (!(await websocket.next()).startsWith('431'));
}

function granted(text, name) {
  const [{ success, error, data }] = JSON.parse(text);
  assert.ok(success, `${name}: ${error}`);
  return data;
}

const goodbye = (websocket) => {
  websocket.write(frame(OPCODE.close, [0x03, 0xe8]));
  return websocket.connection.closed.then(() => websocket.close());
};
const cut = (websocket) => websocket.connection.socket.resetAndDestroy();

/** Moves a polling session to a WebSocket. */
async function upgrade(polling, url) {
  const query = polling.path.slice(polling.path.indexOf('?') + 1).replace('polling', 'websocket');
  const websocket = await RawWebSocket.open(url, { query });
  websocket.send('2probe');
  assert.equal(await websocket.next(), '3probe');
  websocket.send('5');
  return websocket;
}

/** Each comes, joins the room and is gone when it returns, or will be once the edge misses it. */
export const GUESTS = {
  'by WebSocket, politely': async (url, room) => {
    const websocket = await RawWebSocket.connect(url);
    await ask(websocket, 'join-room', room.id, 'Guest');
    // Within the burst that is allowed; the last answer comes last.
    for (let number = 1; number < MESSAGES; ++number)
      websocket.send(`42["send-message","everyone","${number}"]`);
    await ask(websocket, 'send-message', 'everyone', 'goodbye');
    await ask(websocket, 'leave');
    await goodbye(websocket);
  },
  'by WebSocket of the older version, cut off': async (url, room) => {
    const websocket = await RawWebSocket.open(url, { query: 'EIO=3&transport=websocket' });
    await websocket.next();
    assert.equal(await websocket.next(), '40');
    await ask(websocket, 'join-room', room.id, 'Guest');
    cut(websocket);
  },
  'by WebSocket, cut off in the middle of joining': async (url, room) => {
    const websocket = await RawWebSocket.connect(url);
    websocket.send(`42["join-room","${room.id}"]`);
    cut(websocket);
  },
  'by WebSocket, cut off and back as who it was': async (url, room) => {
    const lost = await RawWebSocket.connect(url, { recover: true });
    lost.send(`42["join-room","${room.id}","Guest"]`);
    const offset = JSON.parse((await lost.next()).slice(2)).at(-1);
    cut(lost);
    const { pid } = lost.answer;
    const back = await RawWebSocket.connect(url, { recover: true, pid, offset });
    assert.equal(back.answer.pid, pid, 'it is who it was');
    await ask(back, 'leave');
    await goodbye(back);
  },
  'by WebSocket, cut off and waited for in vain': async (url, room) => {
    const websocket = await RawWebSocket.connect(url, { recover: true });
    await ask(websocket, 'join-room', room.id, 'Guest');
    cut(websocket);
  },
  'by polling, politely': async (url, room) => {
    const polling = await RawPolling.connect(url);
    await askByPolling(polling, 'join-room', room.id, 'Guest');
    await askByPolling(polling, 'leave');
    assert.equal((await polling.post('1')).text, 'ok');
  },
  'by polling, gone without a word': async (url, room) => {
    const polling = await RawPolling.connect(url);
    await askByPolling(polling, 'join-room', room.id, 'Guest');
  },
  'by polling, upgraded, politely': async (url, room) => {
    const websocket = await upgrade(await RawPolling.connect(url), url);
    await ask(websocket, 'join-room', room.id, 'Guest');
    await ask(websocket, 'leave');
    await goodbye(websocket);
  },
  'by polling, cut off in the middle of upgrading': async (url, room) => {
    const polling = await RawPolling.connect(url);
    await askByPolling(polling, 'join-room', room.id, 'Guest');
    const query = polling.path.slice(polling.path.indexOf('?') + 1).replace('polling', 'websocket');
    const websocket = await RawWebSocket.open(url, { query });
    websocket.send('2probe');
    cut(websocket);
    assert.equal((await polling.post('1')).text, 'ok');
  },
  'by WebSocket, cut off in the middle of its handshake, and once more': async (url, room) => {
    const connection = await RawConnection.open(url);
    connection.write(upgradeRequest().slice(0, 60));
    connection.socket.resetAndDestroy();
    await GUESTS['by WebSocket, politely'](url, room);
  },
};

/**
 * A host comes and makes a room, one guest after another visits it, and the host goes: politely or not, and every now
 * and then it never even joins. Returns how many have connected.
 */
export async function holdParty(url, number) {
  const host = await RawWebSocket.connect(url);
  const room = await ask(host, 'create-room', `Party ${number}`);
  if (number % 20 === 19) {
    await goodbye(host);
    return 1;
  }
  await ask(host, 'join-room', room.id, 'Host');
  const guests = Object.entries(GUESTS);
  for (const [name, visit] of guests) {
    try {
      await visit(url, room);
      await catchUp(host);
    } catch (error) {
      throw new Error(`A guest ${name}: ${error.message}`, { cause: error });
    }
  }
  if (number % 2 === 0) {
    await ask(host, 'leave');
    await goodbye(host);
  } else {
    cut(host);
  }
  return 1 + guests.length;
}

// What one would write today on socket.io and express: rooms, participants and messages, in one process and in memory.
// Events and answers are Parley's, as far as the load generator uses them. Prints "listening http HOST:PORT".
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import express from 'express';
import { Server } from 'socket.io';

const HISTORY_PAGE = 50;

/** By id, and by the id's hash. */
const rooms = new Map();
const roomsByHash = new Map();

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const require = (condition, status, message) => {
  if (!condition) throw new Refusal(status, message);
};

function createRoom(name) {
  let id;
  do id = String(randomInt(100_000_000, 1_000_000_000));
  while (rooms.has(id));
  const room = {
    id,
    idHash: createHash('md5').update(id).digest('hex'),
    name: name ?? 'Untitled Room',
    created: Date.now(),
    participants: new Map(),
    messages: [],
  };
  rooms.set(id, room);
  roomsByHash.set(room.idHash, room);
  return room;
}

function information({ id, name, mediaState, isHost }) {
  const role = isHost ? 'host' : 'participant';
  return { id, name, mediaState, settings: mediaState, isHost, isAlive: true, role };
}

function summary(room, me) {
  return {
    id: room.id,
    idHash: room.idHash,
    name: room.name,
    myId: me.id,
    created: room.created,
    participants: [...room.participants.values()].map((participant) => ({
      ...information(participant),
      isMe: participant === me,
      ...(participant === me ? { key: me.key } : {}),
    })),
    messages: room.messages.slice(-HISTORY_PAGE),
    hasMore: room.messages.length > HISTORY_PAGE,
  };
}

function join(socket, id, name) {
  const room = rooms.get(id);
  require(room, 404, "The room doesn't exist");
  require(!socket.data.room, 409, 'You are in a room already');
  const participant = {
    id: randomUUID(),
    key: randomUUID(),
    name,
    mediaState: { cameraEnabled: false, microphoneEnabled: false },
    isHost: room.participants.size === 0,
    socket,
  };
  participant.name ??= participant.id;
  room.participants.set(participant.id, participant);
  Object.assign(socket.data, { room, participant });
  socket.to(room.id).emit('new-participant', information(participant));
  socket.join(room.id);
  const joined = summary(room, participant);
  socket.emit('room-summary', joined);
  return joined;
}

function leave(socket) {
  const { room, participant } = socket.data;
  if (!room) return;
  socket.data = {};
  socket.leave(room.id);
  room.participants.delete(participant.id);
  socket.to(room.id).emit('participant-left', participant.id);
  if (!participant.isHost) return;
  socket.to(room.id).emit('destroy');
  socket.to(room.id).emit('destory');
  rooms.delete(room.id);
  roomsByHash.delete(room.idHash);
}

function send(room, sender, to, content) {
  require(typeof content === 'string' && content.length > 0 && content.length <= 4_000, 400, '"content" is not valid');
  const recipient = room.participants.get(to);
  require(to === 'everyone' || recipient, 404, 'Could not find to participant');
  const id = randomUUID();
  const message = { from: sender.id, to, message: id, id, content, reactions: [], created: Date.now(), edited: false };
  room.messages.push(message);
  if (recipient) recipient.socket.emit('new-direct-message', message);
  else sender.socket.to(room.id).emit('new-room-message', message);
  return message;
}

const app = express();
app.disable('x-powered-by');
app.post('/api/:roomIdHash/send', express.json(), (request, response) => {
  require(request.is('application/json'), 400, "Request must be 'Content-Type: application/json'");
  const { from, to, content } = request.body;
  const room = roomsByHash.get(request.params.roomIdHash);
  require(room, 404, 'Could not find room');
  const sender = room.participants.get(from?.id);
  require(sender, 404, 'Could not find from participant');
  require(sender.key === from.key, 403, 'The key did not match');
  response.json({ success: true, error: null, data: send(room, sender, to, content) });
});
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  return response.status(error.status ?? 500).json({ success: false, error: error.message });
});

const server = createServer(app);
const io = new Server(server, { allowEIO3: true });
io.on('connection', (socket) => {
  /** Answers an event with what `act` returns, or with why it was refused. */
  const on = (event, act) =>
    socket.on(event, (...args) => {
      const answer = typeof args.at(-1) === 'function' ? args.pop() : undefined;
      try {
        const data = act(...args);
        answer?.({ success: true, error: null, status: 200, data });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { status, message } = error;
        if (answer) answer({ success: false, error: message, status });
        else socket.emit('error', { event, status, message });
      }
    });
  on('create-room', (name) => {
    const { id, idHash } = createRoom(name);
    socket.emit('join-room', id);
    return { id, idHash };
  });
  on('join-room', (id, name) => join(socket, id, name));
  on('leave', () => leave(socket));
  on('send-message', (to, content) => {
    const { room, participant } = socket.data;
    require(room, 409, 'You are not in a room');
    return send(room, participant, to, content);
  });
  socket.on('disconnect', () => leave(socket));
});

server.listen(0, '127.0.0.1', () => console.log(`listening http 127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));

// What clients have done and seen, for the checker.

/** How many messages a room may hold, so that a summary shows all of them. */
const ROOM_FOR_MESSAGES = 45;

/** One message that somebody has tried to send. `token` is in its content whatever becomes of it. */
export class Utterance {
  constructor(token, author, to) {
    this.token = token;
    /** As whom it was sent: `{ id, key }`. */
    this.author = author;
    this.from = author.id;
    this.to = to;
    this.content = token;
    this.begun = Date.now();
    /** Its id, once it is acknowledged. */
    this.id = null;
    /** When it was acknowledged. */
    this.acknowledged = null;
    /** The answer by which it was refused. */
    this.refused = null;
    /** Contents of edits whose answer never came. */
    this.perhaps = new Set();
    this.edits = 0;
    /** When its deletion was first asked for, and acknowledged. */
    this.deleting = null;
    this.deleted = null;
  }

  acknowledge(id) {
    this.id = id;
    this.acknowledged = Date.now();
  }
}

export function tokenOf(content) {
  return content.split('/')[0];
}

/** One room: who was in it, what was said, what each connection was shown. */
export class RoomRecord {
  constructor({ id, idHash }) {
    this.id = id;
    this.idHash = idHash;
    this.utterances = [];
    /** One for each time that a client has joined or come back: see Connection. */
    this.connections = [];
    /** When somebody first learnt that the room is no more. */
    this.over = null;
    /** Whether somebody was told that there is no such room. */
    this.missing = false;
    /** What broke a promise already while it happened. */
    this.violations = [];
    this.occupied = 0;
  }

  noteOver() {
    this.over ??= Date.now();
  }

  violation(text) {
    this.violations.push(text);
  }

  /** A new message, or nothing when the room is full and the message isn't `urgent`. */
  utter(token, author, to, urgent = false) {
    if (this.occupied >= ROOM_FOR_MESSAGES && !urgent) return null;
    this.occupied += 1;
    const utterance = new Utterance(token, author, to);
    this.utterances.push(utterance);
    return utterance;
  }

  /** A message is certainly not there (any more). */
  release() {
    this.occupied -= 1;
  }
}

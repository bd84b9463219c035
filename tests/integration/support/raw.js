// WebSockets and long-polling byte by byte, for what no client library would send.
import { randomBytes } from 'node:crypto';

import { get, RawConnection, request } from './rest.js';
import { guarded } from './wait.js';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A frame as a client sends it, unless told otherwise. `reserved` are the three reserved bits, 0 to 7. */
export function frame(opcode, payload, { fin = true, reserved = 0, masked = true } = {}) {
  const body = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  let head;
  if (body.length < 126) {
    head = Buffer.from([first, bit | body.length]);
  } else if (body.length < 65_536) {
    head = Buffer.from([first, bit | 126, 0, 0]);
    head.writeUInt16BE(body.length, 2);
  } else {
    head = Buffer.alloc(10);
    head.set([first, bit | 127]);
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  for (let at = 0; at < body.length; ++at) body[at] ^= mask[at % 4];
  return Buffer.concat([head, mask, body]);
}

/** A text message in frames of one byte each. */
export function crumbs(text) {
  const bytes = [...Buffer.from(text)];
  return Buffer.concat(
    bytes.map((byte, at) =>
      frame(at === 0 ? OPCODE.text : OPCODE.continuation, [byte], { fin: at === bytes.length - 1 }),
    ),
  );
}

/** The request for a WebSocket; `headers` are whole lines. */
export function upgradeRequest({ query = 'EIO=4&transport=websocket', headers = [] } = {}) {
  return [
    `GET /socket.io/?${query} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

/** A WebSocket of which every byte is ours. */
export class RawWebSocket {
  /** Asks for a WebSocket and waits for the answer's header, which is in `handshake`. */
  static async open(url, { glued = '', ...options } = {}) {
    const connection = await RawConnection.open(url);
    connection.write(upgradeRequest(options) + Buffer.from(glued).toString('latin1'));
    const websocket = new RawWebSocket(connection);
    const end = await websocket.#position(() => connection.received.indexOf('\r\n\r\n') + 1, 'the handshake');
    websocket.handshake = connection.received.slice(0, end + 3);
    websocket.at = end + 3;
    return websocket;
  }

  /** A Socket.IO client, connected to "/"; what it was answered is in `answer`, and what came before in `missed`. */
  static async connect(url, auth = {}) {
    const websocket = await RawWebSocket.open(url);
    await websocket.next();
    websocket.send(`40${JSON.stringify(auth)}`);
    websocket.missed = [];
    for (;;) {
      const packet = await websocket.next();
      if (packet.startsWith('40')) {
        websocket.answer = JSON.parse(packet.slice(2));
        return websocket;
      }
      websocket.missed.push(packet);
    }
  }

  constructor(connection) {
    this.connection = connection;
    this.at = 0;
  }

  write(bytes) {
    this.connection.socket.write(bytes);
  }

  send(text) {
    this.write(frame(OPCODE.text, text));
  }

  /** The next frame: `{ opcode, payload }`. */
  async nextFrame() {
    const { connection } = this;
    const whole = () => {
      const bytes = Buffer.from(connection.received.slice(this.at, this.at + 10), 'latin1');
      if (bytes.length < 2) return 0;
      const short = bytes[1] & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length < head) return 0;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      this.head = head;
      return connection.received.length >= this.at + head + length ? this.at + head + length : 0;
    };
    const end = await this.#position(whole, 'a frame');
    const opcode = connection.received.charCodeAt(this.at) & 0x0f;
    const payload = Buffer.from(connection.received.slice(this.at + this.head, end), 'latin1');
    this.at = end;
    return { opcode, payload };
  }

  /** The next text message that is no heartbeat; heartbeats are answered. */
  async next() {
    for (;;) {
      const { opcode, payload } = await this.nextFrame();
      const text = payload.toString('utf8');
      if (opcode === OPCODE.text && text !== '2') return text;
      if (opcode === OPCODE.text) this.send('3');
      if (opcode === OPCODE.close) throw new Error(`the server closed: ${payload.toString('hex')}`);
    }
  }

  /** The code with which the server closes; messages before it are skipped. */
  async closeCode() {
    for (;;) {
      const { opcode, payload } = await this.nextFrame();
      if (opcode !== OPCODE.close) continue;
      this.connection.close();
      return payload.readUInt16BE(0);
    }
  }

  close() {
    this.connection.close();
  }

  /** What `find` finds in what was received, once that is truthy. */
  async #position(find, what) {
    const { socket } = this.connection;
    const found = new Promise((resolve, reject) => {
      const look = () => {
        const position = find();
        if (position) resolve(position);
        return position;
      };
      if (look()) return;
      const onData = () => look() && socket.off('data', onData);
      socket.on('data', onData);
      this.connection.closed.then(() => look() || reject(new Error(`the connection ended before ${what}`)));
    });
    return guarded(found, () => what);
  }
}

/** A long-polling session without a client. */
export class RawPolling {
  static async open(url) {
    const polling = new RawPolling(url, '/socket.io/?EIO=4&transport=polling');
    const { text } = await get(url, polling.path);
    polling.path += `&sid=${JSON.parse(text.slice(1)).sid}`;
    return polling;
  }

  /** A Socket.IO client, connected to "/". */
  static async connect(url) {
    const polling = await RawPolling.open(url);
    await polling.post('40');
    await polling.poll();
    return polling;
  }

  constructor(url, path) {
    this.url = url;
    this.path = path;
  }

  poll() {
    return get(this.url, this.path);
  }

  post(body) {
    return request(this.url, this.path, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
  }
}

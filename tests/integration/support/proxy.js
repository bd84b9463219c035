// A way between two processes that a test can break.
import { once } from 'node:events';
import net from 'node:net';

/** Passes TCP connections on, until they are swallowed or cut. */
export class Proxy {
  constructor(target) {
    const { hostname, port } = new URL(`tcp://${target}`);
    this.pairs = new Set();
    this.server = net.createServer((near) => {
      const far = net.connect({ host: hostname, port: Number(port) });
      const pair = { near, far };
      this.pairs.add(pair);
      const end = () => {
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const socket of [near, far]) socket.on('error', end).on('close', end);
      near.pipe(far);
      far.pipe(near);
    });
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  /** From now on nothing comes through on the connections that are there, and neither side is told; returns how many. */
  swallow() {
    this.swallowAnswers();
    for (const { near, far } of this.pairs) drop(near, far);
    return this.pairs.size;
  }

  /** From now on nothing that is answered comes through on the connections that are there. */
  swallowAnswers() {
    for (const { near, far } of this.pairs) drop(far, near);
  }

  /** Ends the connections that are there. */
  cut() {
    for (const { near } of this.pairs) near.destroy();
  }

  close() {
    this.server.close();
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }
}

function drop(from, to) {
  from.unpipe(to);
  from.on('data', () => {});
}

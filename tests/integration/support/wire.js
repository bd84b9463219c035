// A way from one process to another that can be severed, or fall silent, or lose what is answered.
import { once } from 'node:events';
import net from 'node:net';

export class Wire {
  #ends = new Set();
  #severed = false;
  #silent = false;
  #mute = false;

  /** `target` is where it leads, as "host:port"; whether anybody listens there is tried by each connection. */
  constructor(target) {
    [this.host, this.port] = target.split(':');
  }

  /** Returns the address under which the target is reached. */
  async start() {
    const server = net.createServer((near) => this.#connect(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    return `127.0.0.1:${server.address().port}`;
  }

  /** All connections break, and there are no new ones. */
  sever() {
    this.#severed = true;
    for (const end of this.#ends) end.destroy();
  }

  /** Nothing arrives any more, and nobody is told; it comes late. */
  silence() {
    this.#silent = true;
    for (const end of this.#ends) end.pause();
  }

  /** What is sent arrives, and what is answered doesn't, until the wire is severed or healed. */
  mute() {
    this.#mute = true;
    for (const end of this.#ends) if (end.answers) end.pause();
  }

  heal() {
    this.#severed = false;
    this.#silent = false;
    this.#mute = false;
    for (const end of this.#ends) end.resume();
  }

  #connect(near) {
    if (this.#severed) {
      near.destroy();
      return;
    }
    const far = net.connect({ host: this.host, port: Number(this.port) });
    far.answers = true;
    this.#forward(near, far);
    this.#forward(far, near);
  }

  #forward(from, to) {
    this.#ends.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => to.write(bytes) || from.pause());
    to.on('drain', () => this.#held(from) || from.resume());
    from.on('end', () => to.end());
    // Whatever the error was, "close" follows.
    from.on('error', () => {});
    from.on('close', () => {
      this.#ends.delete(from);
      to.destroy();
    });
    if (this.#held(from)) from.pause();
  }

  #held(from) {
    return this.#silent || (this.#mute && from.answers);
  }
}

// Debian's Chromium, and pages in it that speak with the edge through the bundles that web apps ship.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';

import { chromium } from 'playwright-core';

import { guarded } from './wait.js';

const CHROMIUM = '/usr/bin/chromium';
// Containers have neither the namespaces that its sandbox needs nor much shared memory. The pages are our own.
const IN_A_CONTAINER = ['--no-sandbox', '--disable-dev-shm-usage'];

const packages = new URL('../node_modules/', import.meta.url);
const BUNDLES = {
  2: readFileSync(new URL('socket.io-client-v2/dist/socket.io.js', packages)),
  4: readFileSync(new URL('socket.io-client-v4/dist/socket.io.min.js', packages)),
};

/** A browser, and a web server of another origin than the edge's for its pages. */
export class Browser {
  async start() {
    this.server = http.createServer((request, response) => {
      const [, version, bundle] = /^\/(\d)(\.js)?$/.exec(request.url) ?? [];
      if (!BUNDLES[version]) {
        response.writeHead(404).end();
      } else if (bundle) {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(BUNDLES[version]);
      } else {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(`<!doctype html><title>Parley</title><script src="/${version}.js"></script>`);
      }
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.browser = await chromium.launch({ executablePath: CHROMIUM, args: IN_A_CONTAINER });
    this.context = await this.browser.newContext();
  }

  /** What the pages' requests have as Origin. */
  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** A page with the bundle of this version of socket.io-client. */
  async open(version) {
    const page = await this.context.newPage();
    await page.goto(`${this.origin}/${version}`);
    return new Page(page);
  }

  async stop() {
    await this.browser?.close();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** One page and its socket. */
class Page {
  constructor(page) {
    this.page = page;
  }

  #evaluate(fn, argument, what) {
    return guarded(this.page.evaluate(fn, argument), () => `${what} in the page`);
  }

  /** Connects; resolves with null, or with why the page could not. */
  connect(url, transports) {
    const connect = ({ url, options }) => {
      /* global io, window */
      const socket = io(url, options);
      const inbox = [];
      const waiting = [];
      const look = () => {
        for (const one of [...waiting]) {
          const at = inbox.findIndex(([name]) => name === one.name);
          if (at < 0) continue;
          waiting.splice(waiting.indexOf(one), 1);
          one.resolve(inbox.splice(at, 1)[0].slice(1));
        }
      };
      const onevent = socket.onevent;
      socket.onevent = (packet) => {
        inbox.push(packet.data);
        look();
        onevent.call(socket, packet);
      };
      const next = (name) =>
        new Promise((resolve) => {
          waiting.push({ name, resolve });
          look();
        });
      const ask = (...event) => new Promise((resolve) => socket.emit(...event, resolve));
      const speaks = () => socket.io.engine.transport.name;
      const upgraded = () =>
        new Promise((resolve) => {
          if (speaks() === 'websocket') resolve();
          else socket.io.engine.once('upgrade', resolve);
        });
      window.client = { next, ask, speaks, upgraded };
      return new Promise((resolve) => {
        socket.on('connect', () => resolve(null));
        socket.on('connect_error', (error) => resolve(`${error}`));
      });
    };
    const options = { transports, upgrade: transports.length > 1, reconnection: false };
    return this.#evaluate(connect, { url, options }, 'connecting');
  }

  /** Emits an event, insists on success and returns the answer's data. */
  async get(...event) {
    const answer = await this.#evaluate((args) => window.client.ask(...args), event, event[0]);
    assert.equal(answer.success, true, JSON.stringify(answer));
    return answer.data;
  }

  /** The arguments of the next event of this name. */
  next(name) {
    return this.#evaluate((which) => window.client.next(which), name, name);
  }

  /** Returns when the socket has moved to WebSocket. */
  upgraded() {
    return this.#evaluate(() => window.client.upgraded(), null, 'the upgrade');
  }

  /** What the socket speaks: "polling" or "websocket". */
  speaks() {
    return this.#evaluate(() => window.client.speaks(), null, 'the transport');
  }

  /** Closes the page, as somebody does who has had enough. */
  close() {
    return this.page.close();
  }
}

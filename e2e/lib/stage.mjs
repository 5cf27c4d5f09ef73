// What tests stand on: servers, pages, X servers, all ended again whatever happens.

import { test } from 'node:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM, Desk, startBrowser, startPlainBrowser } from './browser.mjs';
import { BINARY, OUT, Server } from './server.mjs';

const STRICT = process.env.STRICT === '1';

/** Why nothing can be tested here; undefined when it can. */
function missing({ browser, tool }) {
  if (!existsSync(BINARY)) return `${BINARY} is not built`;
  if (browser && !CHROMIUM) return 'there is no Chromium';
  if (!['/usr/bin/Xvfb', '/usr/local/bin/Xvfb'].some(existsSync)) return 'there is no Xvfb';
  return tool && `there is no ${tool}`;
}

/** Everything one test has started. */
export class Stage {
  #name;
  #ends = [];
  #desks = [];
  #servers = [];
  #browsers = new Map();

  constructor(name) {
    this.#name = name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60);
  }

  /** Calls back when the test is over, last come first. */
  atEnd(end) {
    this.#ends.push(end);
  }

  /** A running server. Its end is part of the test. */
  async server(args, options) {
    const server = await Server.start(`${this.#name}-${this.#servers.length}`, args, options);
    this.#servers.push(server);
    return server;
  }

  /** A server, or a program that shall not become one. */
  launch(args, env) {
    const server = Server.launch(`${this.#name}-${this.#servers.length}`, args, env);
    this.#servers.push(server);
    return server;
  }

  /** A client on the display of `server`. */
  async x(server) {
    const x = await server.x();
    this.atEnd(() => x.close());
    return x;
  }

  /** A browser profile: what has logged in here has not logged in elsewhere. */
  async profile(options = {}) {
    const density = options.deviceScaleFactor ?? 1;
    const browser = this.#browsers.get(density) ?? (await startBrowser(density));
    this.#browsers.set(density, browser);
    return browser.newContext({ viewport: { width: 1280, height: 720 }, deviceScaleFactor: density, ...options });
  }

  /** A page; of a new profile unless one is given. */
  async desk(options = {}, profile = undefined) {
    const context = profile ?? (await this.profile(options));
    const desk = new Desk(await context.newPage());
    this.#desks.push(desk);
    return desk;
  }

  /** A page among tabs that hide each other. */
  async plainDesk() {
    const { page, end } = await startPlainBrowser();
    this.atEnd(end);
    const desk = new Desk(page);
    this.#desks.push(desk);
    return desk;
  }

  /** What can help to understand a failure. */
  async remember() {
    mkdirSync(OUT, { recursive: true });
    for (const [number, { page, troubles }] of this.#desks.entries()) {
      if (page.isClosed()) continue;
      const file = join(OUT, `${this.#name}-${number}`);
      await page.screenshot({ path: `${file}.png`, timeout: 5000 }).catch(() => {});
      const state = await page.evaluate(() => document.getElementById('root')?.dataset.state).catch(String);
      writeFileSync(`${file}.txt`, `${page.url()}\n${state}\n${troubles.join('\n')}\n`);
    }
  }

  /** Ends everything; throws when a page broke or a server did not end as it should. */
  async end({ failed }) {
    const faults = this.#desks.flatMap(({ troubles }) => troubles).map((text) => new Error(`on the page: ${text}`));
    const tidy = async (run) => {
      try {
        await run();
      } catch (error) {
        faults.push(error);
      }
    };
    for (const end of this.#ends.reverse()) await tidy(end);
    for (const browser of this.#browsers.values()) await tidy(() => browser.close());
    for (const server of this.#servers) {
      if (!failed) await tidy(() => server.stop());
      await server.kill();
    }
    if (!failed && faults.length > 0) throw new AggregateError(faults, faults.map(({ message }) => message).join('\n'));
  }
}

/** A test with a stage of its own. `tool`: a program it needs and that is not there. */
export function scene(name, run, { browser = true, tool } = {}) {
  const lacks = missing({ browser, tool });
  if (lacks && !STRICT) {
    test(name, { skip: lacks }, () => {});
    return;
  }
  test(name, { timeout: 180_000 }, async () => {
    if (lacks) throw new Error(lacks);
    const stage = new Stage(name);
    let failed = true;
    try {
      await run(stage);
      failed = false;
    } finally {
      if (failed) await stage.remember();
      await stage.end({ failed });
    }
  });
}

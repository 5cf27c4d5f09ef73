// The program under test, in a home of its own.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { environment, family, MARK, runs } from './processes.mjs';
import { until } from './wait.mjs';
import { X } from './x.mjs';

const here = import.meta.dirname;
export const BINARY = resolve(process.env.SELKIES_BIN ?? join(here, '../../target/debug/selkies'));
export const OUT = join(here, '../out');

/** An environment in which nothing of ours or of the user's is seen. */
export function freshEnvironment(home, more = {}) {
  for (const folder of ['config', 'cache', 'data', 'state', 'run']) mkdirSync(join(home, `.${folder}`), { recursive: true, mode: 0o700 });
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.data'),
    XDG_STATE_HOME: join(home, '.state'),
    XDG_RUNTIME_DIR: join(home, '.run'),
    ...more,
  };
}

/** A running `selkies`. */
export class Server {
  #child;
  #log = '';
  #said = '';
  #exit;
  #known = new Map();

  /** Starts it and returns when it has printed where it is. */
  static async start(name, args = ['--embedded'], { env = {}, port = 0 } = {}) {
    const server = Server.launch(name, ['--addr', '127.0.0.1', '--port', String(port), ...args], env);
    try {
      await until('the server says where it is', () => {
        if (server.#exit) throw new Error(`it ended: ${JSON.stringify(server.#exit)}\n${server.log}`);
        return /Ctrl-C ends it/.test(server.#said);
      });
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  /** Starts it with exactly these arguments. */
  static launch(name, args, env = {}) {
    const server = new Server();
    server.home = mkdtempSync(join(tmpdir(), 'selkies-e2e-'));
    server.mark = randomUUID();
    mkdirSync(OUT, { recursive: true });
    const file = createWriteStream(join(OUT, `${name}.log`), { flags: 'w' });
    file.write(`$ selkies ${args.join(' ')}\n`);
    // Its own process group: a Ctrl-C at the test runner is not one here.
    const child = spawn(BINARY, args, {
      env: freshEnvironment(server.home, { [MARK]: server.mark, ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout.on('data', (data) => {
      server.#said += data;
      file.write(data);
    });
    child.stderr.on('data', (data) => {
      server.#log += data;
      file.write(data);
    });
    child.on('error', (error) => {
      server.#exit = { error: error.message };
    });
    child.on('exit', (code, signal) => {
      server.#exit = { code, signal };
    });
    child.on('close', () => file.end());
    server.#child = child;
    return server;
  }

  get pid() {
    return this.#child.pid;
  }

  /** What it printed for people. */
  get said() {
    return this.#said;
  }

  /** What it logged. */
  get log() {
    return this.#log;
  }

  /** The link that logs in once, or the plain address without a login. */
  get link() {
    return /(?:link, it works once|Open): {0,2}(http\S+)|Open {2}(http\S+)/.exec(this.#said)?.slice(1).find(Boolean);
  }

  get url() {
    return new URL('/', this.link).href;
  }

  get port() {
    return Number(new URL(this.link).port);
  }

  get password() {
    return /password +(\S+)/.exec(this.#said)?.[1];
  }

  /** Everything that came from it, also what has been seen earlier. */
  family() {
    for (const one of family(this.mark, this.pid)) this.#known.set(`${one.pid} ${one.started}`, one);
    return [...this.#known.values()].filter(runs);
  }

  /** The first of its processes with that name. */
  process(name) {
    return this.family().find((one) => one.name === name);
  }

  /** The environment of a program on the embedded display. */
  async display() {
    const { DISPLAY, XAUTHORITY } = await until('a program on the desktop tells the display', () => {
      const found = this.family()
        .filter(({ pid }) => pid !== this.pid)
        .map(({ pid }) => environment(pid))
        .find((variables) => variables.DISPLAY && variables.XAUTHORITY);
      return found;
    });
    return { DISPLAY, XAUTHORITY };
  }

  /** A client on the embedded display. */
  async x() {
    const { DISPLAY, XAUTHORITY } = await this.display();
    return X.open(DISPLAY, XAUTHORITY);
  }

  signal(name) {
    this.family();
    this.#child.kill(name);
  }

  /** How it ended: `{code, signal}`. */
  async ended(within) {
    await until('the server ends', () => this.#exit, { within, every: 10 });
    return this.#exit;
  }

  /** Nothing that it started runs any more. */
  async leftNothing(within = 10_000) {
    await until('nothing is left of the server', () => {
      const left = this.family();
      if (left.length > 0) throw new Error(left.map(({ pid, command, name }) => `${pid} ${command || name}`).join(', '));
      return true;
    }, { within });
  }

  /** Ends it the way a person does, and checks that nothing stays behind. */
  async stop() {
    if (!this.#exit) {
      this.signal('SIGINT');
      const end = await this.ended();
      if (end.code !== 0) throw new Error(`Ctrl-C ended it with ${JSON.stringify(end)}\n${this.log.slice(-2000)}`);
    }
    await this.leftNothing();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Whatever it takes. */
  async kill() {
    this.family();
    if (!this.#exit && this.pid) this.#child.kill('SIGKILL');
    for (const { pid, started } of [...this.#known.values()])
      if (runs({ pid, started })) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself just now.
        }
      }
    rmSync(this.home, { recursive: true, force: true });
  }
}

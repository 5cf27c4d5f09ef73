// A TCP proxy on loopback: the network between page and server, which can break.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { Transform } from 'node:stream';

export class Proxy {
  #server;
  #pairs = new Set();
  #broken = false;
  /** Bytes towards the page. */
  down = 0;
  /** Milliseconds that every piece is held on its way to the server, and to the page. */
  holds = { up: 0, down: 0 };
  /** Called with what goes to the page. */
  seen = () => {};

  static async to(port) {
    const proxy = new Proxy();
    proxy.#server = createServer((near) => proxy.#pass(near, port));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Cuts every connection, and each new one until `mend`. */
  cut() {
    this.#broken = true;
    for (const pair of this.#pairs) for (const end of pair) end.resetAndDestroy();
    this.#pairs.clear();
  }

  mend() {
    this.#broken = false;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(near, port) {
    if (this.#broken) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    far.on('data', (data) => {
      this.down += data.length;
      this.seen(data);
    });
    near.pipe(this.#hold('up')).pipe(far);
    far.pipe(this.#hold('down')).pipe(near);
    for (const end of pair) {
      end.setNoDelay(true);
      // One end's fault is the other's end: what broke is for the page to notice.
      end.on('error', () => {});
      end.on('close', () => {
        for (const other of pair) other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  #hold(way) {
    return new Transform({
      transform: (piece, _, done) => {
        const span = this.holds[way];
        if (span > 0) setTimeout(done, span, undefined, piece);
        else done(undefined, piece);
      },
    });
  }
}

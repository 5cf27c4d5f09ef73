// A TCP proxy on loopback: the network between page and server, which can break.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Proxy {
  #server;
  #pairs = new Set();
  #broken = false;
  /** Bytes towards the page. */
  down = 0;

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
    });
    near.pipe(far);
    far.pipe(near);
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
}

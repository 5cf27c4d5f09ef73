/** Owns what has to end: each listener, timer and worker belongs to one scope, and ends with it. */
export class Scope {
  #ends = new Set<() => void>();
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /** How much would have to end now. */
  get size(): number {
    return this.#ends.size;
  }

  /** Runs `end` when the scope ends; the result takes it back. */
  add(end: () => void): () => void {
    if (this.#over) {
      end();
      return () => {};
    }
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  listen<E extends Event = Event>(
    target: EventTarget,
    type: string,
    listener: (event: E) => void,
    options: AddEventListenerOptions = {},
  ): () => void {
    const handler = listener as EventListener;
    target.addEventListener(type, handler, options);
    const forget = this.add(() => target.removeEventListener(type, handler, options));
    return () => {
      forget();
      target.removeEventListener(type, handler, options);
    };
  }

  /** Calls `run` once after `ms`; the result cancels. */
  after(ms: number, run: () => void): () => void {
    const id = setTimeout(() => {
      forget();
      run();
    }, ms);
    const forget = this.add(() => clearTimeout(id));
    return () => {
      forget();
      clearTimeout(id);
    };
  }

  every(ms: number, run: () => void): () => void {
    const id = setInterval(run, ms);
    const forget = this.add(() => clearInterval(id));
    return () => {
      forget();
      clearInterval(id);
    };
  }

  /** Calls `run` once before the next paint; the result cancels. */
  frame(run: () => void): () => void {
    const id = requestAnimationFrame(() => {
      forget();
      run();
    });
    const forget = this.add(() => cancelAnimationFrame(id));
    return () => {
      forget();
      cancelAnimationFrame(id);
    };
  }

  /** A scope that ends with this one at the latest. */
  child(): Scope {
    const scope = new Scope();
    const forget = this.add(() => scope.dispose());
    scope.add(forget);
    return scope;
  }

  dispose(): void {
    if (this.#over) return;
    this.#over = true;
    // The last to come is the first to go: what was built upon something ends before it.
    for (const end of [...this.#ends].reverse()) end();
    this.#ends.clear();
  }
}

/** What this browser remembers of one desktop. Storage may be forbidden or full: then it forgets. */
export class Store {
  readonly #prefix: string;

  constructor(base: string) {
    this.#prefix = `selkies ${new URL(base).pathname} `;
  }

  get(key: string): string | null {
    try {
      return localStorage.getItem(this.#prefix + key);
    } catch {
      return null;
    }
  }

  set(key: string, value: string): void {
    try {
      localStorage.setItem(this.#prefix + key, value);
    } catch {
      // Private windows of some browsers refuse; the choice then holds until the page is left.
    }
  }
}

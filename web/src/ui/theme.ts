import type { Scope } from '../scope.ts';
import type { Store } from '../store.ts';

export type Theme = 'auto' | 'light' | 'dark';
const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];

/** Light or dark, as the system has it or as was chosen here. */
export class Colours {
  readonly #store: Store;
  #theme: Theme;

  constructor(scope: Scope, store: Store) {
    this.#store = store;
    this.#theme = ORDER.find((theme) => theme === store.get('theme')) ?? 'auto';
    const media = matchMedia('(prefers-color-scheme: dark)');
    scope.listen(media, 'change', () => this.#apply());
    scope.add(() => delete document.documentElement.dataset.theme);
    this.#apply();
  }

  get theme(): Theme {
    return this.#theme;
  }

  next(): void {
    this.#theme = ORDER[(ORDER.indexOf(this.#theme) + 1) % ORDER.length] ?? 'auto';
    this.#store.set('theme', this.#theme);
    this.#apply();
  }

  #apply(): void {
    const dark = this.#theme === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : this.#theme === 'dark';
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }
}

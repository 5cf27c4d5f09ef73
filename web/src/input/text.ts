import type { Scope } from '../scope.ts';
import { Composition, type Edit } from './composition.ts';
import type { InputHost, Point } from './host.ts';
import type { Keyboard } from './keyboard.ts';
import { BACKSPACE, CONTROL_L } from './keysyms.ts';

/** Between the text in composition and the line it belongs to. */
const GAP = 14;
const MARGIN = 8;

/** What the rest of the input may ask of the text field. */
export interface Text {
  /** The caret over there has gone elsewhere: what was typed before is not what the next deletion meets. */
  forget(): void;
}

/** Types what input methods, dead keys and on-screen keyboards write into the field. */
export function listenToText(scope: Scope, host: InputHost, keyboard: Keyboard, anchor: () => Point): Text {
  const { field } = host;
  const composition = new Composition();
  const view = makeView(scope, host, anchor);
  let typing = false;
  const reset = (): void => {
    field.value = composition.reset();
    field.setSelectionRange(field.value.length, field.value.length);
    view('');
  };
  const type = ({ words, deleted, typed }: Edit): void => {
    if (!host.drives()) return;
    typing = true;
    const commands = keyboard.pins;
    for (let count = 0; count < words; count += 1) keyboard.chord([CONTROL_L, BACKSPACE]);
    for (let count = 0; count < deleted; count += 1) keyboard.tap(BACKSPACE);
    keyboard.type(typed);
    typing = false;
    // With a modifier it was a command and no text to be corrected later.
    if (commands) reset();
  };
  scope.listen(field, 'compositionstart', () => composition.start());
  scope.listen<CompositionEvent>(field, 'compositionupdate', ({ data }) => {
    composition.update(data, coarse());
    view(host.drives() ? composition.shown : '');
  });
  scope.listen(field, 'compositionend', () => {
    view('');
    type(composition.end(field.value));
    // Not within the event: some input methods begin the next composition with it.
    scope.after(0, () => {
      if (composition.due(coarse())) reset();
    });
  });
  scope.listen<InputEvent>(field, 'input', (event) => {
    // What is pasted or dropped is not typed: the clipboard has it.
    if (/^insertFrom(Paste|Drop)/.test(event.inputType)) return reset();
    type(composition.input(field.value, event.inputType, coarse()));
    if (composition.due(coarse())) reset();
  });
  const forget = (): void => {
    // An input method of a desktop goes on with its composition; that of a phone composes all the time.
    if (!typing && (coarse() || !composition.composing)) reset();
  };
  scope.add(
    keyboard.afterKey(() => {
      if (coarse()) forget();
    }),
  );
  reset();
  return { forget };
}

/** Shows what is being composed next to where the person pointed last: there the text will be. */
function makeView(scope: Scope, { surface }: InputHost, anchor: () => Point): (text: string) => void {
  const view = document.createElement('div');
  view.className = 'composing';
  view.setAttribute('aria-hidden', 'true');
  view.hidden = true;
  const text = document.createElement('span');
  view.append(text);
  surface.append(view);
  scope.add(() => view.remove());
  return (shown) => {
    view.hidden = shown === '';
    if (view.hidden) return;
    text.textContent = shown;
    const { top, width, height } = surface.getBoundingClientRect();
    const seen = globalThis.visualViewport;
    const bottom = seen ? Math.min(height, seen.offsetTop + seen.height - top) : height;
    const x = Math.max(MARGIN, Math.min(anchor().x, width - view.offsetWidth - MARGIN));
    const below = anchor().y + GAP;
    const fits = below + view.offsetHeight + MARGIN <= bottom;
    const y = fits ? below : Math.max(MARGIN, anchor().y - GAP - view.offsetHeight);
    // The field goes with it, and the window of the input method with the field.
    surface.style.setProperty('--caret-x', `${x}px`);
    surface.style.setProperty('--caret-y', `${y}px`);
    surface.style.setProperty('--caret-h', `${view.offsetHeight}px`);
  };
}

/** The device is held in hands, and its keyboard is on the screen. */
function coarse(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

// @vitest-environment happy-dom
// Text events in the order in which systems and keyboards send them (UI Events, Input Events Level 2, and the
// event logs their makers and test suites publish), and what the desktop gets.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { difference, REST } from '../src/input/composition.ts';
import type { InputHost } from '../src/input/host.ts';
import { Keyboard } from '../src/input/keyboard.ts';
import { listenToKeys } from '../src/input/keys.ts';
import { listenToText } from '../src/input/text.ts';
import { encode } from '../src/proto/encode.ts';
import { Scope } from '../src/scope.ts';

/** One event; `text` is what the field holds after it, apart from its rest. */
type Step =
  | { key: string; code?: string; keyCode?: number; composing?: boolean; up?: boolean }
  | { start: true }
  | { update: string }
  | { end: string }
  | { input: string; text: string }
  /** The field itself, the rest included. */
  | { input: string; whole: string }
  | { pause: true };

const scopes: Scope[] = [];

afterEach(() => {
  for (const scope of scopes.splice(0)) scope.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  document.body.replaceChildren();
});

function field(device: 'phone' | 'desk') {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('matchMedia', () => ({ matches: device === 'phone' }));
  const scope = new Scope();
  scopes.push(scope);
  const sent: string[] = [];
  const surface = document.createElement('div');
  const area = document.createElement('textarea');
  surface.append(area);
  document.body.append(surface);
  const host = {
    surface,
    container: surface,
    field: area,
    drives: () => true,
    typing: () => true,
    pastes: () => false,
    shortcut: () => {},
  } as unknown as InputHost;
  const keyboard = new Keyboard((message) => sent.push(encode(message)), 'other');
  listenToKeys(scope, host, keyboard);
  const text = listenToText(scope, host, keyboard, () => ({ x: 40, y: 30 }));
  const shown = (): string => {
    const view = surface.querySelector<HTMLElement>('.composing');
    return view && !view.hidden ? (view.textContent ?? '') : '';
  };
  /** Returns whether the browser may still do what it does with the event. */
  const step = (what: Step): boolean => {
    if ('pause' in what) vi.advanceTimersByTime(50);
    else if ('key' in what) {
      const { key, code = '', keyCode = 0, composing = false, up = false } = what;
      const event = new KeyboardEvent(up ? 'keyup' : 'keydown', { key, code, bubbles: true, cancelable: true });
      Object.defineProperties(event, { keyCode: { value: keyCode }, isComposing: { value: composing } });
      return area.dispatchEvent(event);
    } else if ('input' in what) {
      area.value = 'whole' in what ? what.whole : REST + what.text;
      const event = new Event('input', { bubbles: true });
      Object.defineProperty(event, 'inputType', { value: what.input });
      area.dispatchEvent(event);
    } else {
      const [type, data] =
        'start' in what ? ['start', ''] : 'update' in what ? ['update', what.update] : ['end', what.end];
      const event = new Event(`composition${type}`, { bubbles: true });
      Object.defineProperty(event, 'data', { value: data });
      area.dispatchEvent(event);
    }
    return true;
  };
  return { area, keyboard, sent, shown, step, text };
}

/** What the desktop is sent, as it would be typed: ⌫ for Backspace, ⏎ for Return. */
function typed(sent: readonly string[]): string {
  const names: Record<number, string> = { 65288: '⌫', 65293: '⏎', 65507: '⌃' };
  return sent
    .filter((text) => text.startsWith('kd,'))
    .map((text) => Number(text.slice(3)))
    .map((keysym) => names[keysym] ?? String.fromCodePoint(keysym >= 0x0100_0000 ? keysym - 0x0100_0000 : keysym))
    .join('');
}

function run(device: 'phone' | 'desk', ...steps: Step[]): string {
  const { sent, step } = field(device);
  for (const what of steps) step(what);
  return typed(sent);
}

const gone: Step = { key: 'Unidentified', keyCode: 229 };

/** A word as GBoard and most keyboards of Android write it: composed, letter by letter. */
const word = (before: string, ...forms: string[]): Step[] => [
  { start: true },
  ...forms.flatMap((form): Step[] => [
    gone,
    { update: form },
    { input: 'insertCompositionText', text: before + form },
    { key: 'Unidentified', keyCode: 229, up: true },
  ]),
];

describe('Android', () => {
  test('the letters of a word come as they are written', () =>
    expect(run('phone', ...word('', 'h', 'he', 'hel'))).toBe('hel'));

  test('a space ends the word, and the next one begins', () =>
    expect(
      run(
        'phone',
        ...word('', 'h', 'hi'),
        { end: 'hi' },
        { pause: true },
        { input: 'insertText', text: 'hi ' },
        ...word('hi ', 'y', 'yo'),
      ),
    ).toBe('hi yo'));

  test('autocorrection at the space replaces only what differs', () =>
    expect(
      run(
        'phone',
        ...word('', 't', 'te', 'teh'),
        { update: 'the' },
        { input: 'insertCompositionText', text: 'the' },
        { end: 'the' },
        { input: 'insertText', text: 'the ' },
      ),
    ).toBe('teh⌫⌫he '));

  test('a suggestion takes the place of the word', () =>
    expect(
      run(
        'phone',
        ...word('', 'w', 'wo'),
        gone,
        { update: 'world' },
        { input: 'insertCompositionText', text: 'world' },
        { end: 'world' },
        { pause: true },
        { input: 'insertText', text: 'world ' },
      ),
    ).toBe('world '));

  test('a correction of a word that was ended is retyped from where it differs', () =>
    expect(
      run(
        'phone',
        ...word('', 'h', 'he', 'hel', 'helo'),
        { end: 'helo' },
        { input: 'insertText', text: 'helo ' },
        { input: 'insertReplacementText', text: 'hello ' },
      ),
    ).toBe('helo ⌫⌫lo '));

  test('Backspace in a word, at its end and before anything known', () => {
    expect(
      run('phone', ...word('', 'h', 'hi'), gone, { update: 'h' }, { input: 'insertCompositionText', text: 'h' }),
    ).toBe('hi⌫');
    expect(
      run(
        'phone',
        ...word('', 'h'),
        { end: 'h' },
        { input: 'deleteContentBackward', text: '' },
        { input: 'deleteContentBackward', whole: REST.slice(1) },
        { input: 'deleteContentBackward', whole: REST.slice(2) },
      ),
    ).toBe('h⌫⌫⌫');
  });

  test('Backspace can be held for as long as there is something', () => {
    const { area, sent, step } = field('phone');
    for (let count = 0; count < 40; count += 1)
      step({ input: 'deleteContentBackward', whole: area.value.slice(0, -1) });
    expect(typed(sent)).toBe('⌫'.repeat(40));
    expect(area.value.length).toBeGreaterThanOrEqual(2);
  });

  test('a deleted word is its letters where they are known, and Ctrl Backspace where not', () => {
    expect(
      run(
        'phone',
        ...word('', 'a', 'ab'),
        { end: 'ab' },
        { input: 'insertText', text: 'ab ' },
        { input: 'deleteWordBackward', text: '' },
      ),
    ).toBe('ab ⌫⌫⌫');
    expect(run('phone', { input: 'deleteWordBackward', whole: '' })).toBe('⌃⌫');
  });

  test('Enter comes as a key or as a line break', () => {
    const { sent, step } = field('phone');
    expect(step({ key: 'Enter', code: '', keyCode: 13 })).toBe(false);
    step({ key: 'Enter', keyCode: 13, up: true });
    expect(typed(sent)).toBe('⏎');
    expect(run('phone', { input: 'insertLineBreak', text: '\n' })).toBe('⏎');
  });

  test('an emoji of several characters is typed whole, and deleted at once', () =>
    expect(
      run(
        'phone',
        { input: 'insertText', text: '👩‍🚀' },
        { input: 'insertText', text: '👩‍🚀👍' },
        { input: 'insertText', text: '👩‍🚀👍🏽' },
        { input: 'deleteContentBackward', text: '👩‍🚀' },
        { input: 'deleteContentBackward', text: '' },
      ),
    ).toBe('👩‍🚀👍⌫👍🏽⌫⌫'));

  test('pinyin becomes what was chosen', () =>
    expect(
      run(
        'phone',
        ...word('', 'n', 'ni'),
        { update: '你' },
        { input: 'insertCompositionText', text: '你' },
        { end: '你' },
      ),
    ).toBe('ni⌫⌫你'));

  test('a swiped word comes at once, and so does dictation', () => {
    expect(run('phone', ...word('', 'swiped'), { end: 'swiped' })).toBe('swiped');
    expect(run('phone', { input: 'insertText', text: 'so it is' })).toBe('so it is');
  });

  test('a place that was tapped meanwhile is not corrected', () => {
    const { sent, step, text, area } = field('phone');
    for (const what of word('', 't', 'te', 'teh')) step(what);
    text.forget();
    expect(area.value).toBe(REST);
    step({ input: 'insertText', text: ' ' });
    expect(typed(sent)).toBe('teh ');
  });

  test('a letter after the bar’s Ctrl is a command, and what follows a word of its own', () => {
    const { sent, step, keyboard, area } = field('phone');
    keyboard.hold('bar Ctrl', 0xffe3);
    keyboard.afterKey(() => keyboard.letGo('bar Ctrl'));
    for (const what of word('', 'c')) step(what);
    expect(sent).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507']);
    expect(area.value).toBe(REST);
  });

  test('text that has grown long is forgotten between words', () => {
    const { step, area } = field('phone');
    step({ input: 'insertText', text: 'x'.repeat(300) });
    expect(area.value).toBe(REST);
  });
});

describe('iOS', () => {
  test('letters are keys, and their text does not come twice', () => {
    const { sent, step } = field('phone');
    expect(step({ key: 'a', code: '', keyCode: 65 })).toBe(false);
    step({ key: 'a', up: true, keyCode: 65 });
    expect(step({ key: 'Backspace', code: '', keyCode: 8 })).toBe(false);
    step({ key: 'Backspace', up: true, keyCode: 8 });
    expect(typed(sent)).toBe('a⌫');
  });

  test('a suggestion comes without a key', () =>
    expect(run('phone', { input: 'insertText', text: 'the ' }, { input: 'insertReplacementText', text: 'then ' })).toBe(
      'the ⌫n ',
    ));

  test('Japanese waits for its conversion, and shows what waits', () => {
    const { sent, step, shown } = field('phone');
    step({ start: true });
    for (const form of ['に', 'にほ', 'にほん']) {
      step({ update: form });
      step({ input: 'insertCompositionText', text: form });
    }
    expect(shown()).toBe('にほん');
    expect(sent).toEqual([]);
    step({ input: 'deleteCompositionText', text: '' });
    step({ input: 'insertFromComposition', text: '日本' });
    step({ end: '日本' });
    expect(shown()).toBe('');
    expect(typed(sent)).toBe('日本');
  });
});

describe('a desk', () => {
  const japanese: Step[] = [
    { key: 'Process', code: 'KeyK', keyCode: 229 },
    { start: true },
    { update: 'ｋ' },
    { input: 'insertCompositionText', text: 'ｋ' },
    { key: 'Process', code: 'KeyA', keyCode: 229, composing: true },
    { update: 'か' },
    { input: 'insertCompositionText', text: 'か' },
  ];

  test('Chromium: the end of a composition types it once', () =>
    expect(
      run(
        'desk',
        ...japanese,
        { key: 'Enter', code: 'Enter', keyCode: 229, composing: true },
        { input: 'insertCompositionText', text: 'か' },
        { end: 'か' },
        { key: 'Enter', code: 'Enter', up: true },
        { pause: true },
      ),
    ).toBe('か'));

  test('Firefox: the last input comes after the end, and types nothing again', () =>
    expect(
      run('desk', ...japanese, { end: 'か' }, { input: 'insertCompositionText', text: 'か' }, { pause: true }),
    ).toBe('か'));

  test('Safari: the key that ends a composition comes after its end', () =>
    expect(
      run(
        'desk',
        ...japanese,
        { input: 'deleteCompositionText', text: '' },
        { input: 'insertFromComposition', text: '課' },
        { end: '課' },
        { key: 'Enter', code: 'Enter', keyCode: 229 },
        { pause: true },
        { key: 'Enter', code: 'Enter', keyCode: 229, up: true },
      ),
    ).toBe('課'));

  test('a composition that is given up types nothing', () =>
    expect(
      run(
        'desk',
        ...japanese,
        { update: '' },
        { input: 'deleteCompositionText', text: '' },
        { end: '' },
        { pause: true },
      ),
    ).toBe(''));

  test('Korean: one syllable ends where the next begins', () =>
    expect(
      run(
        'desk',
        { start: true },
        { update: '하' },
        { input: 'insertCompositionText', text: '하' },
        { update: '한' },
        { input: 'insertCompositionText', text: '한' },
        { end: '한' },
        { start: true },
        { update: 'ㄱ' },
        { input: 'insertCompositionText', text: '한ㄱ' },
        { pause: true },
        { update: '그' },
        { input: 'insertCompositionText', text: '한그' },
        { end: '그' },
        { pause: true },
      ),
    ).toBe('한그'));

  test('a dead key makes one letter', () =>
    expect(
      run(
        'desk',
        { key: 'Dead', code: 'Equal' },
        { start: true },
        { update: '´' },
        { input: 'insertCompositionText', text: '´' },
        { key: 'Dead', code: 'Equal', up: true },
        { key: 'é', code: 'KeyE', keyCode: 229, composing: true },
        { update: 'é' },
        { input: 'insertCompositionText', text: 'é' },
        { end: 'é' },
        { pause: true },
      ),
    ).toBe('é'));

  test('what is composed is shown until it is typed', () => {
    const { step, shown, sent } = field('desk');
    for (const what of japanese) step(what);
    expect(shown()).toBe('か');
    expect(sent).toEqual([]);
    step({ end: 'か' });
    expect(shown()).toBe('');
  });

  test('an emoji picker’s choice is typed, and the field is at rest again', () => {
    const { step, area, sent } = field('desk');
    step({ input: 'insertText', text: '🇩🇪' });
    expect(typed(sent)).toBe('🇩🇪');
    expect(area.value).toBe(REST);
  });

  test('what is pasted or dropped into the field is not typed', () =>
    expect(run('desk', { input: 'insertFromPaste', text: 'much' }, { input: 'insertFromDrop', text: 'more' })).toBe(
      '',
    ));
});

test.each([
  ['', 'abc', 0, 'abc'],
  ['hel', 'hello', 0, 'lo'],
  ['helo', 'hello', 1, 'lo'],
  ['word', '', 4, ''],
  ['日本', '日本語', 0, '語'],
  ['é', 'e', 1, 'e'],
  ['👨‍👩‍👧', '', 1, ''],
])('%s becoming %s deletes %i and types %s', (before, after, deleted, types) =>
  expect(difference(before, after)).toEqual({ deleted, typed: types }),
);

test('what is inserted before everything known is typed and deletes nothing', () =>
  expect(run('phone', { input: 'insertText', whole: `ab${REST}` })).toBe('ab'));

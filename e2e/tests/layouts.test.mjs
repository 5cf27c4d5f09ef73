// Whatever layout the keyboard here has, its symbols are what a program there reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KNOWN, SYSTEMS, events, tables } from '../lib/layouts.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

const FULL = process.env.FULL === '1';
const FEW = ['de', 'fr', 'ru'];
const OTHERS = ['us', 'gb', 'be', 'ch', 'ch(fr)', 'es', 'it', 'br', 'pt', 'se', 'no', 'pl', 'cz', 'hu', 'tr', 'ua', 'gr', 'jp', 'kr'];
const LAYOUTS = FULL ? [...FEW, ...OTHERS] : FEW;

/** A terminal that has the keyboard and writes down each line it reads. */
class Reader {
  #lines = 0;

  static async open(stage, platform) {
    const reader = new Reader();
    const shell = 'stty -echo; exec cat > typed';
    reader.server = await stage.server(['--embedded', '--', 'xterm', '-u8', '-e', 'sh', '-c', shell]);
    reader.desk = await stage.desk();
    await reader.desk.page.addInitScript((name) => Object.defineProperty(navigator, 'platform', { value: name }), platform);
    await reader.desk.enter(reader.server.link);
    await until('the terminal hears', async () => {
      await reader.desk.page.keyboard.press('Enter');
      return until('a line is there', () => reader.#read().length > 0, { within: 1000 });
    });
    // More than one may be under way.
    await reader.dispatch([['keydown', { key: '.', code: 'Period' }], ['keyup', { key: '.', code: 'Period' }]]);
    await reader.desk.page.keyboard.press('Enter');
    await until('they have come', () => reader.#read().at(-1) === '.');
    reader.#lines = reader.#read().length;
    return reader;
  }

  /** Events without a pause between them. */
  dispatch(all) {
    return this.desk.page.evaluate((events) => {
      const field = document.querySelector('.typing');
      for (const [type, init] of events)
        field.dispatchEvent(new KeyboardEvent(type, { bubbles: true, cancelable: true, ...init }));
    }, all);
  }

  /** Ends the line and compares it with what it should be. */
  async expect(text, what) {
    await this.desk.page.keyboard.press('Enter');
    const line = await until(`${what}: a line is read`, () => this.#read()[this.#lines] !== undefined && this.#read());
    assert.equal(line[this.#lines], text, what);
    this.#lines += 1;
  }

  /** Whole lines. */
  #read() {
    return readFileSync(join(this.server.home, 'typed'), 'utf8').split('\n').slice(0, -1);
  }
}

function lay(name, run) {
  if (!KNOWN && process.env.STRICT !== '1') {
    test(name, { skip: 'the tables are not built (cargo build --examples -p selkies-desktop-x11)' }, () => {});
    return;
  }
  scene(name, run);
}

function* chunks(all, size) {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

for (const layout of LAYOUTS)
  lay(`every symbol of a keyboard with the layout ${layout} is read, on every system`, async (stage) => {
    const keys = tables([layout]).get(layout);
    const written = keys.filter(({ text }) => text !== 'dead');
    // The page is told apart from others only by what its browser says; one server serves all three.
    for (const [system, { platform }] of Object.entries(SYSTEMS)) {
      const reader = await Reader.open(stage, platform);
      // Without AltGr all systems tell of a key alike.
      const told = written.filter(({ level, code, text }) => {
        // Option that makes nothing of a letter is a command's Alt. X has such keys, a Mac has not.
        if (system === 'macOS' && level > 1 && code === `Key${text.toUpperCase()}`) return false;
        return FULL || system === 'Linux' || level > 1;
      });
      for (const some of chunks(told, 40)) {
        await reader.dispatch(some.flatMap((key) => events(key, system)));
        await reader.expect(some.map(({ text }) => text).join(''), `${layout} on ${system}`);
      }
      // A dead key writes nothing; the next one brings what both make.
      const dead = keys.filter(({ text }) => text === 'dead');
      for (const some of chunks(dead, 20)) {
        const composed = { code: 'KeyE', level: 0, text: 'ê' };
        await reader.dispatch(some.flatMap((key) => [...events(key, system), ...events(composed, system)]));
        await reader.expect('ê'.repeat(some.length), `dead keys of ${layout} on ${system}`);
      }
      await reader.desk.page.close();
      await reader.server.stop();
    }
  });

lay('keys of a real browser write what they say: Shift, input methods, keypad, Caps Lock', async (stage) => {
  const reader = await Reader.open(stage, SYSTEMS.Linux.platform);
  const cdp = await reader.desk.page.context().newCDPSession(reader.desk.page);
  const press = async (key, { code, modifiers = 0, location = 0 }) => {
    const event = { key, code, modifiers, location, text: key, unmodifiedText: key };
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  };
  for (const layout of FEW) {
    const keys = tables([layout]).get(layout).filter(({ level, text }) => level < 2 && text !== 'dead');
    for (const some of chunks(keys, 40)) {
      // 8 is Shift (Chrome DevTools Protocol, Input.dispatchKeyEvent).
      for (const { code, level, text } of some) await press(text, { code, modifiers: level === 1 ? 8 : 0 });
      await reader.expect(some.map(({ text }) => text).join(''), layout);
    }
  }

  for (const text of ['é', 'ñ', '漢字', 'かな', '한글']) {
    await cdp.send('Input.imeSetComposition', { text: text[0], selectionStart: 1, selectionEnd: 1 });
    await cdp.send('Input.insertText', { text });
  }
  await reader.expect('éñ漢字かな한글', 'composed text');
  await cdp.send('Input.insertText', { text: 'naïve 😀👍🏽 €' });
  await reader.expect('naïve 😀👍🏽 €', 'inserted text');

  const keypad = { ...Object.fromEntries([...'0123456789'].map((digit) => [digit, `Numpad${digit}`])), '.': 'NumpadDecimal', '+': 'NumpadAdd', '-': 'NumpadSubtract', '*': 'NumpadMultiply', '/': 'NumpadDivide' };
  const location = 3;
  for (const [key, code] of Object.entries(keypad)) await press(key, { code, location });
  await reader.expect(Object.keys(keypad).join(''), 'keypad with Num Lock');
  // Without it, the keypad moves; the terminal's line editing knows only how to erase.
  for (const [key, code] of [['x', 'KeyX'], ['Home', 'Numpad7'], ['ArrowLeft', 'Numpad4']]) {
    if (code === 'KeyX') await press(key, { code });
    else await reader.dispatch([['keydown', { key, code, location }], ['keyup', { key, code, location }]]);
  }
  await reader.expect('x\u001b[H\u001b[D', 'keypad without Num Lock');

  const caps = { modifierCapsLock: true };
  const one = (key, more) => [['keydown', { ...key, ...more }], ['keyup', { ...key, ...more }]];
  await reader.dispatch([
    ...one({ key: 'CapsLock', code: 'CapsLock' }, caps),
    ...one({ key: 'A', code: 'KeyA' }, caps),
    ...one({ key: 'Ö', code: 'Semicolon' }, caps),
    ...one({ key: '1', code: 'Digit1' }, caps),
    ...events({ code: 'KeyB', level: 1, text: 'b' }, 'Linux', caps),
    ...one({ key: 'CapsLock', code: 'CapsLock' }),
    ...one({ key: 'c', code: 'KeyC' }),
    ...events({ code: 'KeyD', level: 1, text: 'D' }, 'Linux'),
  ]);
  await reader.expect('AÖ1bcD', 'Caps Lock');
  const x = await stage.x(reader.server);
  assert.deepEqual(await x.keysDown(), []);
  assert.equal((await x.pointer()).mask & 0xff, 0, 'no modifier is left, Caps Lock included');
});

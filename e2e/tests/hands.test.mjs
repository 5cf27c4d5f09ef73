// Keyboards of other systems and input methods, as their browsers tell of them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUT } from '../lib/server.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** A page that believes to run on another system. */
async function on(stage, platform, options) {
  const server = await stage.server();
  const desk = await stage.desk(options);
  if (platform) await desk.page.addInitScript((name) => Object.defineProperty(navigator, 'platform', { value: name }), platform);
  await desk.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  return { server, desk, x, board };
}

/** Key events without a pause between them: `down key code {more}`. */
function keys(desk, ...events) {
  return desk.page.evaluate((all) => {
    const field = document.querySelector('.typing');
    for (const [what, key, code, more = {}] of all)
      field.dispatchEvent(new KeyboardEvent(`key${what}`, { key, code, bubbles: true, cancelable: true, ...more }));
  }, events);
}

/** What a window heard of the keyboard: `+Control_L`-like, by keysym. */
async function heard(x, board) {
  const all = board.events.filter(({ type }) => type.startsWith('key-'));
  return Promise.all(
    all.map(async ({ type, detail, state }) => {
      const [plain, shifted] = await x.keysyms(detail);
      return { sign: type === 'key-down' ? '+' : '-', keysym: plain, shifted, state };
    }),
  );
}

async function hears(x, board, expected) {
  const text = async () => (await heard(x, board)).map(({ sign, keysym }) => sign + (NAMES[keysym] ?? keysym.toString(16))).join(' ');
  await until(`the window hears ${expected}`, async () => {
    const now = await text();
    if (now.length < expected.length) throw new Error(now);
    return true;
  });
  assert.equal(await text(), expected);
  board.clear();
}

const NAMES = { 0xffe1: 'Shift', 0xffe3: 'Ctrl', 0xffe4: 'CtrlR', 0xffe9: 'Alt', 0xfe03: 'AltGr', 0xff50: 'Home', 0xff57: 'End', 0xff09: 'Tab', 0x61: 'a', 0x63: 'c', 0x78: 'x', 0x7a: 'z' };

/** A shell that has the keyboard. */
async function atTheTerminal(stage, platform, options) {
  const server = await stage.server();
  const desk = await stage.desk(options);
  if (platform) await desk.page.addInitScript((name) => Object.defineProperty(navigator, 'platform', { value: name }), platform);
  await desk.enter(server.link);
  await until('the shell waits for input', () => server.process('bash'));
  await until('the terminal hears', async () => {
    await desk.page.keyboard.press('Control+c');
    await desk.page.keyboard.type('echo > heard');
    await desk.page.keyboard.press('Enter');
    return until('the file is there', () => readFileSync(join(server.home, 'heard'), 'utf8'), { within: 1000 });
  });
  const cdp = await desk.page.context().newCDPSession(desk.page);
  const writes = (name, content) =>
    until(`${name} holds ${content}`, () => {
      const now = readFileSync(join(server.home, name), 'utf8');
      if (now !== content) throw new Error(`it holds ${JSON.stringify(now)}`);
      return true;
    });
  return { server, desk, cdp, writes };
}

scene('AltGr of Windows brings no Ctrl, and Ctrl alone still comes', async (stage) => {
  const { desk, x, board } = await on(stage, 'Win32');
  await keys(
    desk,
    ['down', 'Control', 'ControlLeft', { ctrlKey: true }],
    ['down', 'AltGraph', 'AltRight'],
    ['down', 'x', 'KeyX'],
    ['up', 'x', 'KeyX'],
    ['up', 'Control', 'ControlLeft'],
    ['up', 'AltGraph', 'AltRight'],
  );
  await until('the key was heard', async () => (await heard(x, board)).some(({ sign, keysym }) => sign === '-' && keysym === 0x78));
  await until('nothing is down', async () => (await x.keysDown()).length === 0);
  const all = await heard(x, board);
  assert.ok(all.every(({ keysym }) => keysym !== 0xffe3), 'no Ctrl');
  assert.ok(all.some(({ keysym, state }) => keysym === 0x78 && (state & 0x4) === 0));
  board.clear();

  await keys(desk, ['down', 'Control', 'ControlLeft', { ctrlKey: true }], ['down', 'c', 'KeyC', { ctrlKey: true }]);
  await keys(desk, ['up', 'c', 'KeyC', { ctrlKey: true }], ['up', 'Control', 'ControlLeft']);
  await hears(x, board, '+Ctrl +c -c -Ctrl');
  await keys(desk, ['down', 'Control', 'ControlLeft', { ctrlKey: true }]);
  await hears(x, board, '+Ctrl');
  await keys(desk, ['up', 'Control', 'ControlLeft']);
  await hears(x, board, '-Ctrl');
});

scene('Command of a Mac is Ctrl, Option makes characters, and neither sticks', async (stage) => {
  const { desk, x, board } = await on(stage, 'MacIntel');
  const command = { metaKey: true };
  const option = { altKey: true };
  await keys(desk, ['down', 'Meta', 'MetaLeft', command], ['down', 'c', 'KeyC', command], ['up', 'Meta', 'MetaLeft']);
  await hears(x, board, '+Ctrl +c -c -Ctrl');
  await keys(desk, ['down', 'Meta', 'MetaLeft', command], ['down', 'ArrowRight', 'ArrowRight', command], ['up', 'Meta', 'MetaLeft']);
  await hears(x, board, '+Ctrl -Ctrl +End -End +Ctrl -Ctrl');
  await keys(desk, ['down', 'Alt', 'AltLeft', option], ['down', 'a', 'KeyL', option], ['up', 'a', 'KeyL', option], ['up', 'Alt', 'AltLeft']);
  await hears(x, board, '+a -a');
  await keys(desk, ['down', 'Alt', 'AltLeft', option], ['down', 'Home', 'Home', option], ['up', 'Home', 'Home', option], ['up', 'Alt', 'AltLeft']);
  await hears(x, board, '+Alt +Home -Home -Alt');
  assert.deepEqual(await x.keysDown(), []);
});

scene('a held key stays down for as long as the page says so, and repeats of the browser are not presses', async (stage) => {
  const { desk, x, board } = await on(stage);
  await keys(desk, ['down', 'Shift', 'ShiftLeft', { shiftKey: true }]);
  await until('it is down', async () => (await x.keysDown()).length === 1);
  for (let count = 0; count < 5; count += 1) await keys(desk, ['down', 'Shift', 'ShiftLeft', { shiftKey: true, repeat: true }]);
  // Longer than the server keeps a key that nobody speaks of.
  await stays('it stays down', async () => (await x.keysDown()).length === 1, 2600);
  await hears(x, board, '+Shift');
  await desk.page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  await until('a page that goes lets go', async () => (await x.keysDown()).length === 0);
  await keys(desk, ['down', 'Shift', 'ShiftLeft', { shiftKey: true, repeat: true }]);
  await keys(desk, ['down', 'x', 'KeyX'], ['up', 'x', 'KeyX']);
  await hears(x, board, '-Shift +x -x');
});

scene('a modifier that the system kept for itself is let go with the next key', async (stage) => {
  const { desk, x, board } = await on(stage);
  await keys(desk, ['down', 'Alt', 'AltLeft', { altKey: true }]);
  await hears(x, board, '+Alt');
  await keys(desk, ['down', 'x', 'KeyX'], ['up', 'x', 'KeyX']);
  await hears(x, board, '-Alt +x -x');
});

scene('Ctrl with a Cyrillic letter is the command of its key', async (stage) => {
  const { server, desk } = await atTheTerminal(stage);
  await desk.page.keyboard.type('sleep 600');
  await desk.page.keyboard.press('Enter');
  const sleep = await until('it sleeps', () => server.process('sleep'));
  const control = { ctrlKey: true };
  await keys(desk, ['down', 'Control', 'ControlLeft', control], ['down', 'с', 'KeyC', control], ['up', 'с', 'KeyC', control], ['up', 'Control', 'ControlLeft']);
  await until('it was interrupted', () => !server.family().some(({ pid }) => pid === sleep.pid));
});

scene('what is composed is shown where the person clicked, and typed once', async (stage) => {
  const { desk, cdp, writes } = await atTheTerminal(stage);
  const { page } = desk;
  const view = page.locator('.composing');
  await desk.click(400, 300);
  await page.keyboard.type('echo ');
  const compose = (text) => cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  for (const text of ['に', 'にほ', 'にほん', 'にほんg', 'にほんご']) await compose(text);
  await view.waitFor();
  assert.equal(await view.innerText(), 'にほんご');
  const box = await view.boundingBox();
  assert.ok(Math.abs(box.x - 400) < 20 && box.y > 300 && box.y < 340, `near the click: ${JSON.stringify(box)}`);
  const field = await page.locator('.typing').boundingBox();
  assert.ok(Math.abs(field.x - box.x) <= 1 && Math.abs(field.y - box.y - box.height) <= 2, 'the field, and with it the list of candidates, is at its lower edge');
  await page.screenshot({ path: join(OUT, 'composing.png') });
  await cdp.send('Input.insertText', { text: '日本語' });
  await view.waitFor({ state: 'hidden' });
  // A composition that is given up leaves nothing.
  await compose('x');
  await compose('');
  await page.keyboard.type(' > composed');
  await page.keyboard.press('Enter');
  await writes('composed', '日本語\n');

  await page.keyboard.type('echo ');
  await cdp.send('Input.insertText', { text: '👩‍🚀🇩🇪e\u0301' });
  await page.keyboard.type(' > emoji');
  await page.keyboard.press('Enter');
  await writes('emoji', '👩‍🚀🇩🇪e\u0301\n');

  // At the edge of the window it stays inside.
  const { width, height } = page.viewportSize();
  await desk.click(width - 3, height - 3);
  await compose('にほんごのぶんしょう');
  const inside = await view.boundingBox();
  assert.ok(inside.x + inside.width <= width && inside.y + inside.height <= height, JSON.stringify(inside));
  await compose('');
});

scene('words of an on-screen keyboard arrive letter by letter, with its corrections and deletions', async (stage) => {
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
  const { desk, cdp, writes } = await atTheTerminal(stage, undefined, phone);
  const { page } = desk;
  await page.keyboard.type('echo ');
  const compose = (text) => cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  const commit = (text) => cdp.send('Input.insertText', { text });
  for (const text of ['t', 'te', 'teh']) await compose(text);
  assert.equal(await page.locator('.composing').isVisible(), false, 'nothing waits');
  // The keyboard corrects the word when the space comes.
  await compose('the');
  await commit('the');
  await commit(' ');
  for (const text of ['w', 'wr', 'w', 'wo', 'word']) await compose(text);
  await commit('world');
  await page.evaluate(() => {
    const field = document.querySelector('.typing');
    field.setSelectionRange(field.value.length, field.value.length);
    for (let count = 0; count < 2; count += 1) document.execCommand('delete');
  });
  await commit('d!');
  await commit(' > corrected');
  await page.keyboard.press('Enter');
  await writes('corrected', 'the word!\n');
});

scene('in full screen the desktop has Esc as well, unless the person wants otherwise', async (stage) => {
  const { desk, x, board } = await on(stage);
  const { page } = desk;
  await page.evaluate(() => {
    window.locks = [];
    navigator.keyboard.lock = async () => window.locks.push('lock');
    navigator.keyboard.unlock = () => window.locks.push('unlock');
  });
  const locks = () => page.evaluate(() => window.locks.join(' '));
  await page.keyboard.press('Control+Shift+F');
  await until('full screen', () => page.evaluate(() => document.fullscreenElement !== null));
  await until('the keys are kept', async () => (await locks()) === 'lock');
  board.clear();
  await page.keyboard.press('Escape');
  await until('Esc is the desktop’s', async () => (await heard(x, board)).some(({ keysym }) => keysym === 0xff1b));
  const card = await desk.menu();
  await card.locator('.tiles button').filter({ has: page.getByText('Keys', { exact: true }) }).click();
  await card.getByRole('switch', { name: 'Let the desktop have every key' }).uncheck();
  assert.equal(await locks(), 'lock unlock');
  await page.keyboard.press('Control+Shift+M');
  await page.keyboard.press('Control+Shift+F');
  await until('a window again', () => page.evaluate(() => document.fullscreenElement === null));
  await page.keyboard.press('Control+Shift+F');
  await until('full screen again', () => page.evaluate(() => document.fullscreenElement !== null));
  assert.equal(await locks(), 'lock unlock');
});

scene('keys that no browser lets through are in the menu, and can be held', async (stage) => {
  const { desk, x, board } = await on(stage);
  const { page } = desk;
  const card = await desk.menu();
  await card.locator('.tiles button').filter({ has: page.getByText('Keys', { exact: true }) }).click();
  await until('nothing is down', async () => (await x.keysDown()).length === 0);
  board.clear();
  const button = (name) => card.getByRole('button', { name, exact: true });
  await button('Ctrl W').click();
  await hears(x, board, '+Ctrl +77 -77 -Ctrl');
  await button('Tab').click();
  await hears(x, board, '+Tab -Tab');
  await button('Ctrl').click();
  await button('Alt').click();
  await button('F2').click();
  await hears(x, board, '+Ctrl +Alt +ffbf -ffbf');
  assert.equal(await button('Ctrl').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Control+Shift+M');
  await hears(x, board, '-Alt -Ctrl');
});

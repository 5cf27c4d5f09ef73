// Keys pressed in the page arrive on the desktop.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** A desk whose keyboard is in the embedded terminal. */
async function atTheTerminal(stage) {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  await until('the shell waits for input', () => server.process('bash'));
  await typeUntilHeard(server, desk);
  return { server, desk };
}

/** The window gets the keyboard some time after the shell has started. */
async function typeUntilHeard(server, desk) {
  const { keyboard } = desk.page;
  await until('the terminal hears', async () => {
    await keyboard.press('Control+c');
    await keyboard.type('echo > heard');
    await keyboard.press('Enter');
    return until('the file is there', () => file(server, 'heard'), { within: 1000 });
  });
}

function file(server, name) {
  return readFileSync(join(server.home, name), 'utf8');
}

/** Types a line and waits until it had its effect on a file. */
async function writes(server, desk, line, name, content) {
  await desk.page.keyboard.type(line);
  await desk.page.keyboard.press('Enter');
  await until(`${name} holds ${content}`, () => {
    const now = file(server, name);
    if (now !== content) throw new Error(`it holds ${JSON.stringify(now)}`);
    return true;
  });
}

/** One key of a layout that the automation does not know. */
async function press(desk, key, code, modifiers = 0) {
  desk.cdp ??= await desk.page.context().newCDPSession(desk.page);
  const event = { key, code, modifiers, text: key, unmodifiedText: key };
  await desk.cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
  await desk.cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
}

scene('what is typed is what the terminal reads', async (stage) => {
  const { server, desk } = await atTheTerminal(stage);
  await writes(server, desk, 'echo $((6*7)) > sum', 'sum', '42\n');
  const symbols = '~!@#$%^&*()_+{}|:<>?`-=[];,./ aZ09';
  await writes(server, desk, `echo '${symbols}' > symbols`, 'symbols', `${symbols}\n`);
  // Characters no key of this keyboard makes come as text, as from an input method.
  await writes(server, desk, 'echo äöüßÄÖÜ é€中я😀 > others', 'others', 'äöüßÄÖÜ é€中я😀\n');

  await desk.page.keyboard.type('echo ');
  for (const [key, code] of [['ä', 'Quote'], ['ö', 'Semicolon'], ['ü', 'BracketLeft'], ['ß', 'Minus'], ['y', 'KeyZ'], ['z', 'KeyY']])
    await press(desk, key, code);
  // AltGr is neither Ctrl nor Alt: its characters come without modifiers.
  for (const [key, code] of [['€', 'KeyE'], ['@', 'KeyQ'], ['{', 'Digit7']]) await press(desk, key, code);
  await writes(server, desk, ' > german', 'german', 'äöüßyz€@{\n');
});

scene('held modifiers act: Shift, Ctrl+C, Ctrl+W and Tab are the desktop\'s', async (stage) => {
  const { server, desk } = await atTheTerminal(stage);
  const { keyboard } = desk.page;
  await keyboard.type('echo ');
  await keyboard.down('Shift');
  for (const key of ['KeyA', 'Digit4', 'KeyB', 'Quote', 'Quote']) await keyboard.press(key);
  await keyboard.up('Shift');
  await writes(server, desk, " > shifted; cat shifted", 'shifted', 'A\n');

  await keyboard.type('sleep 600');
  await keyboard.press('Enter');
  const sleep = await until('it sleeps', () => server.process('sleep'));
  await keyboard.press('Control+c');
  await until('it was interrupted', () => !server.family().some(({ pid }) => pid === sleep.pid));

  await keyboard.type('echo kept gone');
  await keyboard.press('Control+w');
  await writes(server, desk, '> word', 'word', 'kept\n');
  await keyboard.type('cat wo');
  await keyboard.press('Tab');
  await writes(server, desk, '> tabbed', 'tabbed', 'kept\n');
  assert.ok(!desk.page.isClosed());
});

scene('a key is down as long as it is held, and up when the page goes', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  const desk = await stage.desk({}, profile);
  await desk.open(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  const held = async () => {
    const codes = await x.keysDown();
    return Promise.all(codes.map(async (code) => (await x.keysyms(code))[0]));
  };

  await desk.page.keyboard.down('a');
  await until('it is down', async () => (await held()).includes(0x61));
  await stays('it stays down', async () => (await held()).includes(0x61), 1500);
  await desk.page.keyboard.down('Shift');
  await until('Shift too', async () => (await held()).includes(0xffe1));
  await desk.page.close();
  await until('all keys are up', async () => (await x.keysDown()).length === 0);
  const kinds = board.events.filter(({ type }) => type === 'key-up');
  assert.ok(kinds.length >= 2, 'the window heard of it');

  const again = await stage.desk({}, profile);
  await again.open(server.url);
  await again.page.keyboard.down('Control');
  await again.page.keyboard.down('b');
  await until('two are down', async () => (await x.keysDown()).length === 2);
  await again.page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await until('a page in the background holds nothing', async () => (await x.keysDown()).length === 0);
});

scene('keys pressed in the menu are not the desktop\'s', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  const { keyboard } = desk.page;
  await keyboard.press('k');
  await until('the desktop has the keyboard', () => board.events.some(({ type }) => type === 'key-up'));
  await desk.menu();
  await until('the shortcut left no key down', async () => (await x.keysDown()).length === 0);
  board.clear();
  await keyboard.press('ArrowDown');
  await keyboard.press('Tab');
  await keyboard.press('x');
  await keyboard.press('Escape');
  await desk.page.locator('.card').waitFor({ state: 'detached' });
  await keyboard.press('z');
  await until('the desktop has it back', () => board.events.some(({ type }) => type === 'key-up'));
  const pressed = await Promise.all(
    board.events.filter(({ type }) => type === 'key-down').map(async ({ detail }) => (await x.keysyms(detail))[0]),
  );
  assert.deepEqual(pressed, [0x7a]);
});

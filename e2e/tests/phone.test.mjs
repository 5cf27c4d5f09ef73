// Fingers in place of a mouse.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { OUT } from '../lib/server.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

async function onAPhone(stage) {
  const server = await stage.server();
  const desk = await stage.desk(PHONE);
  await desk.enter(server.link);
  const x = await stage.x(server);
  await until('the desktop has the size of the phone', async () => (await x.size).width === 390);
  const board = await x.board();
  const cdp = await desk.page.context().newCDPSession(desk.page);
  const touch = (type, ...points) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) });
  return { server, desk, x, board, touch };
}

const buttons = (board) => board.events.filter(({ type }) => type.startsWith('button')).map(({ type, detail, x, y }) => `${type.slice(7)} ${detail} ${x} ${y}`);

async function hears(board, expected) {
  await until(`the desktop hears ${expected}`, () => {
    const now = buttons(board);
    if (now.length < expected.length) throw new Error(now.join(', '));
    return true;
  });
  assert.deepEqual(buttons(board), expected);
  board.clear();
}

scene('a tap clicks, a long press and two fingers click right', async (stage) => {
  const { desk, board, touch } = await onAPhone(stage);
  await desk.page.touchscreen.tap(200, 300);
  await hears(board, ['down 1 200 300', 'up 1 200 300']);
  await touch('touchStart', [150, 200]);
  await hears(board, ['down 3 150 200', 'up 3 150 200']);
  await touch('touchEnd');
  await touch('touchStart', [100, 500], [180, 500]);
  await touch('touchEnd');
  await hears(board, ['down 3 100 500', 'up 3 100 500']);
});

scene('a finger drags, two scroll', async (stage) => {
  const { board, touch } = await onAPhone(stage);
  await touch('touchStart', [100, 300]);
  for (let step = 1; step <= 8; step += 1) await touch('touchMove', [100 + step * 20, 300]);
  await touch('touchEnd');
  await hears(board, ['down 1 100 300', 'up 1 260 300']);
  await touch('touchStart', [100, 600], [200, 600]);
  for (let step = 1; step <= 10; step += 1) await touch('touchMove', [100, 600 - step * 10], [200, 600 - step * 10]);
  await touch('touchEnd');
  await until('the wheel turns down', () => buttons(board).filter((text) => text.startsWith('up 5')).length >= 3);
  assert.ok(buttons(board).every((text) => / 5 /.test(text)), buttons(board).join(', '));
});

scene('the menu is a sheet at the bottom, with a keyboard in it', async (stage) => {
  const { desk, touch, board } = await onAPhone(stage);
  const { page } = desk;
  await touch('touchStart', [100, 300], [180, 300], [260, 300]);
  await touch('touchEnd');
  const card = page.locator('.card');
  await card.waitFor();
  await until('it lies at the bottom', async () => {
    const box = await card.boundingBox();
    if (box.x !== 0 || box.width !== 390 || Math.abs(box.y + box.height - 844) > 1) throw new Error(JSON.stringify(box));
    return true;
  });
  await page.screenshot({ path: join(OUT, 'phone-menu.png') });
  for (const button of await card.getByRole('button').all()) {
    const box = await button.boundingBox();
    if (box) assert.ok(box.height >= 40 && box.width >= 40, `large enough for a finger: ${await button.innerText()} ${JSON.stringify(box)}`);
  }
  await card.getByRole('button', { name: 'Keyboard' }).click();
  await card.waitFor({ state: 'detached' });
  await page.screenshot({ path: join(OUT, 'phone-keyboard.png') });
  board.clear();
  await page.getByRole('button', { name: 'Esc', exact: true }).click();
  await until('a key of the bar arrives', () => board.events.some(({ type }) => type === 'key-up'));
  board.clear();
  await page.keyboard.insertText('hi');
  await until('typed text arrives', () => board.events.filter(({ type }) => type === 'key-up').length === 2);
});

/** Presses with the modifiers that were down: `1`, `4 Ctrl`. */
const presses = (board) =>
  board.events.filter(({ type }) => type === 'button-down').map(({ detail, state }) => `${detail}${state & 0x4 ? ' Ctrl' : ''}`);

/** A keyboard of the system comes up or goes: so much less of the page is seen. */
function showSystemKeyboard(page, height) {
  return page.evaluate((covered) => {
    document.getElementById('fake-keyboard')?.remove();
    if (covered > 0) {
      // Only for the eye: the picture of what it looks like.
      const keys = document.createElement('div');
      keys.id = 'fake-keyboard';
      keys.style.setProperty('position', 'fixed');
      keys.style.setProperty('inset', `auto 0 0 0`);
      keys.style.setProperty('height', `${covered}px`);
      keys.style.setProperty('background', '#2b3036');
      document.body.append(keys);
    }
    window.visualViewport.covered = covered;
    window.visualViewport.dispatchEvent(new Event('resize'));
  }, height);
}

/** Before the page loads: a window whose seen part can be made smaller, as a keyboard does it. */
function fakeViewport() {
  const seen = Object.assign(new EventTarget(), { covered: 0, offsetTop: 0, offsetLeft: 0, scale: 1 });
  Object.defineProperty(seen, 'height', { get: () => innerHeight - seen.covered });
  Object.defineProperty(seen, 'width', { get: () => innerWidth });
  Object.defineProperty(window, 'visualViewport', { value: seen });
}

scene('two taps are a double click, and a drag after a tap keeps its first click', async (stage) => {
  const { desk, board, touch } = await onAPhone(stage);
  await desk.page.touchscreen.tap(200, 300);
  await desk.page.touchscreen.tap(206, 304);
  await hears(board, ['down 1 200 300', 'up 1 200 300', 'down 1 200 300', 'up 1 200 300']);
  await touch('touchStart', [100, 500]);
  await touch('touchMove', [150, 500]);
  await touch('touchCancel');
  await hears(board, ['down 1 100 500', 'up 1 150 500']);
});

scene('a pinch is the wheel with Ctrl, and a quick scroll runs out', async (stage) => {
  const { x, board, touch } = await onAPhone(stage);
  await touch('touchStart', [150, 400], [250, 400]);
  for (let step = 1; step <= 10; step += 1) await touch('touchMove', [150 - step * 5, 400], [250 + step * 5, 400]);
  await touch('touchEnd');
  // Twice as far apart is six steps of 12 percent.
  await until('it zooms', () => presses(board).length >= 6);
  assert.deepEqual(presses(board), Array(6).fill('4 Ctrl'));
  await until('Ctrl is up', async () => (await x.keysDown()).length === 0);
  board.clear();

  await touch('touchStart', [100, 700], [200, 700]);
  for (let step = 1; step <= 8; step += 1) await touch('touchMove', [100, 700 - step * 40], [200, 700 - step * 40]);
  const fingers = presses(board).length;
  await touch('touchEnd');
  await until('it goes on by itself', () => presses(board).length > Math.max(fingers, 11));
  assert.ok(presses(board).every((text) => text === '5'), presses(board).join(', '));
  await touch('touchStart', [300, 300]);
  await touch('touchEnd');
  await until('a touch stops it, and clicks', () => presses(board).at(-1) === '1');
});

scene('as a trackpad, fingers move a pointer one can see', async (stage) => {
  const { desk, x, board, touch } = await onAPhone(stage);
  const { page } = desk;
  const { width, height } = await x.size;
  await touch('touchStart', [100, 300], [180, 300], [260, 300]);
  await touch('touchEnd');
  await page.locator('.card').getByRole('button', { name: 'Trackpad' }).click();
  assert.equal(await page.locator('.card').getByRole('button', { name: 'Trackpad' }).getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Control+Shift+M');
  await page.locator('.card').waitFor({ state: 'detached' });
  await until('the pointer is in the middle', async () => {
    const now = await x.pointer();
    return Math.abs(now.x - width / 2) <= 1 && Math.abs(now.y - height / 2) <= 1;
  });
  const seen = () =>
    page.evaluate(() => {
      const { x, y } = new DOMMatrix(getComputedStyle(document.querySelector('.arrow')).transform).transformPoint();
      return { x, y };
    });
  const from = await x.pointer();
  await touch('touchStart', [50, 700]);
  for (let step = 1; step <= 20; step += 1) await touch('touchMove', [50 + step * 4, 700 - step * 2]);
  await touch('touchEnd');
  await until('it has moved, and where it is drawn it is', async () => {
    const now = await x.pointer();
    const drawn = await seen();
    if (now.x - from.x < 50 || from.y - now.y < 25 || Math.floor(drawn.x) !== now.x || Math.floor(drawn.y) !== now.y)
      throw new Error(JSON.stringify({ from, now, drawn }));
    return true;
  });
  assert.deepEqual(buttons(board), [], 'nothing was pressed');
  const at = await x.pointer();
  await page.touchscreen.tap(60, 200);
  await hears(board, [`down 1 ${at.x} ${at.y}`, `up 1 ${at.x} ${at.y}`]);
  await touch('touchStart', [100, 500], [180, 500]);
  await touch('touchEnd');
  await hears(board, [`down 3 ${at.x} ${at.y}`, `up 3 ${at.x} ${at.y}`]);
  await page.screenshot({ path: join(OUT, 'phone-trackpad.png') });
  // A press that stays takes hold.
  await touch('touchStart', [100, 500]);
  await until('it holds', async () => (await x.pointer()).mask & 0x100);
  for (let step = 1; step <= 5; step += 1) await touch('touchMove', [100, 500 + step * 8]);
  await touch('touchEnd');
  await until('and lets go', async () => !((await x.pointer()).mask & 0x100));
  assert.ok((await x.pointer()).y > at.y + 10);
  // At the edge it stops.
  await touch('touchStart', [380, 500]);
  for (let step = 1; step <= 20; step += 1) await touch('touchMove', [380 - step * 18, 500]);
  await touch('touchEnd');
  await until('it is at the edge', async () => (await x.pointer()).x === 0);
});

scene('the bar above the keyboard: keys, modifiers for one key, modifiers that stay', async (stage) => {
  const { desk, x, board } = await onAPhone(stage);
  const { page } = desk;
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await page.keyboard.press('Control+Shift+M');
  await page.locator('.card').getByRole('button', { name: 'Keyboard' }).click();
  const bar = page.getByRole('toolbar');
  const button = (name) => bar.getByRole('button', { name, exact: true });
  const pressed = async () => {
    const all = board.events.filter(({ type }) => type === 'key-down');
    return Promise.all(all.map(async ({ detail, state }) => `${(await x.keysyms(detail))[0].toString(16)}${state & 0x4 ? ' Ctrl' : ''}`));
  };
  const arrives = async (...expected) => {
    await until(`${expected} arrives`, async () => (await pressed()).length >= expected.length);
    assert.deepEqual(await pressed(), expected);
    board.clear();
  };
  await until('nothing is down', async () => (await x.keysDown()).length === 0);
  board.clear();
  await button('Ctrl').click();
  await arrives('ffe3');
  assert.equal(await button('Ctrl').getAttribute('class'), 'once');
  await page.keyboard.insertText('c');
  await arrives('63 Ctrl');
  await until('Ctrl was for one key', async () => (await x.keysDown()).length === 0);
  assert.equal(await button('Ctrl').getAttribute('aria-pressed'), 'false');

  await button('Ctrl').click();
  await button('Ctrl').click();
  assert.equal(await button('Ctrl').getAttribute('class'), 'held');
  await page.keyboard.insertText('a');
  await page.keyboard.insertText('b');
  await arrives('ffe3', '61 Ctrl', '62 Ctrl');
  await until('it stays, and it alone', async () => (await x.keysDown()).length === 1);
  await button('Ctrl').click();
  await until('and is let go', async () => (await x.keysDown()).length === 0);

  for (const [name, keysym] of [['Left', 'ff51'], ['Esc', 'ff1b'], ['Tab', 'ff09']]) {
    await button(name).click();
    await arrives(keysym);
  }
  await button('More keys').click();
  for (const [name, keysym] of [['F5', 'ffc2'], ['Home', 'ff50'], ['Del', 'ffff']]) {
    await button(name).click();
    await arrives(keysym);
  }
  for (const key of await bar.getByRole('button').all()) {
    const { width, height } = await key.boundingBox();
    assert.ok(width >= 40 && height >= 40, `large enough for a finger: ${width} × ${height}`);
  }
  // Held, an arrow repeats.
  const left = await button('Left').boundingBox();
  await page.mouse.move(left.x + 9, left.y + 9);
  await page.mouse.down();
  await until('it repeats', async () => (await pressed()).length >= 3);
  await page.mouse.up();
});

scene('a keyboard of the system does not cover what is typed', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk(PHONE);
  const { page } = desk;
  await page.addInitScript(fakeViewport);
  await desk.enter(server.link);
  const x = await stage.x(server);
  await until('the desktop has the size of the phone', async () => (await x.size).width === 390);
  const board = await x.board();
  await page.touchscreen.tap(200, 700);
  await hears(board, ['down 1 200 700', 'up 1 200 700']);
  await page.keyboard.press('Control+Shift+M');
  await page.locator('.card').getByRole('button', { name: 'Keyboard' }).click();
  const size = await x.size;
  await showSystemKeyboard(page, 320);
  const bar = page.getByRole('toolbar');
  const place = () => page.locator('#screen').boundingBox();
  await until('the bar is above the keyboard, and the line above the bar', async () => {
    const box = await bar.boundingBox();
    const screen = await place();
    if (Math.abs(box.y + box.height - (844 - 320)) > 1 || screen.y + 700 + 20 > box.y) throw new Error(JSON.stringify({ box, screen }));
    return true;
  });
  await page.screenshot({ path: join(OUT, 'phone-typing.png') });
  await bar.getByRole('button', { name: 'More keys' }).click();
  await page.screenshot({ path: join(OUT, 'phone-typing-more.png') });
  await bar.getByRole('button', { name: 'Fewer keys' }).click();
  // The picture has moved; what is tapped is still what is meant.
  let last;
  await until('it has come to rest', async () => {
    const before = last;
    last = (await place()).y;
    return last === before;
  });
  const { y } = await place();
  board.clear();
  await page.touchscreen.tap(200, 300);
  await hears(board, [`down 1 200 ${Math.round(300 - y)}`, `up 1 200 ${Math.round(300 - y)}`]);
  assert.deepEqual(await x.size, size, 'the desktop keeps its size');
  // Put away by the system's own button.
  await showSystemKeyboard(page, 0);
  await bar.waitFor({ state: 'detached' });
  await until('the picture is back', async () => (await place()).y === 0);
});

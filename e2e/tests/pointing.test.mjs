// The pointer in the page is the pointer on the desktop, to the pixel.

import assert from 'node:assert/strict';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

/** A desk with a window over the whole desktop that logs the pointer; with all the pixels of the screen. */
async function overABoard(stage, options = {}) {
  const server = await stage.server();
  const desk = await stage.desk(options);
  await desk.page.addInitScript(() => localStorage.setItem('selkies / every-pixel', 'yes'));
  await desk.enter(server.link);
  if (options.deviceScaleFactor) await desk.useEveryPixel();
  const x = await stage.x(server);
  await followsWindow(desk, x);
  const board = await x.board();
  return { desk, x, board };
}

/** Waits until the desktop has the size of the window in device pixels, here and there. */
async function followsWindow(desk, x) {
  await until('the desktop has the size of the window', async () => {
    const [there, { width, height }, wanted] = await Promise.all([
      x.size,
      desk.canvas(),
      desk.page.evaluate(() => [innerWidth * devicePixelRatio, innerHeight * devicePixelRatio].map((side) => side - (side % 2))),
    ]);
    if (`${there.width} ${there.height}` !== wanted.join(' ') || `${width} ${height}` !== wanted.join(' '))
      throw new Error(`${JSON.stringify(there)}, canvas ${width} × ${height}, window ${wanted}`);
    return true;
  });
}

/** What the window heard, as `down 1 at 10 20`. */
function told(board) {
  return board.events
    .filter(({ type }) => type.startsWith('button'))
    .map(({ type, detail, x, y }) => `${type.slice(7)} ${detail} at ${x} ${y}`);
}

async function hears(board, expected) {
  await until(`the window hears ${expected.join(', ')}`, () => {
    const now = told(board);
    if (now.length < expected.length) throw new Error(now.join(', '));
    return true;
  });
  assert.deepEqual(told(board), expected);
  board.clear();
}

/** Corners, edges and the middle; pixels of the picture. */
function spots({ width, height }) {
  return [
    [40, 0],
    [width - 1, 0],
    [width - 1, height - 1],
    [40, height - 1],
    [Math.floor(width / 2), Math.floor(height / 2)],
    [Math.floor(width / 3) + 1, Math.floor(height / 3)],
  ];
}

async function clicksLand(desk, board, size) {
  for (const [x, y] of spots(size)) {
    await desk.click(x, y);
    await hears(board, [`down 1 at ${x} ${y}`, `up 1 at ${x} ${y}`]);
  }
}

scene('clicks land on the very pixel, also after the window changed', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  await clicksLand(desk, board, await x.size);
  await desk.page.setViewportSize({ width: 1001, height: 601 });
  await followsWindow(desk, x);
  await clicksLand(desk, board, await x.size);
});

scene('clicks land on the very pixel on a dense screen', async (stage) => {
  const { desk, x, board } = await overABoard(stage, { deviceScaleFactor: 2, viewport: { width: 700, height: 500 } });
  assert.deepEqual(await x.size, { width: 1400, height: 1000 });
  await clicksLand(desk, board, await x.size);
});

scene('every button and the wheel do what they do at the desk', async (stage) => {
  const { desk, board } = await overABoard(stage);
  const { page } = desk;
  let menus = 0;
  await page.exposeFunction('menuShown', () => {
    menus += 1;
  });
  await page.evaluate(() => window.addEventListener('contextmenu', (event) => event.defaultPrevented || window.menuShown()));

  for (const [button, number] of [['left', 1], ['middle', 2], ['right', 3]]) {
    await desk.click(300, 200, { button });
    await hears(board, [`down ${number} at 300 200`, `up ${number} at 300 200`]);
  }
  assert.equal(menus, 0, 'the browser shows no menu of its own');

  const cdp = await page.context().newCDPSession(page);
  const at = await desk.pointOf(300, 200);
  for (const [button, buttons, number] of [['back', 8, 8], ['forward', 16, 9]]) {
    await cdp.send('Input.dispatchMouseEvent', { type: 'mousePressed', button, buttons, clickCount: 1, ...at });
    await cdp.send('Input.dispatchMouseEvent', { type: 'mouseReleased', button, buttons: 0, clickCount: 1, ...at });
    await hears(board, [`down ${number} at 300 200`, `up ${number} at 300 200`]);
  }
  assert.ok(!page.isClosed() && new URL(page.url()).pathname === '/', 'the browser did not go back');

  const notch = (number) => [`down ${number} at 300 200`, `up ${number} at 300 200`];
  for (const [across, down, number] of [[0, -120, 4], [0, 120, 5], [-120, 0, 6], [120, 0, 7]]) {
    await page.mouse.wheel(across, down);
    await hears(board, notch(number));
  }
  for (let turn = 0; turn < 3; turn += 1) await page.mouse.wheel(0, 120);
  await hears(board, [...notch(5), ...notch(5), ...notch(5)]);
});

scene('a drag is one press, a path and a release, also beyond the edge', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  const { page } = desk;
  await desk.moveTo(200, 150);
  await page.mouse.down();
  for (let step = 1; step <= 10; step += 1) await desk.moveTo(200 + step * 30, 150 + step * 20);
  await until('the pointer is there, with the button down', async () => {
    const now = await x.pointer();
    if (now.x !== 500 || now.y !== 350 || !(now.mask & 0x100)) throw new Error(JSON.stringify(now));
    return true;
  });
  const path = board.events.filter(({ type, state }) => type === 'motion' && state & 0x100);
  assert.ok(path.length >= 1);
  assert.deepEqual([path.at(-1).x, path.at(-1).y], [500, 350]);
  const { width } = await x.size;
  await page.mouse.move(5000, 300);
  await until('it stops at the edge', async () => (await x.pointer()).x === width - 1);
  await page.mouse.up();
  await until('the button is up', async () => !((await x.pointer()).mask & 0x100));
  assert.deepEqual(told(board).map((text) => text.split(' at ')[0]), ['down 1', 'up 1']);
});

scene('a button that is held when the page goes is let go', async (stage) => {
  const { desk, x } = await overABoard(stage);
  await desk.moveTo(200, 150);
  await desk.page.mouse.down();
  await until('it is down', async () => (await x.pointer()).mask & 0x100);
  await desk.page.close();
  await until('it is up', async () => !((await x.pointer()).mask & 0x100));
});

scene('a locked pointer goes by as much as the mouse does', async (stage) => {
  const { desk, x } = await overABoard(stage);
  const { page } = desk;
  await desk.moveTo(400, 300);
  await until('the pointer is there', async () => (await x.pointer()).x === 400);
  await page.keyboard.down('Control');
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await page.keyboard.up('Control');
  await until('the pointer is locked', () => page.evaluate(() => document.pointerLockElement !== null));
  assert.equal((await x.pointer()).mask & 0x100, 0, 'the click that locks is not the desktop\'s');
  const before = await x.pointer();
  const at = await desk.pointOf(450, 320);
  await page.mouse.move(at.x, at.y);
  await until('it went by as much', async () => {
    const now = await x.pointer();
    if (now.x !== before.x + 50 || now.y !== before.y + 20) throw new Error(JSON.stringify({ before, now }));
    return true;
  });
});

/** What the window heard of buttons, with the modifiers that were down: `down 4 Ctrl`. */
function turned(board) {
  const names = [[0x1, 'Shift'], [0x4, 'Ctrl'], [0x8, 'Alt']];
  return board.events
    .filter(({ type }) => type === 'button-down')
    .map(({ detail, state }) => [detail, ...names.filter(([bit]) => state & bit).map(([, name]) => name)].join(' '));
}

async function turns(board, expected) {
  await until(`the wheel turns ${expected.join(', ')}`, () => {
    const now = turned(board);
    if (now.length < expected.length) throw new Error(now.join(', '));
    return true;
  });
  assert.deepEqual(turned(board), expected);
  board.clear();
}

scene('a fine wheel adds up to its notches, Shift turns it there, and a pinch zooms', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  const { page } = desk;
  await desk.moveTo(300, 200);
  const at = await desk.pointOf(300, 200);
  // Twelve steps of ten are a notch of 120.
  const wheel = (deltaY, count) =>
    page.evaluate(
      ([init, times]) => {
        for (let time = 0; time < times; time += 1) document.getElementById('screen').dispatchEvent(new WheelEvent('wheel', init));
      },
      [{ deltaY, clientX: at.x, clientY: at.y, bubbles: true, cancelable: true }, count],
    );
  await wheel(10, 24);
  await turns(board, ['5', '5']);
  await wheel(10, 11);
  await wheel(-10, 12);
  await turns(board, ['4']);

  await page.keyboard.down('Shift');
  await page.mouse.wheel(120, 0);
  await turns(board, ['5 Shift']);
  await page.keyboard.up('Shift');
  await page.mouse.wheel(120, 0);
  await turns(board, ['7']);

  // A pinch on a touchpad is a wheel with a Ctrl that nobody holds.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', deltaX: 0, deltaY: -10, modifiers: 2, ...at });
  await turns(board, ['4 Ctrl']);
  await until('Ctrl is up', async () => (await x.keysDown()).length === 0);
});

scene('a pen is a pointer; its barrel clicks right, its eraser left', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  const at = await desk.pointOf(300, 200);
  const pen = (type, button, buttons) =>
    desk.page.evaluate(
      ([name, init]) => document.querySelector('.picture').dispatchEvent(new PointerEvent(name, init)),
      [type, { pointerType: 'pen', pointerId: 7, button, buttons, clientX: at.x, clientY: at.y, bubbles: true, cancelable: true }],
    );
  await pen('pointermove', -1, 0);
  await until('it hovers', async () => (await x.pointer()).x === 300);
  for (const [button, buttons, number] of [[0, 1, 1], [2, 2, 3], [5, 32, 1]]) {
    await pen('pointerdown', button, buttons);
    await pen('pointerup', button, 0);
    await hears(board, [`down ${number} at 300 200`, `up ${number} at 300 200`]);
  }
  await pen('pointerdown', 0, 1);
  await until('it is down', async () => (await x.pointer()).mask & 0x100);
  await pen('pointercancel', -1, 0);
  await until('a pen that is taken away lets go', async () => !((await x.pointer()).mask & 0x100));
});

scene('a page that loses the focus lets go of its buttons', async (stage) => {
  const { desk, x } = await overABoard(stage);
  await desk.moveTo(200, 150);
  await desk.page.mouse.down();
  await until('it is down', async () => (await x.pointer()).mask & 0x100);
  await desk.page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await until('it is up', async () => !((await x.pointer()).mask & 0x100));
});

scene('a quick movement arrives step by step, and ends where it ended', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  await desk.moveTo(100, 100);
  await until('it is there', async () => (await x.pointer()).x === 100);
  board.clear();
  const from = await desk.pointOf(100, 100);
  const cdp = await desk.page.context().newCDPSession(desk.page);
  // As a mouse of high rate: several movements within each frame. All at once would be one for the browser.
  const sent = [];
  for (let step = 1; step <= 60; step += 1) {
    sent.push(cdp.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: from.x + step * 5, y: from.y + step }));
    await new Promise((next) => setTimeout(next, 2));
  }
  await Promise.all(sent);
  await until('it arrives', async () => (await x.pointer()).x === 400);
  assert.equal((await x.pointer()).y, 160);
  const moves = () => board.events.filter(({ type }) => type === 'motion');
  await until('the program has heard of all of it', async () => moves().at(-1)?.x === 400);
  const path = moves();
  assert.ok(path.length > 1, 'it did not jump');
  assert.ok(path.every((event, at) => at === 0 || event.x > path[at - 1].x), 'in order');
});

scene('gaming mode takes the screen and the pointer, and ends with the lock', async (stage) => {
  const { desk, x, board } = await overABoard(stage);
  const { page } = desk;
  await desk.moveTo(400, 300);
  const card = await desk.menu();
  await card.getByRole('button', { name: 'Gaming mode' }).click();
  await card.waitFor({ state: 'detached' });
  const locked = () => page.evaluate(() => document.pointerLockElement !== null);
  const full = () => page.evaluate(() => document.fullscreenElement !== null);
  await until('full screen', full);
  if (!(await locked())) {
    // The browser freed the pointer when the screen changed: the next press takes it, and is not the desktop's.
    await page.mouse.down();
    await page.mouse.up();
  }
  await until('the pointer is locked', locked);
  await followsWindow(desk, x);
  board.clear();
  const before = await x.pointer();
  const at = await desk.pointOf(400, 300);
  await page.mouse.move(at.x, at.y);
  await page.mouse.move(at.x + 30, at.y + 10);
  await until('it went by as much as the mouse, and no further', async () => {
    const now = await x.pointer();
    if (now.x === before.x && now.y === before.y) throw new Error(JSON.stringify({ before, now }));
    return true;
  });
  await page.mouse.down();
  await page.mouse.up();
  await until('a press is the desktop’s', () => told(board).length === 2);
  assert.equal(await page.locator('.seam').isVisible(), false, 'nothing lies over the game');

  await page.mouse.down();
  await until('a button is down', async () => (await x.pointer()).mask & 0x100);
  await page.evaluate(() => document.exitPointerLock());
  await until('the mode ends with the lock', async () => !(await full()) && !(await locked()));
  await until('and lets go', async () => !((await x.pointer()).mask & 0x100));
  await page.mouse.up();
  await desk.menu();
  assert.equal(await card.getByRole('button', { name: 'Gaming mode' }).getAttribute('aria-pressed'), 'false');
});

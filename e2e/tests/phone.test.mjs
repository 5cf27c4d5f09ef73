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

// The pointer over the picture looks as it does on the desktop.

import assert from 'node:assert/strict';
import { decode } from '../lib/png.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

/** `XC_xterm`, `XC_crosshair` (X11 protocol, appendix B). */
const BEAM = 152;
const CROSS = 34;

/** The CSS cursor over a pixel of the picture, read back. */
function css(desk) {
  return desk.page.evaluate(() => {
    const { left, top, width, height } = document.getElementById('screen').getBoundingClientRect();
    const under = document.elementFromPoint(left + width / 2, top + height / 2);
    return getComputedStyle(under).cursor;
  });
}

/** What the page shows: hotspot in CSS pixels, density, pixels. */
async function shown(desk) {
  const value = await css(desk);
  const url = /url\("data:image\/png;base64,([A-Za-z0-9+/=]+)"\)/.exec(value);
  if (!url) return { value };
  const [, x, y] = /\) (\d+) (\d+), default$/.exec(value) ?? [];
  const [, per = '1'] = /"\) ([\d.]+)(?:x|dppx)/.exec(value) ?? [];
  const picture = decode(Buffer.from(url[1], 'base64'));
  return { value, picture, hotX: Number(x), hotY: Number(y), per: Number(per) };
}

/** Waits until the page shows the desktop's pointer; what both agree on. */
function agrees(desk, x) {
  return until('the page shows the pointer of the desktop', async () => {
    const [here, there] = [await shown(desk), await x.cursor()];
    if (!here.picture) throw new Error(here.value);
    const { width, height, data } = here.picture;
    const same = width === there.width && height === there.height && Buffer.compare(data, there.data) === 0;
    if (!same) throw new Error(`${width} × ${height} here, ${there.width} × ${there.height} there`);
    return { here, there };
  });
}

scene('over a terminal it is the beam of the desktop, pixel by pixel', async (stage) => {
  const server = await stage.server(['--embedded', '--', 'xterm', '-geometry', '200x60+0+0']);
  const desk = await stage.desk();
  await desk.enter(server.link);
  const x = await stage.x(server);
  await desk.moveTo(300, 200);
  await until('the terminal is under the pointer', async () => {
    const { width, height } = await x.cursor();
    return height > width * 1.5;
  });
  const { here, there } = await agrees(desk, x);
  assert.deepEqual([here.hotX, here.hotY], [there.hotX, there.hotY]);
  assert.ok(Math.abs(there.hotX * 2 - there.width) <= 4, 'a beam points at its middle');
  assert.equal(here.per, 1);
});

scene('another shape, none and one again', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  await desk.moveTo(300, 200);
  x.wear(board.window, CROSS, 0x2040ff, 0xffff80);
  const first = await agrees(desk, x);
  x.wear(board.window, undefined);
  await until('it is hidden', async () => (await css(desk)) === 'none');
  x.wear(board.window, BEAM, 0x2040ff, 0xffff80);
  const second = await agrees(desk, x);
  assert.notDeepEqual(first.here.picture.data, second.here.picture.data);
  // A page that comes anew, or that comes back, knows it at once.
  await desk.page.reload();
  await desk.is('streaming');
  await desk.moveTo(301, 201);
  await agrees(desk, x);
});

scene('on a dense screen it is as large as in the picture', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk({ deviceScaleFactor: 2, viewport: { width: 700, height: 500 } });
  await desk.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  x.wear(board.window, BEAM);
  await desk.moveTo(300, 200);
  const plain = await agrees(desk, x);
  assert.equal(plain.here.per, 1, 'one pixel of the desktop is one CSS pixel');
  await desk.useEveryPixel();
  await until('there are more pixels', async () => (await x.size).width === 1400);
  await desk.moveTo(310, 210);
  await until('the page shows them', async () => (await shown(desk)).per === 2);
  const { here, there } = await agrees(desk, x);
  assert.ok(Math.abs(here.hotX * 2 - there.hotX) <= 1 && Math.abs(here.hotY * 2 - there.hotY) <= 1);
});

scene('one who only looks on keeps the own pointer', async (stage) => {
  const server = await stage.server();
  const owner = await stage.desk();
  await owner.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  x.wear(board.window, CROSS);
  await owner.moveTo(300, 200);
  await agrees(owner, x);
  const viewer = await stage.desk({}, owner.page.context());
  await viewer.open(`${new URL(server.link).origin}/#shared`);
  assert.equal(await css(viewer), 'auto');
});

/** Whether a pixel of what the page shows is rather like a colour. */
async function hasColour(desk, [red, green, blue], [x, y], side = 24) {
  const { width, data } = await desk.picture();
  for (let row = y - side; row < y + side; row += 1)
    for (let column = x - side; column < x + side; column += 1) {
      const at = (row * width + column) * 4;
      const away = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
      if (away < 160) return true;
    }
  return false;
}

scene('a locked pointer is drawn into the picture where it is, and leaves nothing behind', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.enter(server.link);
  const { page } = desk;
  const x = await stage.x(server);
  // On black, or the colours of a thin pointer would drown in those around it.
  const board = await x.board(() => 0);
  // `XC_gumby` is a large one.
  x.wear(board.window, 56, 0xffffff, 0xffffff);
  await desk.moveTo(400, 300);
  await agrees(desk, x);
  assert.equal(await hasColour(desk, [255, 255, 255], [400, 300]), false, 'it is not in the picture');

  await page.keyboard.down('Control');
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await page.keyboard.up('Control');
  await until('the pointer is locked', () => page.evaluate(() => document.pointerLockElement !== null));
  assert.equal(await css(desk), 'none');
  await until('it is in the picture', () => hasColour(desk, [255, 255, 255], [400, 300]));

  const at = await desk.pointOf(500, 360);
  await page.mouse.move(at.x, at.y);
  await until('the desktop has moved it', async () => (await x.pointer()).x === 500);
  await until('it is there in the picture', () => hasColour(desk, [255, 255, 255], [500, 360]));
  await until('it is not where it was', async () => !(await hasColour(desk, [255, 255, 255], [400, 300])));

  await page.evaluate(() => document.exitPointerLock());
  await until('it is gone from the picture', async () => !(await hasColour(desk, [255, 255, 255], [500, 360])));
  await agrees(desk, x);
});

scene('where the operator wants it, the pointer is always in the picture', async (stage) => {
  const server = await stage.server(['--embedded', '--use-browser-cursors', 'false']);
  const desk = await stage.desk();
  await desk.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board(() => 0);
  x.wear(board.window, 56, 0xffffff, 0xffffff);
  await desk.moveTo(400, 300);
  await until('it is in the picture', () => hasColour(desk, [255, 255, 255], [400, 300]));
  assert.equal(await css(desk), 'none');
});

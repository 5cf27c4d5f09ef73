// What is seen: the size of the window, pixel by pixel, and as little as needed of it.

import assert from 'node:assert/strict';
import { crop, sameInk } from '../lib/picture.mjs';
import { threadTimes } from '../lib/processes.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** Lines, dots and boxes one pixel wide: any scaling would smear them. */
const fine = (x, y) => {
  const lines = x < 32 && y < 32 && x % 4 === 0;
  const rows = x >= 32 && y < 32 && y % 4 === 0;
  const dots = x < 32 && y >= 32 && x % 4 === 0 && y % 4 === 0;
  const box = x >= 40 && y >= 40 && x < 60 && y < 60 && (x === 40 || y === 40 || x === 59 || y === 59);
  return lines || rows || dots || box ? 0xffffff : 0x000000;
};

/** Waits until the page shows what the X server holds, that sharp; on the screen, not only in the canvas. */
async function showsItSharp(desk, x, least) {
  let best = 0;
  await until('the page shows the very pixels', async () => {
    const there = await x.picture();
    const { width, height, box, ratio } = await desk.canvas();
    assert.deepEqual({ width, height }, { width: there.width, height: there.height });
    for (const side of [box.left, box.top]) assert.equal((side * ratio) % 1, 0, 'whole device pixels');
    assert.equal(box.width * ratio, width);
    assert.equal(box.height * ratio, height);
    const whole = await desk.screenshot();
    const here = crop(whole, box.left * ratio, box.top * ratio, width, height);
    // The line at the left edge is the page's.
    const right = (picture) => crop(picture, 32, 0, width - 32, height);
    best = sameInk(right(there), right(here));
    if (best < least) throw new Error(`${(best * 100).toFixed(3)} % are the same`);
    return true;
  });
  return best;
}

scene('the desktop follows the window and stays sharp', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  const desk = await stage.desk({}, profile);
  await desk.enter(server.link);
  const x = await stage.x(server);
  await x.board(fine);
  for (const [width, height] of [[1280, 720], [1001, 601], [1920, 1080], [640, 400]]) {
    await desk.page.setViewportSize({ width, height });
    const even = { width: width - (width % 2), height: height - (height % 2) };
    await until(`the desktop is ${even.width} × ${even.height}`, async () => {
      const now = await x.size;
      if (now.width !== even.width || now.height !== even.height) throw new Error(JSON.stringify(now));
      const canvas = await desk.canvas();
      if (canvas.width !== even.width || canvas.height !== even.height) throw new Error(JSON.stringify(canvas));
      return true;
    });
    const same = await showsItSharp(desk, x, 0.999);
    console.log(`${width} × ${height}: ${(same * 100).toFixed(3)} % of the pixels have the right ink`);
  }
});

scene('on a dense screen the desktop has its own size, or every device pixel', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await desk.enter(server.link);
  const x = await stage.x(server);
  await x.board(fine);
  const isWide = (width) =>
    until(`the desktop is ${width} wide`, async () => {
      const [now, canvas] = await Promise.all([x.size, desk.canvas()]);
      if (now.width !== width || canvas.width !== width) throw new Error(JSON.stringify({ now, canvas }));
      return canvas.box;
    });
  assert.deepEqual(await isWide(640), { left: 0, top: 0, width: 640, height: 400 });
  await desk.useEveryPixel();
  assert.deepEqual(await isWide(1280), { left: 0, top: 0, width: 640, height: 400 });
  await showsItSharp(desk, x, 0.999);
});

scene('colours are right', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  const x = await stage.x(server);
  const board = await x.board(() => 0x808080);
  const colours = [0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0xff00ff, 0x00ffff, 0xffffff, 0x000000, 0x123456, 0xfedcba];
  for (const [at, colour] of colours.entries()) board.fill(colour, 64 + at * 64, 128, 64, 64);
  await until('each is as it was painted', async () => {
    const here = await desk.picture();
    for (const [at, colour] of colours.entries()) {
      const from = (160 * here.width + 96 + at * 64) * 4;
      const seen = [...here.data.subarray(from, from + 3)];
      const painted = [colour >> 16, (colour >> 8) & 255, colour & 255];
      if (seen.some((value, i) => Math.abs(value - painted[i]) > 16)) throw new Error(`${painted} is shown as ${seen}`);
    }
    return true;
  });
});

scene('a desktop at rest sends nothing, a change comes at once', async (stage) => {
  const server = await stage.server();
  const proxy = await Proxy.to(server.port);
  stage.atEnd(() => proxy.close());
  const desk = await stage.desk();
  await desk.open(server.link.replace(String(server.port), String(proxy.port)));
  const x = await stage.x(server);
  const board = await x.board();
  await until('the picture has come to rest', async () => {
    const before = proxy.down;
    await stays('no picture', () => proxy.down === before, 1500);
    return true;
  });
  const before = proxy.down;
  const busy = threadTimes(server.pid).get('encode:primary');
  assert.ok(busy >= 0, 'there is an encoder');
  // Pings and the like are allowed; a picture is hundreds of bytes.
  await stays('nothing is sent', () => proxy.down - before < 100, 3000);
  const after = threadTimes(server.pid).get('encode:primary');
  assert.ok(after - busy <= 5, `the encoder rests: ${after - busy} ticks`);
  board.fill(0xff0000, 300, 200, 64, 64);
  await until('the change is seen', async () => {
    const { data, width } = await desk.picture();
    const at = (230 * width + 330) * 4;
    return data[at] > 200 && data[at + 1] < 60;
  });
});

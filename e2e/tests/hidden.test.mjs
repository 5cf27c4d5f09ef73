// A page nobody looks at costs nothing.

import assert from 'node:assert/strict';
import { threadTimes } from '../lib/processes.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** A page in a plain browser behind a proxy that counts, over a desktop that always moves. */
async function overAMovingDesktop(stage) {
  const server = await stage.server();
  const proxy = await Proxy.to(server.port);
  stage.atEnd(() => proxy.close());
  const desk = await stage.plainDesk();
  await desk.open(server.link.replace(String(server.port), String(proxy.port)));
  const x = await stage.x(server);
  const board = await x.board(() => 0x000000);
  stage.atEnd(board.animate());
  const moving = async () => {
    const before = proxy.down;
    await until('pictures come', () => proxy.down - before > 20_000);
  };
  await moving();
  return { server, proxy, desk, x, board, moving };
}

/** Nothing is sent and nothing encoded for two seconds. */
async function costsNothing({ server, proxy }) {
  await until('the stream stops', async () => {
    const before = proxy.down;
    await stays('nothing is sent', () => proxy.down - before < 200, 1000);
    return true;
  });
  const before = proxy.down;
  const busy = threadTimes(server.pid).get('encode:primary') ?? 0;
  await stays('nothing is sent', () => proxy.down - before < 200, 2000);
  const now = threadTimes(server.pid).get('encode:primary') ?? 0;
  assert.ok(now - busy <= 2, `the encoder rests: ${now - busy} ticks`);
}

async function seesNow(desk, board) {
  const colour = 0xff00ff;
  await until('the page sees what is painted now', async () => {
    board.fill(colour, 600, 300, 64, 64);
    const { data, width } = await desk.picture();
    const at = (330 * width + 630) * 4;
    return data[at] > 220 && data[at + 1] < 40 && data[at + 2] > 220;
  });
}

scene('a hidden tab gets no pictures, and the newest at once when it is back', async (stage) => {
  const at = await overAMovingDesktop(stage);
  const { desk, board, x } = at;
  await desk.page.keyboard.down('h');
  await until('a key is held', async () => (await x.keysDown()).length === 1);

  const other = await desk.page.context().newPage();
  await until('the page is hidden', () => desk.page.evaluate(() => document.visibilityState === 'hidden'));
  await until('a hidden page holds no key', async () => (await x.keysDown()).length === 0);
  await costsNothing(at);

  const began = performance.now();
  const before = at.proxy.down;
  await desk.page.bringToFront();
  await until('a picture comes', () => at.proxy.down - before > 300, { every: 5 });
  console.log(`a picture ${Math.round(performance.now() - began)} ms after the tab was shown`);
  await seesNow(desk, board);
  assert.equal(await desk.state, 'streaming');
  await other.close();
});

scene('a page that loses the focus lets go of its keys and keeps its picture', async (stage) => {
  const { desk, x, moving } = await overAMovingDesktop(stage);
  await desk.page.bringToFront();
  await desk.page.keyboard.down('Shift');
  await until('a key is held', async () => (await x.keysDown()).length === 1);
  // The address bar takes the focus and leaves the page in sight.
  await desk.page.evaluate(() => window.blur());
  const cdp = await desk.page.context().newCDPSession(desk.page);
  const { windowId } = await cdp.send('Browser.getWindowForTarget');
  await cdp.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'minimized' } });
  await until('no key is held', async () => (await x.keysDown()).length === 0);
  await cdp.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'normal' } });
  await moving();
});

scene('a paused page gets nothing until it goes on', async (stage) => {
  const at = await overAMovingDesktop(stage);
  const { desk, board } = at;
  const card = await desk.menu();
  await card.getByRole('button', { name: 'Pause' }).click();
  await costsNothing(at);
  await desk.page.keyboard.press('Escape');
  await desk.page.getByRole('button', { name: 'Go on' }).click();
  await seesNow(desk, board);
});

// More than one page.

import assert from 'node:assert/strict';
import { psnr } from '../lib/picture.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** Whether a key pressed in the page arrives. */
async function types(desk, board) {
  board.clear();
  await desk.page.keyboard.press('k');
  await until('the desktop hears the key', () => board.events.some(({ type }) => type === 'key-up'));
}

async function typesNothing(desk, board) {
  board.clear();
  await desk.page.keyboard.press('k');
  await desk.click(400, 300);
  await stays('the desktop hears nothing', () => board.events.length === 0, 700);
}

scene('a second page takes over, and the first can take it back', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  const first = await stage.desk({}, profile);
  await first.open(server.link);
  const x = await stage.x(server);
  const board = await x.board();
  await types(first, board);

  const second = await stage.desk({}, profile);
  await second.open(server.url);
  await first.is('taken');
  await first.page.getByRole('alertdialog', { name: 'Open in another window' }).waitFor();
  await types(second, board);
  await typesNothing(first, board);

  await first.page.getByRole('button', { name: 'Take it back' }).click();
  await first.is('streaming');
  await second.is('taken');
  await types(first, board);
  await typesNothing(second, board);
});

scene('who just watches sees all and moves nothing', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  const first = await stage.desk({}, profile);
  await first.open(server.link);
  const second = await stage.desk({ viewport: { width: 900, height: 600 } }, profile);
  await second.page.setViewportSize({ width: 900, height: 600 });
  await second.open(server.url);
  await first.is('taken');
  const x = await stage.x(server);
  const board = await x.board();
  const size = () => x.size.then(({ width, height }) => `${width} ${height}`);
  await until('the desktop has the second window\'s size', async () => (await size()) === '900 600');

  await first.page.getByRole('button', { name: 'Just watch' }).click();
  await first.is('streaming');
  assert.equal(await second.state, 'streaming', 'the one who drives stays');
  board.fill(0xff8000, 200, 200, 300, 200);
  for (const desk of [first, second])
    await until('both see it', async () => {
      const [there, here] = await Promise.all([x.picture(), desk.picture()]);
      const quality = psnr(there, here);
      if (quality < 30) throw new Error(`${quality.toFixed(1)} dB`);
      return true;
    });
  await typesNothing(first, board);
  await types(second, board);
  await first.page.setViewportSize({ width: 700, height: 500 });
  await stays('its window decides nothing', async () => (await size()) === '900 600', 700);
});

scene('the picture goes on for those who stay', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-basic-auth=false']);
  const driver = await stage.desk();
  await driver.open(server.link);
  const watcher = await stage.desk();
  await watcher.page.goto(`${server.url}#shared`);
  await watcher.is('streaming');
  assert.equal(await driver.state, 'streaming');
  await driver.page.close();
  const x = await stage.x(server);
  const board = await x.board(() => 0x000000);
  board.fill(0x00ff00, 300, 200, 64, 64);
  await until('the watcher sees the change', async () => {
    const { data, width } = await watcher.picture();
    const at = (230 * width + 330) * 4;
    return data[at + 1] > 200 && data[at] < 60;
  });
});

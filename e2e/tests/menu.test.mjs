// The menu in the left edge.

import assert from 'node:assert/strict';
import { psnr } from '../lib/picture.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

/** A desk over a board that moves; `ink` as for {@link X.board}. */
async function moving(stage, ink) {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.enter(server.link);
  const x = await stage.x(server);
  const board = await x.board(ink);
  const stop = board.animate();
  stage.atEnd(stop);
  return { server, desk, x, board, stop };
}

/** Waits until the page shows the still desktop; says how well. */
async function quality(desk, x, least) {
  let best = 0;
  await until(`the picture is as good as ${least} dB`, async () => {
    const [there, here] = await Promise.all([x.picture(), desk.picture()]);
    best = psnr(there, here);
    if (best < least) throw new Error(`${best.toFixed(1)} dB`);
    return true;
  });
  return best;
}

/** One of the places behind the menu. */
const goTo = (card, place) => card.locator('.tiles button').filter({ has: card.page().getByText(place, { exact: true }) }).click();

const slide = (slider, to) => slider.evaluate((input, value) => {
  input.value = String(value);
  input.dispatchEvent(new Event('input', { bubbles: true }));
}, to);

scene('it opens by shortcut and by the edge, and closes again', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.enter(server.link);
  const { page } = desk;
  const card = await desk.menu();
  await card.getByRole('heading', { name: 'Selkies' }).waitFor();
  await page.keyboard.press('Control+Shift+M');
  await card.waitFor({ state: 'detached' });

  await page.mouse.move(300, 360);
  await page.mouse.move(0, 360);
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await card.waitFor();
  await page.keyboard.press('Escape');
  await card.waitFor({ state: 'detached' });

  await desk.menu();
  await page.mouse.click(1000, 500);
  await card.waitFor({ state: 'detached' });
});

scene('every place in it opens and leads back', async (stage) => {
  const { desk } = await moving(stage);
  const card = await desk.menu();
  for (const [place, sight] of [
    ['Picture', 'Frame rate'],
    ['Screen', 'Size now'],
    ['Keys', 'Function keys'],
    ['Shortcuts', 'Full screen'],
  ]) {
    await goTo(card, place);
    await card.getByRole('heading', { name: place, exact: true }).waitFor();
    await card.getByText(sight).first().waitFor();
    await card.getByRole('button', { name: 'Back' }).click();
    await card.getByRole('heading', { name: 'Selkies' }).waitFor();
  }
});

scene('the numbers in it are those of the stream', async (stage) => {
  const { desk, stop } = await moving(stage);
  const card = await desk.menu();
  const pulse = card.locator('.pulse');
  await until('frames per second are told', async () => {
    const [, fps] = /(\d+)\sfps/.exec(await pulse.innerText()) ?? [];
    if (!(Number(fps) >= 10)) throw new Error(await pulse.innerText());
    return true;
  });
  assert.match(await pulse.innerText(), /\d[\d.]*\s[kM]bit\/s/);
  await pulse.click();
  await card.getByRole('heading', { name: 'Statistics' }).waitFor();
  await until('the delay is told', async () => /\d+\sms/.test(await card.locator('.total b').innerText()));
  await card.getByRole('button', { name: 'Pin to the picture' }).click();
  await desk.page.keyboard.press('Escape');
  await stop();
  await desk.page.locator('.hud').waitFor();
});

scene('JPEG in place of H.264, and its quality', async (stage) => {
  // Noise: nothing is harder to compress.
  const { desk, x, stop } = await moving(stage, (px, py) => 0x010101 * ((px * px * 37 + py * py * 101 + px * py * 59) & 0xff));
  const card = await desk.menu();
  await goTo(card, 'Picture');
  const encoder = card.getByRole('combobox', { name: 'Encoder' });
  assert.equal(await encoder.inputValue(), 'h264enc');
  await encoder.selectOption('jpeg');
  await until('JPEG is what is sent', async () => {
    const said = await card.getByText('Encoded by').locator('..').innerText();
    if (!/jpeg/i.test(said)) throw new Error(said);
    return true;
  });
  const frames = await desk.frames;
  await until('pictures go on', async () => (await desk.frames) > frames);
  await stop();

  await slide(card.getByRole('slider', { name: 'Quality' }), 0);
  await until('it is rough', async () => {
    const now = psnr(await x.picture(), await desk.picture());
    if (!(now > 5 && now < 20)) throw new Error(`${now.toFixed(1)} dB`);
    return true;
  });
  await slide(card.getByRole('slider', { name: 'Quality' }), 99);
  console.log(`best JPEG: ${(await quality(desk, x, 40)).toFixed(1)} dB`);

  await encoder.selectOption('h264enc');
  await until('H.264 is back', async () => /264/.test(await card.getByText('Encoded by').locator('..').innerText()));
  await quality(desk, x, 30);
  await desk.page.reload();
  await desk.is('streaming');
});

scene('the frame rate bounds the stream', async (stage) => {
  const { desk } = await moving(stage);
  const card = await desk.menu();
  await goTo(card, 'Picture');
  const rate = card.getByRole('slider', { name: 'Frame rate' });
  await slide(rate, 0);
  assert.equal(await rate.getAttribute('aria-valuetext'), '8\u00a0fps');
  await card.getByRole('button', { name: 'Back' }).click();
  await until('it is 8 a second', async () => {
    const [, fps] = /(\d+)\sfps/.exec(await card.locator('.pulse').innerText()) ?? [];
    if (!(Number(fps) >= 6 && Number(fps) <= 9)) throw new Error(`${fps}`);
    return true;
  });
});

scene('a fixed size holds whatever the window does', async (stage) => {
  const { desk, x } = await moving(stage);
  const card = await desk.menu();
  await goTo(card, 'Screen');
  await card.getByRole('switch', { name: 'Follow the window' }).uncheck();
  await card.getByRole('combobox', { name: 'Size' }).selectOption('1920x1080');
  await until('the desktop is 1920 × 1080', async () => (await x.size).width === 1920 && (await desk.canvas()).width === 1920);
  await desk.page.setViewportSize({ width: 1000, height: 700 });
  const { box } = await until('it is scaled to fit', async () => {
    const canvas = await desk.canvas();
    return canvas.box.width === 1000 && canvas;
  });
  assert.ok(Math.abs(box.width / box.height - 16 / 9) < 0.01, 'in its own shape');
  assert.equal((await x.size).width, 1920);
});

scene('full screen and back', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.enter(server.link);
  const full = () => desk.page.evaluate(() => document.fullscreenElement?.id ?? '');
  await desk.page.keyboard.press('Control+Shift+F');
  await until('it is full', async () => (await full()) === 'root');
  await desk.page.keyboard.press('Control+Shift+F');
  await until('it is not', async () => (await full()) === '');
  const card = await desk.menu();
  await card.getByRole('button', { name: 'Full screen' }).click();
  await until('it is full again', async () => (await full()) === 'root');
  assert.equal(await desk.state, 'streaming');
});

scene('keys that the browser keeps are sent from it', async (stage) => {
  const { desk, x, board, stop } = await moving(stage);
  await stop();
  const card = await desk.menu();
  await goTo(card, 'Keys');
  board.clear();
  await card.getByRole('button', { name: 'Ctrl Alt Del' }).click();
  await until('all arrive', () => board.events.filter(({ type }) => type === 'key-up').length === 3);
  const told = [];
  for (const { type, detail } of board.events.filter(({ type }) => type.startsWith('key')))
    told.push(`${type} ${(await x.keysyms(detail))[0].toString(16)}`);
  assert.deepEqual(told, ['key-down ffe3', 'key-down ffe9', 'key-down ffff', 'key-up ffff', 'key-up ffe9', 'key-up ffe3']);
});

scene('who disconnects stays disconnected until they come back', async (stage) => {
  const { desk, stop } = await moving(stage);
  await stop();
  const card = await desk.menu();
  await card.getByRole('button', { name: 'Disconnect' }).first().click();
  await desk.is('left');
  await desk.page.getByRole('button', { name: 'Connect again' }).click();
  await desk.is('streaming');
});

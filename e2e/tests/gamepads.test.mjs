// Gamepads, from the browser to a program that reads them, and back as rumble.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Consumer, fakeGamepads, motors, place } from '../lib/pad.mjs';
import { OUT } from '../lib/server.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const SIDEWAYS = { ...PHONE, viewport: { width: 844, height: 390 } };

async function playing(stage, options, profile) {
  const sockets = place(stage);
  const server = await stage.server(['--embedded', '--uinput-gamepad', 'false', '--js-socket-path', sockets]);
  const desk = await stage.desk(options, profile);
  await desk.page.addInitScript(fakeGamepads);
  await desk.enter(server.link);
  const program = (slot) => Consumer.open(stage, join(sockets, `selkies_js${slot}.sock`));
  return { server, desk, page: desk.page, sockets, program };
}

const plug = (page, pad) => page.evaluate((pad) => window.plug(pad), pad);
const move = (page, index, how) => page.evaluate(([index, how]) => window.move(index, how), [index, how]);

scene('what a gamepad does in the browser, a program reads', async (stage) => {
  const { page, program } = await playing(stage);
  const game = await program(0);
  assert.equal(game.name, 'Microsoft X-Box 360 pad');
  await until('it is at rest', () => game.rests);
  await plug(page, { index: 0 });
  await move(page, 0, { buttons: { 0: 1 } });
  await game.hears('button 0 1');
  await move(page, 0, { buttons: { 0: 0 }, axes: { 0: 1 } });
  await game.hears('button 0 0', 'axis 0 32767');
  await move(page, 0, { axes: { 0: 0 } });
  await game.hears('axis 0 0');
  // Every button of the mapping, where Linux has it.
  const places = { 1: 'button 1', 2: 'button 2', 3: 'button 3', 4: 'button 4', 5: 'button 5', 8: 'button 6', 9: 'button 7', 10: 'button 9', 11: 'button 10', 16: 'button 8' };
  for (const [button, name] of Object.entries(places)) {
    await move(page, 0, { buttons: { [button]: 1 } });
    await game.hears(`${name} 1`);
    await move(page, 0, { buttons: { [button]: 0 } });
    await game.hears(`${name} 0`);
  }
  for (const [button, change] of [[6, 'axis 2 32767'], [7, 'axis 5 32767'], [12, 'axis 7 -32767'], [13, 'axis 7 32767'], [14, 'axis 6 -32767'], [15, 'axis 6 32767']]) {
    await move(page, 0, { buttons: { [button]: 1 } });
    await game.hears(change);
    await move(page, 0, { buttons: { [button]: 0 } });
    await game.hears(`${change.slice(0, 6)} ${button < 8 ? -32767 : 0}`);
  }
  for (const [axis, there] of [[1, 1], [2, 3], [3, 4]]) {
    await move(page, 0, { axes: { [axis]: -1 } });
    await game.hears(`axis ${there} -32767`);
    await move(page, 0, { axes: { [axis]: 0 } });
    await game.hears(`axis ${there} 0`);
  }
  // Noise of a stick at rest is no movement.
  await move(page, 0, { axes: { 0: 0.03, 1: -0.02 } });
  await stays('it is silent', () => game.changes.length === 0, 300);
});

scene('what is held is let go when the hands are elsewhere, and when the gamepad or the page goes', async (stage) => {
  const { page, program } = await playing(stage);
  const game = await program(0);
  await plug(page, { index: 2 });
  const hold = async () => {
    await move(page, 2, { buttons: { 0: 1, 7: 1 }, axes: { 1: -1 } });
    await until('it is held', () => game.buttons.get(0) === 1 && game.axes.get(5) === 32767 && game.axes.get(1) === -32767);
  };
  await hold();
  // Longer than the server waits for a sign that it still is.
  await stays('it stays held', () => !game.rests, 2500);
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await until('it rests while the window is in the background', () => game.rests);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await until('and is held again', () => game.buttons.get(0) === 1);
  await page.evaluate(() => window.unplug(2));
  await until('it rests when it is pulled out', () => game.rests);
  await plug(page, { index: 2 });
  await hold();
  await page.goto('about:blank');
  await until('it rests when the page is gone', () => game.rests);
});

scene('two gamepads are two players, and a link brings another', async (stage) => {
  const profile = await stage.profile();
  const { server, page, program } = await playing(stage, {}, profile);
  const [first, second] = [await program(0), await program(1)];
  await plug(page, { index: 0 });
  await plug(page, { index: 3, mapping: '', axes: 2, buttons: 8 });
  await move(page, 0, { buttons: { 0: 1 } });
  await move(page, 3, { buttons: { 1: 1 } });
  await first.hears('button 0 1');
  await second.hears('button 1 1');
  await page.evaluate(() => window.unplug(3));
  await until('the second rests', () => second.rests);
  second.changes.length = 0;

  const guest = await stage.desk({}, profile);
  await guest.page.addInitScript(fakeGamepads);
  await guest.open(`${server.url}#player2`);
  await plug(guest.page, { index: 0 });
  await move(guest.page, 0, { buttons: { 2: 1 } });
  await second.hears('button 2 1');
  assert.deepEqual(first.changes, [], 'the first player feels nothing of it');
  await guest.page.close();
  await until('the guest has gone', () => second.rests);
  assert.equal(first.buttons.get(0), 1, 'the first player still holds');
});

scene('a program shakes the gamepad it reads, and no other', async (stage) => {
  const { page, sockets } = await playing(stage);
  await plug(page, { index: 0 });
  await plug(page, { index: 1 });
  const second = motors(stage, join(sockets, 'selkies_event1001.sock'));
  const shaken = () => page.evaluate(() => window.shaken);
  await until('it shakes', async () => {
    // The gamepad may not have come yet.
    if ((await shaken()).length === 0) second.play({ strong: 65_535, weak: 32_768, ms: 400 });
    return (await shaken()).length > 0;
  }, { every: 200 });
  const [shake] = await shaken();
  assert.equal(shake.index, 1);
  assert.equal(shake.effect, 'dual-rumble');
  assert.equal(shake.strongMagnitude, 1);
  assert.ok(Math.abs(shake.weakMagnitude - 0.5) < 0.01, String(shake.weakMagnitude));
  assert.ok(shake.duration > 0 && shake.duration <= 400, String(shake.duration));
  second.stop();
  await until('it stops', async () => (await shaken()).at(-1).effect === 'reset');
  assert.ok((await shaken()).every(({ index }) => index === 1));
});

scene('the menu shows what the gamepad does', async (stage) => {
  const { desk, page } = await playing(stage);
  const card = await desk.menu();
  const tile = card.locator('.tiles button').filter({ has: page.getByText('Gamepads', { exact: true }) });
  assert.match(await tile.innerText(), /None connected/);
  await tile.click();
  await card.getByText('Connect a gamepad').waitFor();
  await plug(page, { index: 0 });
  await card.getByRole('heading', { name: 'Player 1' }).waitFor();
  assert.match(await card.innerText(), /Test Pad\b(?! \()/);
  assert.match(await card.innerText(), /Standard layout/);
  assert.equal(await card.locator('.pad .on:not([hidden])').count(), 0);
  await move(page, 0, { buttons: { 0: 1, 7: 0.5, 4: 1, 12: 1 }, axes: { 0: 0.8, 1: -0.6 } });
  await until('A, R2, L1, up and the stick are lit', async () => (await card.locator('.pad .on:not([hidden])').count()) === 5);
  await page.screenshot({ path: join(OUT, 'gamepads.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: join(OUT, 'gamepads-dark.png') });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: join(OUT, 'gamepads-narrow.png') });
  await move(page, 0, { buttons: { 0: 0, 7: 0, 4: 0, 12: 0 }, axes: { 0: 0, 1: 0 } });
  await until('nothing is lit', async () => (await card.locator('.pad .on:not([hidden])').count()) === 0);
  await card.getByRole('button', { name: 'Test rumble' }).click();
  await until('it shakes', () => page.evaluate(() => window.shaken.length === 1));
  await page.evaluate(() => window.unplug(0));
  await card.getByText('Connect a gamepad').waitFor();
});

async function onAPhone(stage, options) {
  const all = await playing(stage, options);
  const { page } = all;
  const game = await all.program(0);
  await until('it is at rest', () => game.rests);
  await page.keyboard.press('Control+Shift+G');
  const overlay = page.getByRole('group', { name: 'Touch gamepad' });
  await overlay.waitFor();
  const cdp = await page.context().newCDPSession(page);
  const at = async (part, x = 0.5, y = 0.5) => {
    const box = await overlay.locator(part).boundingBox();
    return [box.x + box.width * x, box.y + box.height * y];
  };
  const touch = (type, ...points) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  return { ...all, game, overlay, at, touch };
}

/** Parts of the touch gamepad: none outside the window, none over another. */
async function fits(page, overlay) {
  const boxes = [];
  for (const part of await overlay.locator(':scope > *').all()) boxes.push([await part.getAttribute('class'), await part.boundingBox()]);
  const { width, height } = page.viewportSize();
  for (const [name, box] of boxes) {
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `${name} ${JSON.stringify(box)}`);
    assert.ok(box.width >= 44 && box.height >= 44, `${name} is large enough for a thumb`);
  }
  for (const [index, [one, a]] of boxes.entries())
    for (const [other, b] of boxes.slice(index + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(apart, `${one} lies over ${other}: ${JSON.stringify([a, b])}`);
    }
}

for (const [how, options] of [['upright', PHONE], ['sideways', SIDEWAYS]])
  scene(`thumbs play on a phone held ${how}`, async (stage) => {
    const { page, game, overlay, at, touch } = await onAPhone(stage, options);
    await fits(page, overlay);
    await page.screenshot({ path: join(OUT, `touchpad-${how}.png`) });

    const a = await at('.a');
    await touch('touchStart', a);
    await game.hears('button 0 1');
    // Slid over to B, and off.
    await touch('touchMove', await at('.b'));
    await until('B is pressed', () => game.buttons.get(1) === 1 && game.buttons.get(0) === 0);
    await touch('touchEnd');
    await until('nothing is held', () => game.rests);

    // Both thumbs at once: the left stick up, R2 and X.
    game.changes.length = 0;
    const [middle, up] = [await at('.left-stick'), await at('.left-stick', 0.5, 0)];
    const [r2, x] = [await at('.r2'), await at('.x')];
    await touch('touchStart', middle);
    await touch('touchStart', middle, r2);
    await touch('touchStart', middle, r2, x);
    await touch('touchMove', up, r2, x);
    await until('all three act', () => game.axes.get(1) === -32767 && game.axes.get(5) === 32767 && game.buttons.get(2) === 1);
    await page.screenshot({ path: join(OUT, `touchpad-${how}-played.png`) });
    // Held without moving for longer than the server waits for a sign.
    await stays('it stays so', () => game.axes.get(1) === -32767 && game.buttons.get(2) === 1, 2500);
    await touch('touchEnd');
    await until('nothing is held', () => game.rests);

    const cross = [['.dpad', 0.5, 0.05, 7, -32767], ['.dpad', 0.5, 0.95, 7, 32767], ['.dpad', 0.05, 0.5, 6, -32767], ['.dpad', 0.95, 0.5, 6, 32767]];
    for (const [part, px, py, axis, value] of cross) {
      await touch('touchStart', await at(part, px, py));
      await until(`the hat is at ${value}`, () => game.axes.get(axis) === value);
      await touch('touchEnd');
      await until('and back', () => game.rests);
    }
    await touch('touchStart', await at('.right-stick'));
    await touch('touchMove', await at('.right-stick', 1.2, 0.5));
    await until('the right stick is at its right', () => game.axes.get(3) === 32767);
    await touch('touchEnd');
    for (const [part, button] of [['.l1', 4], ['.r1', 5], ['.select', 6], ['.start', 7]]) {
      await touch('touchStart', await at(part));
      await until(`${part} is pressed`, () => game.buttons.get(button) === 1);
      await touch('touchEnd');
    }
    // Tapped twice and held, a stick is clicked.
    await touch('touchStart', middle);
    await touch('touchEnd');
    await touch('touchStart', middle);
    await until('L3 is pressed', () => game.buttons.get(9) === 1);
    await touch('touchCancel');
    await until('nothing is held', () => game.rests);

    await page.keyboard.press('Control+Shift+G');
    await overlay.waitFor({ state: 'detached' });
  });

scene('between the parts of the touch gamepad the picture is touched as ever', async (stage) => {
  const { server, page, game, overlay } = await onAPhone(stage, PHONE);
  const x = await stage.x(server);
  await until('the desktop has the size of the phone', async () => (await x.size).width === 390);
  const board = await x.board();
  await page.touchscreen.tap(195, 250);
  await until('it is clicked', () => board.events.some(({ type, detail }) => type === 'button-up' && detail === 1));
  assert.deepEqual(game.changes, []);
  // The menu has the switch, and a keyboard takes its place.
  await page.keyboard.press('Control+Shift+M');
  const card = page.locator('.card');
  const flip = card.getByRole('button', { name: 'Gamepad', exact: true });
  assert.equal(await flip.getAttribute('aria-pressed'), 'true');
  await page.screenshot({ path: join(OUT, 'touchpad-menu.png') });
  await card.getByRole('button', { name: 'Keyboard' }).click();
  await overlay.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Shift+G');
  await overlay.waitFor();
  await page.getByRole('toolbar').waitFor({ state: 'detached' });
});

// What can break does, and the page finds its way back.

import assert from 'node:assert/strict';
import { contrast } from '../lib/picture.mjs';
import { environment } from '../lib/processes.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

/** A mark that a reload would wipe away. */
const mark = (desk) => desk.page.evaluate(() => Object.assign(window, { notReloaded: true }));
const marked = (desk) => desk.page.evaluate(() => window.notReloaded === true);

async function sees(desk, board, colour) {
  board.fill(colour, 300, 200, 64, 64);
  await until('the page sees what is painted', async () => {
    const { data, width } = await desk.picture();
    const at = (230 * width + 330) * 4;
    return [data[at], data[at + 1], data[at + 2]].every((value, i) => Math.abs(value - ((colour >> (16 - 8 * i)) & 255)) < 24);
  });
}

scene('a connection that breaks comes back without a reload', async (stage) => {
  const server = await stage.server();
  const proxy = await Proxy.to(server.port);
  stage.atEnd(() => proxy.close());
  const desk = await stage.desk();
  await desk.open(server.link.replace(String(server.port), String(proxy.port)));
  const x = await stage.x(server);
  const board = await x.board();
  await mark(desk);

  proxy.cut();
  await desk.is('lost');
  await desk.page.getByRole('alertdialog', { name: 'Connection lost' }).waitFor();
  proxy.mend();
  const began = performance.now();
  await desk.is('streaming');
  console.log(`a picture ${Math.round(performance.now() - began)} ms after the network was back`);
  await sees(desk, board, 0xff0000);
  assert.ok(await marked(desk));

  // A short break is nothing to speak of.
  proxy.cut();
  proxy.mend();
  await until('it noticed', async () => (await desk.state) === 'lost' || server.log.split('a viewer came').length > 3);
  await desk.is('streaming');
  await sees(desk, board, 0x0000ff);
  assert.ok(await marked(desk));
});

scene('a server that is started again asks for the login and then shows the desktop', async (stage) => {
  const first = await stage.server();
  const port = first.port;
  const desk = await stage.desk();
  await desk.open(first.link);
  first.signal('SIGINT');
  await desk.is('stopped');
  await desk.page.getByRole('alertdialog', { name: 'The server has stopped' }).waitFor();
  await first.ended();

  const second = await stage.server(['--embedded'], { port });
  // Chromium without a window has nobody to ask for the password, and shows that instead.
  await until('the page reloads into the login', () => desk.page.url().startsWith('chrome-error:'));
  await desk.open(second.link);
});

scene('without a login the page comes back by itself when the server does', async (stage) => {
  const args = ['--embedded', '--enable-basic-auth=false'];
  const first = await stage.server(args);
  const port = first.port;
  const desk = await stage.desk();
  await desk.open(first.link);
  await mark(desk);
  first.signal('SIGKILL');
  await desk.is('lost');
  await first.ended();
  await stage.server(args, { port });
  await desk.is('streaming');
  assert.ok(await marked(desk));
});

scene('an X server that dies is started again, and the page says so', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  await mark(desk);
  const old = server.process('Xvfb');
  const began = performance.now();
  process.kill(old.pid, 'SIGKILL');
  await until('the page tells of it', async () => /^desktop-/.test(await desk.state));
  await desk.is('desktop-restarted');
  const dialog = desk.page.getByRole('alertdialog', { name: 'The desktop restarted' });
  await dialog.waitFor();
  const frames = await desk.frames;
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await desk.is('streaming');
  const took = performance.now() - began;
  console.log(`the desktop was there again after ${Math.round(took)} ms`);
  assert.ok(took < 10_000);
  assert.notEqual(server.process('Xvfb').pid, old.pid);
  await until('there is a picture', async () => contrast(await desk.picture()) > 100);

  const shell = await until('there is a terminal again', () => server.process('bash'));
  assert.ok(environment(shell.pid).DISPLAY);
  const x = await stage.x(server);
  const board = await x.board();
  await until('the new screen has the window\'s size', async () => (await x.size).width === 1280);
  await sees(desk, board, 0x00ff00);
  await until('keys arrive on it', async () => {
    board.focus();
    await desk.page.keyboard.press('k');
    return board.events.some(({ type }) => type === 'key-up');
  });
  await until('pictures are counted on', async () => (await desk.frames) > frames);
  assert.ok(await marked(desk));
});

scene('other programs of the desktop come back too', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  const panel = await until('there is a panel', () => server.process('tint2'));
  process.kill(panel.pid, 'SIGKILL');
  await until('there is another', () => server.family().some(({ name, pid }) => name === 'tint2' && pid !== panel.pid));
  assert.equal(await desk.state, 'streaming');
});

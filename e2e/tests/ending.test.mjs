// How the program begins and ends, and what it leaves: nothing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { environment, runs } from '../lib/processes.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { X } from '../lib/x.mjs';

/** An X server that belongs to the test: `{display, process}`. */
async function ownXServer(stage) {
  const args = ['-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '1280x720x24'];
  const process = spawn('Xvfb', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  stage.atEnd(() => process.kill());
  let said = '';
  process.stdout.on('data', (data) => {
    said += data;
  });
  await until('the X server says its number', () => said.includes('\n'));
  return { display: `:${said.trim()}`, process };
}

/** A program asked a question. */
async function answer(stage, args, env) {
  const server = stage.launch(args, env);
  return { ...(await server.ended()), server };
}

scene('questions are answered and mistakes are told', async (stage) => {
  const help = await answer(stage, ['--help']);
  assert.equal(help.code, 0);
  assert.match(help.server.said, /--embedded/);
  assert.match(help.server.said, /SELKIES_/);

  const version = await answer(stage, ['--version']);
  assert.equal(version.code, 0);
  assert.match(version.server.said, /^selkies \d+\.\d+\.\d+\n$/);

  const unknown = await answer(stage, ['--no-such-flag']);
  const bad = await answer(stage, ['--port', 'eighty']);
  const nothing = await answer(stage, ['--port', '0', '--', '/no/such/program']);
  const nowhere = await answer(stage, ['--port', '0', '--display', ':9999']);
  for (const [{ code, server }, word] of [[unknown, 'no-such-flag'], [bad, 'eighty'], [nothing, '/no/such/program'], [nowhere, ':9999']]) {
    assert.ok(code === 1 || code === 2, `${word}: ${code}`);
    assert.ok(server.log.includes(word), `${word} is named in ${server.log}`);
    assert.doesNotMatch(server.log, /panicked/);
  }
  assert.equal(bad.code, 2);
}, { browser: false });

scene('a port that is taken is told, and no desktop stays behind', async (stage) => {
  const first = await stage.server();
  const { code, server } = await answer(stage, ['--embedded', '--addr', '127.0.0.1', '--port', String(first.port)]);
  assert.equal(code, 1);
  assert.ok(server.log.includes(String(first.port)), server.log);
  await server.leftNothing();
}, { browser: false });

scene('Ctrl-C ends everything within two seconds, with a page open too', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.open(server.link);
  await until('the desktop is complete', () => ['Xvfb', 'openbox', 'tint2', 'bash'].every((name) => server.process(name)));
  const began = performance.now();
  server.signal('SIGINT');
  assert.deepEqual(await server.ended(), { code: 0, signal: null });
  await server.leftNothing();
  const took = performance.now() - began;
  console.log(`over after ${Math.round(took)} ms`);
  assert.ok(took < 2000, `it took ${Math.round(took)} ms`);
  await desk.is('stopped');
});

scene('a program that refuses to end ends as well', async (stage) => {
  const stubborn = 'trap "" HUP INT TERM; setsid -w sh -c "trap \\"\\" HUP INT TERM; echo ready > \\$HOME/ready; while :; do sleep 1; done"';
  const server = await stage.server(['--', 'sh', '-c', stubborn]);
  await until('it runs', () => server.process('sleep'));
  server.signal('SIGTERM');
  assert.deepEqual(await server.ended(), { code: 0, signal: null });
  await server.leftNothing(5000);
}, { browser: false });

scene('a server that is killed leaves nothing either', async (stage) => {
  const server = await stage.server();
  await until('the desktop is complete', () => ['Xvfb', 'openbox', 'tint2', 'bash'].every((name) => server.process(name)));
  server.signal('SIGKILL');
  assert.equal((await server.ended()).signal, 'SIGKILL');
  await server.leftNothing();
}, { browser: false });

scene('a command has the desktop for itself, and its end is the program\'s', async (stage) => {
  const wait = 'while [ ! -e "$HOME/go" ]; do sleep 0.1; done; exit 7';
  const server = await stage.server(['--', 'sh', '-c', `(${wait}); code=$?; touch "$HOME/done"; exit $code`]);
  const desk = await stage.desk();
  await desk.open(server.link);
  assert.equal(server.process('tint2'), undefined, 'no panel');
  const command = await until('the command runs', () => server.process('sleep'));
  assert.match(environment(command.pid).DISPLAY, /^:\d+$/);
  writeFileSync(`${server.home}/go`, '');
  assert.deepEqual(await server.ended(), { code: 7, signal: null });
  await desk.is('stopped');
  await server.leftNothing();
});

scene('a terminal as the command works like any', async (stage) => {
  const server = await stage.server(['--', 'xterm', '-e', 'read line; test "$line" = "hello there" && exit 3']);
  const desk = await stage.desk();
  await desk.open(server.link);
  await until('the command ends as it was told', async () => {
    await desk.page.keyboard.type('hello there');
    await desk.page.keyboard.press('Enter');
    return server.ended(1000);
  });
  assert.ok([0, 3].includes((await server.ended()).code));
});

scene('a display that is there is shown, driven, and left alone', async (stage) => {
  const { display, process } = await ownXServer(stage);
  const x = await X.open(display);
  stage.atEnd(() => x.close());
  const board = await x.board(() => 0x204060);
  const server = await stage.server(['--display', display]);
  assert.equal(server.process('Xvfb'), undefined);
  const desk = await stage.desk();
  await desk.open(server.link);
  board.fill(0xff8000, 300, 200, 64, 64);
  await until('the page shows it', async () => {
    const { data, width } = await desk.picture();
    const at = (230 * width + 330) * 4;
    return data[at] > 220 && data[at + 2] < 40;
  });
  await desk.page.keyboard.press('q');
  await desk.click(400, 300);
  await until('key and click arrive', () => ['key-up', 'button-up'].every((kind) => board.events.some(({ type }) => type === kind)));
  await desk.page.keyboard.down('w');
  await until('a key is held', async () => (await x.keysDown()).length === 1);
  await server.stop();
  await until('no key stays down', async () => (await x.keysDown()).length === 0);
  assert.equal(process.exitCode, null, 'the X server lives');
  assert.equal((await x.size).width, 1280);
});

scene('an attached display that goes is told, and found again when it is back', async (stage) => {
  const { display, process } = await ownXServer(stage);
  const server = await stage.server(['--display', display]);
  const desk = await stage.desk();
  await desk.open(server.link);
  process.kill('SIGKILL');
  await desk.is('desktop-lost');
  await desk.page.getByRole('alertdialog', { name: 'The desktop stopped' }).waitFor();
  assert.ok(runs(server.family().find(({ pid }) => pid === server.pid)), 'the server goes on');
  const args = [display, '-nolisten', 'tcp', '-screen', '0', '1280x720x24'];
  const second = spawn('Xvfb', args, { stdio: 'ignore' });
  stage.atEnd(() => second.kill());
  await until('the page has the new one', async () => ['desktop-restarted', 'streaming'].includes(await desk.state));
});

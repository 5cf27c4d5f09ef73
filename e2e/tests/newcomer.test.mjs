// Someone who has never seen this opens the printed link.

import assert from 'node:assert/strict';
import { contrast, psnr } from '../lib/picture.mjs';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

scene('the link shows the desktop as the X server holds it', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  const began = performance.now();
  await desk.open(server.link);
  console.log(`first picture ${Math.round(performance.now() - began)} ms after the link was opened`);
  assert.equal(desk.page.url(), server.url, 'the code is gone from the address');
  assert.equal(await desk.page.title(), 'Selkies');

  const x = await stage.x(server);
  await until('the terminal is there', () => server.process('bash'));
  let best = 0;
  await until('page and X server show the same', async () => {
    const [there, here] = await Promise.all([x.picture(), desk.picture()]);
    best = psnr(there, here);
    if (best <= 30 || contrast(there) < 100) throw new Error(`${best.toFixed(1)} dB`);
    return true;
  });
  console.log(`${best.toFixed(1)} dB`);
});

scene('a link works once; after that the password is asked for', async (stage) => {
  const server = await stage.server();
  const first = await stage.desk();
  await first.open(server.link);
  await first.page.reload();
  await first.is('streaming');

  const second = await stage.desk();
  const answers = [];
  second.page.on('response', (response) => answers.push(response.status()));
  // Chromium without a window has nobody to ask for the password.
  await assert.rejects(second.page.goto(server.link), /ERR_INVALID_AUTH_CREDENTIALS/);
  assert.deepEqual(answers, [303, 401]);

  assert.match(server.password, /^\w{12,}$/);
  const third = await stage.desk({ httpCredentials: { username: 'ubuntu', password: server.password } });
  assert.equal((await third.open(server.url)).status(), 200);
});

scene('a wrong password opens nothing', async (stage) => {
  const server = await stage.server();
  const basic = (user, password) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
  for (const path of ['', 'api/websockets', 'manifest.json']) {
    const url = new URL(path, server.url);
    for (const headers of [{}, basic('ubuntu', 'guess'), basic('Ubuntu', server.password), basic('ubuntu', '')]) {
      const response = await fetch(url, { headers });
      assert.equal(response.status, 401, `${url} ${JSON.stringify(headers)}`);
      assert.match(response.headers.get('www-authenticate'), /^Basic realm=/);
    }
    assert.notEqual((await fetch(url, { headers: basic('ubuntu', server.password) })).status, 401);
  }
  assert.equal((await fetch(new URL('api/health', server.url))).status, 200, 'health is for everyone');
});

scene('without a login the address is enough', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-basic-auth=false']);
  assert.equal(server.password, undefined);
  const desk = await stage.desk();
  await desk.open(server.link);
});

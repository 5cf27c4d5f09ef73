// The desktop as a part of somebody's page.

import assert from 'node:assert/strict';
import { scene } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

for (const [kind, headers, shares] of [
  ['that knows nothing of isolation', {}, false],
  ['that is isolated itself', ISOLATED, true],
]) {
  scene(`a frame in a page ${kind} shows the desktop`, async (stage) => {
    const server = await stage.server();
    const profile = await stage.profile();
    const desk = await stage.desk({}, profile);
    await desk.enter(server.link);
    const { page } = desk;
    const portal = new URL('/portal', server.url).href;
    const body = '<!doctype html><title>Portal</title><iframe src="/" width="800" height="600"></iframe>';
    await page.route(portal, (route) => route.fulfill({ contentType: 'text/html', headers, body }));
    await page.goto(portal);
    const frame = await until('the frame is there', () => page.frames().find((one) => one !== page.mainFrame()));
    await until('the frame shows pictures', async () => {
      const state = await frame.evaluate(() => document.getElementById('root')?.dataset.state);
      if (state !== 'streaming') throw new Error(String(state));
      return true;
    });
    assert.equal(await frame.evaluate(() => crossOriginIsolated), shares);
  });
}

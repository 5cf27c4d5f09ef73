// What is heard of the desktop, and what it hears.

import assert from 'node:assert/strict';
import { addEars, addVoice, hears, hearsChannels, MISSING, playTone, playTones, recordTone } from '../lib/sound.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

/** A sine of this level changes from one frame to the next by no more. */
const steepest = (hertz, level) => level * 2 * Math.PI * (hertz / 48_000);

const sounds = (name, run) => scene(name, run, { tool: MISSING });

/** Waits until the page plays that tone; the pitch may be half a percent off while it catches up. */
async function plays(desk, hertz, level) {
  let last;
  await until(`the page plays ${hertz} Hz`, async () => {
    last = await hears(desk.page);
    const right = Math.abs(last.hertz - hertz) < hertz * 0.006 + 1 && Math.abs(last.peak - level) < level * 0.1;
    if (!right) throw new Error(JSON.stringify(last));
    return true;
  });
  return last;
}

async function soundPanel(desk) {
  const card = await desk.menu();
  await card.locator('.tiles button').filter({ has: desk.page.getByText('Sound', { exact: true }) }).click();
  return card;
}

sounds('a tone played on the desktop is the tone in the page, without clicks, and stops there when it stops', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  await addEars(profile);
  const desk = await stage.desk({}, profile);
  await desk.enter(server.link);
  assert.equal(await desk.page.evaluate(() => crossOriginIsolated), true, 'threads may share memory');
  const end = await playTone(stage, server, 1000);
  await plays(desk, 1000, 0.5);
  const smooth = await until('two thirds of a second are smooth', async () => {
    const now = await hears(desk.page);
    if (now.step > steepest(1000, 0.5) * 1.1) throw new Error(JSON.stringify(now));
    return now;
  });
  const card = await soundPanel(desk);
  const state = card.getByText(/^Delay of sound/);
  await state.waitFor();
  console.log(`${JSON.stringify(smooth)}; ${await state.textContent()}`);
  end();
  await until('the sound card may sleep', async () => {
    const now = await hears(desk.page);
    if (now.state !== 'suspended') throw new Error(JSON.stringify(now));
    return true;
  });
  await playTone(stage, server, 500);
  await plays(desk, 500, 0.5);
});

const REAR = { 'rear-left': 1100, 'rear-right': 1500 };
// Without a device for eight channels, the side speakers are heard from behind.
const SIDE = { 'rear-left': 0, 'rear-right': 0, 'side-left': 1100, 'side-right': 1500 };

for (const [channels, behind] of [[6, REAR], [8, SIDE]])
  sounds(`of ${channels} channels each is heard where it belongs`, async (stage) => {
    const server = await stage.server(['--embedded', '--audio-channels', String(channels)]);
    const profile = await stage.profile();
    await addEars(profile);
    const desk = await stage.desk({}, profile);
    await desk.enter(server.link);
    const front = { 'front-left': 300, 'front-right': 500, 'front-center': 700, lfe: 60 };
    await playTones(stage, server, { ...front, ...behind }, 0.25);
    // As the Web Audio API counts them: left, right, centre, low frequencies, and two behind.
    await until('each channel has its tone', async () => {
      const heard = await hearsChannels(desk.page);
      const right = [300, 500, 700, 60, 1100, 1500].every((hertz, at) => Math.abs(heard[at] - hertz) < hertz * 0.006 + 3);
      if (!right || heard[6] || heard[7]) throw new Error(JSON.stringify(heard));
      return true;
    });
  });

sounds('where threads may not share memory, as behind a proxy without the headers, sound comes all the same', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  await addEars(profile);
  await profile.addInitScript(() => Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false }));
  const desk = await stage.desk({}, profile);
  await desk.enter(server.link);
  await playTone(stage, server, 1000);
  await plays(desk, 1000, 0.5);
});

sounds('the menu turns it down, off and on, for this page alone', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  await addEars(profile);
  const desk = await stage.desk({}, profile);
  await desk.enter(server.link);
  const viewer = await stage.desk({}, profile);
  await viewer.open(`${server.url}#shared`);
  await playTone(stage, server, 1000);
  await plays(desk, 1000, 0.5);
  await plays(viewer, 1000, 0.5);
  const card = await soundPanel(desk);
  const volume = card.getByRole('slider', { name: 'Volume' });
  await volume.fill('50');
  await plays(desk, 1000, 0.125);
  await card.getByRole('switch', { name: 'Sound', exact: true }).uncheck();
  await until('nothing is played', async () => (await hears(desk.page)).state === 'none');
  await plays(viewer, 1000, 0.5);
  await desk.page.reload();
  await desk.is('streaming');
  await stays('it is off', async () => (await hears(desk.page)).state === 'none', 1500);
  const again = await soundPanel(desk);
  await again.getByRole('switch', { name: 'Sound', exact: true }).check();
  await plays(desk, 1000, 0.125);
});

sounds('a browser that waits for a gesture is told, and any key will do', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  await addEars(profile);
  // The automation counts as a hand.
  await profile.addInitScript(() => Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive: false } }));
  const desk = await stage.desk({}, profile);
  await desk.open(server.link);
  await playTone(stage, server, 1000);
  await desk.page.getByText('Click or press a key to turn the sound on').waitFor();
  assert.equal((await hears(desk.page)).state, 'none');
  await desk.page.keyboard.press('Shift');
  await plays(desk, 1000, 0.5);
});

sounds('the microphone reaches the desktop while it is on, and the page says so', async (stage) => {
  const server = await stage.server();
  const profile = await stage.profile();
  await addVoice(profile, 880);
  const desk = await stage.desk({}, profile);
  await desk.enter(server.link);
  const card = await soundPanel(desk);
  const recorder = await recordTone(stage, server);
  const toggle = card.getByRole('switch', { name: /^Microphone/ });
  assert.equal(await toggle.isChecked(), false);
  await toggle.check();
  const note = desk.page.getByRole('button', { name: 'Microphone on' });
  await note.waitFor();
  await until('a program hears the voice', () => {
    const now = recorder.hears(880);
    if (!(now.part > 0.8 && now.level > 0.05)) throw new Error(JSON.stringify(now));
    return true;
  });
  await note.click();
  await note.waitFor({ state: 'detached' });
  const tracks = () => desk.page.evaluate(() => globalThis.recorded.getTracks().map(({ readyState }) => readyState));
  assert.deepEqual(await tracks(), ['ended'], 'nothing is recorded any more');
  await until('it is quiet', () => {
    const now = recorder.hears(880);
    if (now.level > 0.001) throw new Error(JSON.stringify(now));
    return true;
  });
  await toggle.check();
  await note.waitFor();
  await server.stop();
  await note.waitFor({ state: 'detached' });
  assert.deepEqual(await tracks(), ['ended'], 'a page without a server records nothing');
});

sounds('who watches is asked for no microphone; without sound the page says so', async (stage) => {
  const server = await stage.server(['--embedded', '--audio-enabled', 'false']);
  const desk = await stage.desk();
  await desk.enter(server.link);
  const card = await desk.menu();
  assert.equal(await card.getByRole('button', { name: 'Microphone', exact: true }).isVisible(), false);
  await card.locator('.tiles button').filter({ has: desk.page.getByText('Sound', { exact: true }) }).click();
  await card.getByText('The desktop sends no sound.').waitFor();
});

// Where the time goes is told truly: the page's own trace against what its pixels say.

import assert from 'node:assert/strict';
import { Proxy } from '../lib/proxy.mjs';
import { scene } from '../lib/stage.mjs';
import { pause, until } from '../lib/wait.mjs';

const BOX = { x: 96, y: 96, width: 128, height: 128 };
/** What is planted, and what may at most show up where nothing is: half would be a stage that shares it. */
const DELAY = 20;
const SHARED = 10;
/** So many with it are compared with as many without. */
const PRESSES = 11;
/** The first presses make the page take the focus and the server open its input. */
const WARM_UP = 3;
/** Of a browser without a screen, in milliseconds. */
const FRAME = 1000 / 60;
/** A machine that does other things as well lets a timer fire later by up to this much. */
const SLACK = 30;

/** In the page, before its own script: keeps what the worker tells of the latest inputs, by the time each happened. */
function listenToWorker(prelude) {
  window.journeys = new Map();
  window.planted = { hand: 0 };
  const Real = window.Worker;
  const module = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  window.Worker = class extends Real {
    constructor(url, options) {
      super(module(`import ${JSON.stringify(module(prelude))}; import ${JSON.stringify(String(url))};`), options);
      this.addEventListener('message', ({ data }) => {
        if (data.is !== 'stats') return;
        const { journeys = [], clock } = data.second.trace ?? {};
        for (const journey of journeys) window.journeys.set(Math.round(journey.happened * 10), { ...journey, error: clock.error });
      });
    }

    postMessage(message, ...more) {
      const span = message.do === 'send' && message.happened !== undefined ? window.planted.hand : 0;
      if (span > 0) setTimeout(() => super.postMessage(message, ...more), span);
      else super.postMessage(message, ...more);
    }
  };
}

/** In the worker, before its own script: decoders and writers that can be made to dawdle. */
function dawdle() {
  const planted = { decode: 0, show: 0 };
  new BroadcastChannel('planted').onmessage = ({ data }) => Object.assign(planted, data);
  const Real = self.VideoDecoder;
  self.VideoDecoder = class extends Real {
    constructor({ output, error }) {
      super({
        output: (frame) => {
          if (planted.decode > 0) setTimeout(output, planted.decode, frame);
          else output(frame);
        },
        error,
      });
    }
  };
  const { write } = WritableStreamDefaultWriter.prototype;
  WritableStreamDefaultWriter.prototype.write = async function (frame) {
    if (planted.show > 0) await new Promise((done) => setTimeout(done, planted.show));
    return write.call(this, frame);
  };
}

/**
 * In the page: from a press to the first frame of the page whose pixels show another brightness of the box, and
 * how long a frame of the page was meanwhile.
 */
function watchBox({ x, y, width, height }) {
  const at = { x: x + width / 2, y: y + height / 2 };
  const small = new OffscreenCanvas(2, 2);
  const context = small.getContext('2d', { willReadFrequently: true });
  const isLight = async () => {
    const screen = document.getElementById('screen');
    if (screen instanceof HTMLVideoElement) {
      const frame = new VideoFrame(screen);
      const rect = { x: at.x, y: at.y, width: 2, height: 2 };
      const pixels = new Uint8Array(frame.allocationSize({ rect }));
      await frame.copyTo(pixels, { rect });
      frame.close();
      return pixels[0] > 127;
    }
    context.drawImage(screen, at.x, at.y, 2, 2, 0, 0, 2, 2);
    return context.getImageData(0, 0, 2, 2).data[1] > 127;
  };
  let happened;
  window.addEventListener('pointerdown', ({ timeStamp }) => { happened = timeStamp; }, true);
  window.arm = async () => {
    const before = await isLight();
    happened = undefined;
    window.answer = new Promise((done, fail) => {
      const began = performance.now();
      let last = began;
      let longest = 0;
      let seen;
      const look = () => requestAnimationFrame(async () => {
        const now = performance.now();
        if (happened !== undefined) longest = Math.max(longest, now - last);
        last = now;
        // The frame after it is the last that is needed.
        if (seen) return done({ ...seen, frame: longest });
        if (now - began > 5000) return fail(new Error('the box did not change'));
        if (happened !== undefined && (await isLight()) !== before) seen = { happened, took: now - happened };
        return look();
      });
      look();
    });
  };
}

const part = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
const middle = (values) => part(values, 0.5);
/** Of what a busy machine disturbs now and then, these are disturbed the least. */
const quarter = (values) => part(values, 0.25);

/** A page over a board with a box that flips at each press. `plant(where)` delays one part from then on. */
async function overABox(stage) {
  const server = await stage.server();
  const proxy = await Proxy.to(server.port);
  stage.atEnd(() => proxy.close());
  // What is planted is no part of the page, which allows no scripts but its own.
  const desk = await stage.desk({ bypassCSP: true });
  const { page } = desk;
  await page.addInitScript(listenToWorker, `(${dawdle})();`);
  await desk.enter(server.link.replace(String(server.port), String(proxy.port)));
  const x = await stage.x(server);
  const board = await x.board(() => 0x203040);
  let light = false;
  let reacts = 0;
  const react = () => {
    light = !light;
    board.fill(light ? 0xffffff : 0x000000, BOX.x, BOX.y, BOX.width, BOX.height);
  };
  x.heard = ({ type }) => {
    if (type !== 'button-down') return;
    if (reacts > 0) setTimeout(react, reacts);
    else react();
  };
  await page.evaluate(watchBox, BOX);
  await desk.moveTo(BOX.x + 300, BOX.y + 300);
  const plant = async (where) => {
    const own = (name) => (where === name ? DELAY : 0);
    proxy.holds = { up: own('input'), down: own('network') };
    reacts = own('app');
    await page.evaluate((planted) => {
      window.planted = planted;
      new BroadcastChannel('planted').postMessage(planted);
    }, { hand: own('hand'), decode: own('decode'), show: own('show') });
  };
  return { desk, page, plant };
}

/** Presses once: what the pixels say. */
async function press(page) {
  // At any moment of the page's frame.
  await pause(150 + Math.random() * 100);
  await page.evaluate(() => window.arm());
  await page.mouse.down();
  await page.mouse.up();
  return page.evaluate(() => window.answer);
}

/** What the page's trace says of a press. */
function journeyOf(page, { happened }) {
  return until('the trace tells of the press', () => page.evaluate((at) => {
    for (const near of [-1, 0, 1]) {
      const journey = window.journeys.get(Math.round(at * 10) + near);
      if (journey) return journey;
    }
    return undefined;
  }, happened));
}

scene('the whole that the trace tells is what the pixels say, within one frame', async (stage) => {
  const { page } = await overABox(stage);
  const seen = [];
  for (let count = 0; count < WARM_UP + 2 * PRESSES; count += 1) seen.push(await press(page));
  const told = [];
  for (const one of seen.slice(WARM_UP)) told.push({ ...one, ...(await journeyOf(page, one)) });
  for (const { total, took, frame, error, stages } of told) {
    const words = `told ${total} ms, seen after ${took} ms, frames of ${frame} ms, clock ± ${error} ms: ${JSON.stringify(stages)}`;
    assert.ok(Math.abs(total - took) <= frame + error, words);
    const sum = Object.values(stages).reduce((all, span) => all + span, 0);
    assert.ok(Math.abs(sum - total) < 0.001, `the stages add up to the whole: ${words}`);
  }
  const off = middle(told.map(({ total, took }) => Math.abs(total - took)));
  const [trace, pixels] = [middle(told.map(({ total }) => total)), middle(told.map(({ took }) => took))];
  console.log(`half within ${trace.toFixed(1)} ms by the trace, ${pixels.toFixed(1)} ms by the pixels; off by ${off.toFixed(1)} ms`);
  assert.ok(off <= FRAME / 4, `half of the presses are off by ${off} ms and more`);
});

scene('a delay planted on the way shows up in its stage and nowhere else', async (stage) => {
  const { page, plant } = await overABox(stage);
  for (let count = 0; count < WARM_UP; count += 1) await press(page);
  for (const where of ['hand', 'input', 'app', 'network', 'decode', 'show']) {
    const presses = { with: [], without: [] };
    // By turns, so that a machine that gets busy meanwhile disturbs both.
    for (let count = 0; count < PRESSES; count += 1) {
      await plant(where);
      presses.with.push(await press(page));
      await plant(undefined);
      presses.without.push(await press(page));
    }
    const told = { with: [], without: [] };
    for (const how of ['with', 'without'])
      for (const one of presses[how]) told[how].push({ ...one, ...(await journeyOf(page, one)) });
    const stages = Object.keys(told.with[0].stages);
    const more = (name) => quarter(told.with.map((one) => one.stages[name])) - quarter(told.without.map((one) => one.stages[name]));
    const found = Object.fromEntries(stages.map((name) => [name, more(name)]));
    const off = middle(told.with.map(({ total, took }) => Math.abs(total - took)));
    const words = `planted in ${where}: ${stages.map((name) => `${name} ${found[name].toFixed(1)}`).join(', ')}; off by ${off.toFixed(1)} ms`;
    console.log(words);
    for (const name of stages) {
      // The last one ends with a frame of the browser, anywhere in which it may have begun.
      const least = name === 'show' ? DELAY - SHARED : DELAY - 2;
      if (name === where) assert.ok(found[name] > least && found[name] < DELAY + SLACK, words);
      else assert.ok(Math.abs(found[name]) < SHARED, words);
    }
    assert.ok(off <= FRAME, `the pixels are late by as much: ${words}`);
  }
});

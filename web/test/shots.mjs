// Pictures of every state, for people to look at: `node test/shots.mjs <folder>`.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startMock } from './mock-server.mjs';

const out = process.argv[2] ?? '/tmp/shots';
mkdirSync(out, { recursive: true });
const only = process.argv[3];
const mock = await startMock({ fallback: undefined });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
});
const problems = [];

const SIZES = [
  { name: 'wide', viewport: { width: 1280, height: 720 } },
  { name: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
];

const streaming = (page) => page.waitForSelector('#root[data-state="streaming"]', { timeout: 15_000 });
const openCard = async (page) => {
  await page.keyboard.press('Control+Shift+M');
  await page.waitForSelector('.card');
  await page.waitForTimeout(2500);
};
const panel = (label) => async (page) => {
  await openCard(page);
  await page.locator('.tiles b', { hasText: label }).first().click();
  await page.waitForTimeout(400);
};
const SHOTS = {
  idle: async (page) => page.waitForTimeout(4500),
  hint: { fresh: true, run: async (page) => page.waitForTimeout(400) },
  tab: async (page) => {
    await page.mouse.move(40, page.viewportSize().height / 2);
    await page.mouse.move(1, page.viewportSize().height / 2);
    await page.waitForTimeout(600);
  },
  home: openCard,
  picture: panel('Picture'),
  screen: panel('Screen'),
  clipboard: async (page) => {
    await mock.trouble('copy');
    await panel('Clipboard')(page);
  },
  'clipboard-picture': async (page) => {
    await mock.trouble('mark');
    await mock.trouble('picture');
    await panel('Clipboard')(page);
  },
  'clipboard-empty': panel('Clipboard'),
  'clipboard-offer': async (page) => {
    await page.evaluate(() => {
      navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await mock.trouble('copy');
    await page.waitForTimeout(700);
  },
  'clipboard-refused': async (page) => {
    await mock.trouble('too_large');
    await page.waitForTimeout(700);
  },
  'sound-hint': {
    unmoved: true,
    run: async (page) => {
      await mock.trouble('sound');
      await page.waitForTimeout(700);
      await mock.trouble('silence');
    },
  },
  sound: async (page) => {
    await mock.trouble('sound');
    await panel('Sound')(page);
    await page.waitForTimeout(1200);
    await mock.trouble('silence');
  },
  'sound-microphone': async (page) => {
    await mock.trouble('sound');
    await panel('Sound')(page);
    await page.locator('label:has-text("Microphone") input').check();
    await page.waitForTimeout(1200);
    await mock.trouble('silence');
  },
  'sound-denied': async (page) => {
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await panel('Sound')(page);
    await page.locator('label:has-text("Microphone") input').click();
    await page.waitForTimeout(400);
  },
  'sound-none': { nothing: 'sound', run: panel('Sound') },
  'sound-recording': async (page) => {
    await openCard(page);
    await page.locator('.quick button:has-text("Microphone")').click();
    await page.keyboard.press('Escape');
    await page.waitForTimeout(800);
  },
  keys: panel('Keys'),
  shortcuts: panel('Shortcuts'),
  stats: async (page) => {
    await page.keyboard.type('abcdefghijklmnopqrstuvwxyz', { delay: 60 });
    await openCard(page);
    await page.waitForTimeout(3000);
    await page.locator('.pulse').click();
    await page.waitForTimeout(2500);
  },
  'stats-slow': async (page) => {
    await page.keyboard.type('abcdefghijklmnopqrstuvwxyz', { delay: 60 });
    await openCard(page);
    await page.locator('.pulse').click();
    await mock.trouble('slow');
    await page.waitForTimeout(18_000);
    await mock.trouble('quick');
  },
  hud: async (page) => {
    await openCard(page);
    await page.locator('.pulse').click();
    await page.locator('[title="Pin to the picture"]').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(3000);
  },
  paused: async (page) => {
    await openCard(page);
    await page.locator('.quick button:has-text("Pause")').click();
    await page.keyboard.press('Escape');
    await page.waitForTimeout(500);
  },
  lost: async (page) => {
    await mock.trouble('refuse');
    await mock.trouble('drop');
    await page.waitForTimeout(4500);
    await mock.trouble('accept');
  },
  taken: async (page) => {
    await mock.trouble('taken');
    await page.waitForTimeout(400);
  },
  ended: async (page) => {
    await mock.trouble('kill');
    await page.waitForTimeout(400);
  },
  stopped: async (page) => {
    await mock.trouble('refuse');
    await mock.trouble('stop');
    await page.waitForTimeout(2500);
    await mock.trouble('accept');
  },
  'desktop-lost': async (page) => {
    await mock.trouble('still');
    await page.waitForTimeout(200);
    await mock.trouble('lost');
    await page.waitForTimeout(400);
    await mock.trouble('move');
  },
  restarted: async (page) => {
    await mock.trouble('restarted');
    await page.waitForTimeout(400);
  },
  left: async (page) => {
    await openCard(page);
    await page
      .locator('[aria-label="Disconnect"]:visible, .tail button:has-text("Disconnect"):visible')
      .first()
      .click();
    await page.waitForTimeout(400);
  },
  viewer: { hash: '#shared', run: async (page) => page.waitForTimeout(800) },
  connecting: { early: true, run: async (page) => page.waitForTimeout(1200) },
  codec: { nothing: 'codec', run: async (page) => page.waitForTimeout(500) },
  insecure: { nothing: 'insecure', run: async (page) => page.waitForTimeout(500) },
  keyboard: {
    phone: true,
    run: async (page) => {
      await openCard(page);
      await page.locator('.quick button:has-text("Keyboard")').click();
      await page.locator('.keybar button:has-text("Ctrl")').click();
      await page.waitForTimeout(400);
    },
  },
};

for (const { name, ...device } of SIZES) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [shot, what] of Object.entries(SHOTS)) {
      if (only && !shot.match(only)) continue;
      const {
        run,
        fresh,
        hash = '',
        early,
        nothing,
        phone,
        unmoved,
      } = typeof what === 'function' ? { run: what } : what;
      if (phone && name !== 'phone') continue;
      if (shot === 'tab' && name === 'phone') continue;
      const context = await browser.newContext({ ...device, colorScheme });
      const page = await context.newPage();
      page.on(
        'console',
        (message) => ['error', 'warning'].includes(message.type()) && problems.push(`${shot}: ${message.text()}`),
      );
      page.on('pageerror', (error) => problems.push(`${shot}: ${error.message}`));
      await page.addInitScript(
        ([seen, missing, still]) => {
          // The automation moves a hand by asking.
          if (still) Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive: false } });
          if (missing === 'sound') delete globalThis.AudioDecoder;
          if (!seen) localStorage.setItem('selkies / hint', 'seen');
          if (missing && missing !== 'sound') {
            delete globalThis.VideoDecoder;
            delete globalThis.ImageDecoder;
            if (missing === 'insecure') {
              delete globalThis.createImageBitmap;
              Object.defineProperty(globalThis, 'isSecureContext', { value: false });
            }
          }
        },
        [fresh ?? false, nothing ?? '', unmoved ?? false],
      );
      if (early) await mock.trouble('refuse');
      await page.goto(mock.address + hash);
      if (!early && (!nothing || nothing === 'sound')) await streaming(page);
      await run(page);
      await page.screenshot({ path: `${out}/${name}-${colorScheme}-${shot}.png` });
      if (early) await mock.trouble('accept');
      await context.close();
    }
  }
}
process.stdout.write(`${problems.join('\n')}\n`);
await browser.close();
await mock.close();

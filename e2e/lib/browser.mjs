// Chromium, and what a test does with a page of it.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { decode } from './png.mjs';
import { until } from './wait.mjs';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];

export const CHROMIUM = CANDIDATES.find((path) => path && existsSync(path));

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-proxy-server'];

/**
 * Starts a browser of our own. Its screen has `density` device pixels per CSS pixel: emulated ones
 * alone would not reach what the page asks about its own device pixels.
 */
export function startBrowser(density) {
  const args = [...FLAGS, `--force-device-scale-factor=${density}`];
  return chromium.launch({ executablePath: CHROMIUM, args, headless: true });
}

/**
 * Starts a browser in which tabs hide each other and windows lose the focus, as for a person; the
 * automation otherwise keeps every page awake. Returns its one page, and how to end it.
 */
export async function startPlainBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'selkies-e2e-chromium-'));
  const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-first-run', '--window-size=1280,720'];
  const stdio = ['ignore', 'ignore', 'pipe'];
  // A group of its own, so that all of it can be ended; and its helpers that outlive it hold the pipe.
  const chrome = spawn(CHROMIUM, [...FLAGS, ...own, 'about:blank'], { stdio, detached: true });
  let said = '';
  chrome.stderr.on('data', (data) => {
    said += data;
  });
  const gone = new Promise((resolve) => chrome.once('exit', resolve));
  const end = async () => {
    process.kill(-chrome.pid, 'SIGKILL');
    chrome.stderr.destroy();
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    const address = await until('Chromium listens', () => /DevTools listening on (ws:\S+)/.exec(said)?.[1]);
    const browser = await chromium.connectOverCDP(address, { noDefaults: true });
    const page = await until('it has a page', () => browser.contexts()[0].pages()[0]);
    return { page, end: () => browser.close().then(end) };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What a person sees and does. */
export class Desk {
  /** What the page said when something went wrong. */
  troubles = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.troubles.push(error.message));
  }

  /** One word for how things are. */
  get state() {
    return this.page.evaluate(() => document.getElementById('root')?.dataset.state);
  }

  /** Waits for a state. */
  is(state, options) {
    return until(`the page says ${state}`, async () => {
      const now = await this.state;
      if (now !== state) throw new Error(`it says ${now}`);
      return true;
    }, options);
  }

  /** Opens the link and waits for a picture. */
  async open(url) {
    const response = await this.page.goto(url);
    await this.is('streaming');
    return response;
  }

  /** Opens the link and puts away the one lesson that lies over the picture at first. */
  async enter(url) {
    await this.open(url);
    await this.page.locator('.hint button').click();
    await this.page.locator('.hint').waitFor({ state: 'detached' });
  }

  /** The size of the picture in its own pixels, and where it lies in CSS pixels. */
  canvas() {
    return this.page.evaluate(() => {
      const canvas = document.getElementById('screen');
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return { width: canvas.width, height: canvas.height, box: { left, top, width, height }, ratio: devicePixelRatio };
    });
  }

  /** The picture, pixel by pixel. */
  async picture() {
    const base64 = await this.page.evaluate(async () => {
      const canvas = document.getElementById('screen');
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      copy.getContext('2d').drawImage(canvas, 0, 0);
      const blob = await copy.convertToBlob({ type: 'image/png' });
      return new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
        reader.readAsDataURL(blob);
      });
    });
    return decode(Buffer.from(base64, 'base64'));
  }

  /** The page as it is put on the screen, in device pixels. */
  async screenshot() {
    return decode(await this.page.screenshot({ scale: 'device' }));
  }

  /** Pictures drawn so far, counted once a second. */
  get frames() {
    return this.page.evaluate(() => Number(document.getElementById('root')?.dataset.frames ?? 0));
  }

  /** The CSS point in the middle of a pixel of the picture. */
  async pointOf(x, y) {
    const { width, height, box } = await this.canvas();
    return { x: box.left + ((x + 0.5) * box.width) / width, y: box.top + ((y + 0.5) * box.height) / height };
  }

  async moveTo(x, y) {
    const at = await this.pointOf(x, y);
    await this.page.mouse.move(at.x, at.y);
  }

  async click(x, y, options) {
    await this.moveTo(x, y);
    await this.page.mouse.down(options);
    await this.page.mouse.up(options);
  }

  /** Opens the menu as the shortcut does. */
  async menu() {
    await this.page.keyboard.press('Control+Shift+M');
    const card = this.page.locator('.card');
    await card.waitFor();
    return card;
  }

  /** Asks for a desktop with as many pixels as the screen has, on a dense one. */
  async useEveryPixel() {
    const card = await this.menu();
    await card.locator('.tiles button').filter({ has: this.page.getByText('Screen', { exact: true }) }).click();
    await card.getByRole('switch', { name: 'Use every pixel' }).check();
    await this.page.keyboard.press('Control+Shift+M');
    await card.waitFor({ state: 'detached' });
  }
}

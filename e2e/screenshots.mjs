// Takes pictures of a desktop someone works on: docs/images/desktop.png for the README; one at rest
// and one on a phone, to look at, in e2e/out.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from './lib/stage.mjs';
import { psnr } from './lib/picture.mjs';
import { OUT } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const TO = join(import.meta.dirname, '../docs/images');
const PROMPT = String.raw`PS1='\[\e[38;5;79m\]ada@harbour\[\e[0m\]:\[\e[38;5;110m\]\w\[\e[0m\]$ '`;
const PROGRAM = `use std::f64::consts::TAU;

/// The height of the water in metres, \`hours\` after noon.
fn tide(hours: f64) -> f64 {
    3.2 + 1.9 * (TAU * hours / 12.42).cos()
}

fn main() {
    for hour in 0..12 {
        let height = tide(hour as f64);
        println!("{hour:2} h {}", "~".repeat((height * 8.0) as usize));
    }
}
`;

/** Draws the water as it comes and goes. */
const WATCH = String.raw`#!/bin/bash
exec awk 'BEGIN { split("31 37 38 44 80 116", tone, " "); for (m = 0; m < 3000; m++) {
  n = int(26 + 22 * cos(m / 6)); line = ""; for (i = 0; i < n; i++) line = line "~"
  printf "%02d:%02d  \033[38;5;%dm%s\033[0m\n", m / 4 % 24, m % 4 * 15, tone[1 + int(n / 9)], line; fflush(); system("sleep 0.12") } }'
`;

/** A home someone works in. */
function furnish(home) {
  writeFileSync(join(home, '.bashrc'), `${PROMPT}\nalias ls='ls --color=auto'\n`);
  for (const folder of ['Documents', 'Music', 'Pictures', 'tides']) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'tides/main.rs'), PROGRAM);
  writeFileSync(join(home, 'tides/watch'), WATCH, { mode: 0o755 });
}

/** A desk with some work on it, and a picture that has come to rest. */
async function working(stage, options, { lines, drag }) {
  const server = await stage.server();
  furnish(server.home);
  const desk = await stage.desk(options);
  await desk.enter(server.link);
  await until('the shell waits', () => server.process('bash'));
  await until('the terminal hears', async () => {
    await desk.page.keyboard.type('exec bash');
    await desk.page.keyboard.press('Enter');
    await desk.page.keyboard.type('cd tides; touch heard; clear');
    await desk.page.keyboard.press('Enter');
    await until('it did', () => existsSync(join(server.home, 'tides/heard')), { within: 2000 });
    rmSync(join(server.home, 'tides/heard'));
    return true;
  });
  const x = await stage.x(server);
  for (const line of lines) {
    await atRest(x);
    await desk.page.keyboard.type(line);
    await desk.page.keyboard.press('Enter');
  }
  if (drag) {
    await desk.page.keyboard.down('Alt');
    await desk.moveTo(640, 400);
    await desk.page.mouse.down();
    for (let step = 1; step <= 10; step += 1) await desk.moveTo(640 + (drag.x * step) / 10, 400 + (drag.y * step) / 10);
    await desk.page.mouse.up();
    await desk.page.keyboard.up('Alt');
  }
  await desk.moveTo((await x.size).width - 40, 300);
  await atRest(x);
  // A picture all of which is new.
  await desk.page.reload();
  await desk.is('streaming');
  await atRest(x);
  await until('the page shows it', async () => psnr(await x.picture(), await desk.picture()) > 40);
  return desk;
}

/** Waits until nothing moves for a while. */
async function atRest(x) {
  let last = await x.picture();
  await until('the desktop has come to rest', async () => {
    const next = await x.picture();
    const same = psnr(last, next) === Number.POSITIVE_INFINITY;
    last = next;
    return same;
  }, { every: 300 });
}

async function take(desk, folder, name) {
  await desk.page.screenshot({ path: join(folder, name), scale: 'device' });
}

const stage = new Stage('screenshots');
let failed = true;
try {
  mkdirSync(TO, { recursive: true });
  const lines = ['ls ..', 'head -n 8 main.rs'];
  const wide = await working(stage, { viewport: { width: 1280, height: 800 } }, { lines, drag: { x: 195, y: -58 } });
  await take(wide, OUT, 'rest.png');
  await wide.page.keyboard.type('./watch');
  await wide.page.keyboard.press('Enter');
  const card = await wide.menu();
  const before = await wide.frames;
  await until('it has gone on for a while', async () => (await wide.frames) > before + 150, { within: 60_000 });
  await wide.page.mouse.move(1240, 640);
  await until('the numbers are there', async () => /ms/.test(await card.locator('.pulse').innerText()));
  await card.evaluate((element) => Promise.all(element.getAnimations({ subtree: true }).map(({ finished }) => finished)));
  await take(wide, TO, 'desktop.png');
  const screen = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
  const phone = await working(stage, screen, { lines: ['ls ..'] });
  await take(phone, OUT, 'phone.png');
  failed = false;
} finally {
  if (failed) await stage.remember();
  await stage.end({ failed });
}

// What is copied on either side is there on the other.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyHere, copyThere, pasteHere, pasteThere, XCLIP } from '../lib/clipboard.mjs';
import { decode, encode } from '../lib/png.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { scene } from '../lib/stage.mjs';
import { stays, until } from '../lib/wait.mjs';

const READING = { permissions: ['clipboard-read', 'clipboard-write'] };
const UNICODE = 'Grüße, Ελλάδα, Привет, 漢字かな, हिन्दी, עברית, é ≠ é, 👩‍👩‍👧 🏳️‍🌈\ttab\nline';

/** A test that needs a program which copies on the desktop. */
const exchange = (name, run) => scene(name, run, { tool: XCLIP ? undefined : 'xclip' });

async function together(stage, options = {}) {
  const server = await stage.server();
  const desk = await stage.desk(options);
  await desk.enter(server.link);
  return { server, desk, x: await stage.x(server) };
}

/** One of the places behind the menu. */
const goTo = (card, place) => card.locator('.tiles button').filter({ has: card.page().getByText(place, { exact: true }) }).click();

/** The desktop's clipboard holds this text. */
function isThere(server, text, target) {
  return until('the desktop has it', async () => {
    const now = (await pasteThere(server, target)).toString();
    if (now !== text) throw new Error(`it has ${now.length} characters: ${now.slice(0, 80)}`);
    return true;
  });
}

/** The browser's clipboard holds this. */
function isHere(desk, type, content) {
  return until('the browser has it', async () => {
    const now = (await pasteHere(desk))[type];
    if (now !== content) throw new Error(`it has ${now?.length} characters: ${now?.slice(0, 80)}`);
    return true;
  });
}

/** A picture of noise: nothing of it can be guessed. */
function noise(width, height) {
  const data = randomBytes(width * height * 4);
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return { width, height, data };
}

/**
 * A desk whose keyboard is in a terminal that writes each character into a file. Returns what tells the file's
 * content once it ends as it should. A terminal fetches what it pastes while it goes on reading keys, so nothing
 * else may be pasted or typed before it is there.
 */
async function writing(stage) {
  const { server, desk } = await together(stage);
  const { keyboard } = desk.page;
  const content = () => readFileSync(join(server.home, 'heard'), 'utf8');
  await until('the shell waits for input', () => server.process('bash'));
  await until('the terminal hears', async () => {
    await keyboard.press('Control+c');
    await keyboard.type('stty -icanon; cat > heard');
    await keyboard.press('Enter');
    await until('it reads', () => server.process('cat'), { within: 1000 });
    await keyboard.type('>');
    return until('it writes', () => content() === '>', { within: 1000 });
  });
  const ends = (text) =>
    until('it is pasted', () => {
      if (!content().endsWith(text)) throw new Error(JSON.stringify(content().slice(-80)));
      return true;
    }, { every: 5 });
  return { server, desk, content, ends };
}

exchange('text copied here is pasted there by the keys of the person', async (stage) => {
  const { desk, content, ends } = await writing(stage);
  for (const text of ['one two three', UNICODE.replaceAll(/\s/g, ' ')]) {
    await copyHere(desk, text);
    await desk.page.keyboard.press('Control+Shift+V');
    await ends(text);
  }
  await desk.page.keyboard.type('typed');
  await ends('typed');
  assert.ok(content().startsWith('>one two three'));
});

exchange('each paste brings what was copied just before it, fifty times', async (stage) => {
  const { desk, content, ends } = await writing(stage);
  const texts = Array.from({ length: 50 }, (_, at) => `${at} ${randomBytes(6).toString('hex')};`);
  for (const text of texts) {
    await copyHere(desk, text);
    await desk.page.keyboard.press('Control+Shift+V');
    await ends(text);
  }
  assert.equal(content(), `>${texts.join('')}`);
});

exchange('what a program copies there is on the clipboard here', async (stage) => {
  const { server, desk } = await together(stage, READING);
  await copyThere(stage, server, 'copied there');
  await isHere(desk, 'text/plain', 'copied there');
  await copyThere(stage, server, UNICODE);
  await isHere(desk, 'text/plain', UNICODE);
  // It is not sent back: the desktop's clipboard still belongs to its program.
  await desk.page.keyboard.press('Control+v');
  await stays('the program still has it', async () => (await pasteThere(server, 'TARGETS')).toString().split('\n').length <= 4, 700);
});

exchange('text goes there with its formatting, and comes with it', async (stage) => {
  const { server, desk, x } = await together(stage, READING);
  await copyHere(desk, 'bold words', '<b>bold</b> words');
  await desk.page.keyboard.press('Control+v');
  await isThere(server, 'bold words');
  assert.match((await pasteThere(server, 'text/html')).toString(), /<b>bold<\/b> words/);

  await x.own('CLIPBOARD', {
    UTF8_STRING: Buffer.from('slanted'),
    'text/plain;charset=utf-8': Buffer.from('slanted'),
    'text/html': Buffer.from('<i>slanted</i>'),
  });
  await isHere(desk, 'text/plain', 'slanted');
  assert.match((await pasteHere(desk))['text/html'], /<i[^>]*>slanted<\/i>/);
});

exchange('pictures arrive pixel by pixel, both ways', async (stage) => {
  const { server, desk } = await together(stage, READING);
  const there = noise(203, 151);
  await copyThere(stage, server, encode(there), 'image/png');
  const arrived = await until('the browser has it', async () => (await pasteHere(desk))['image/png']);
  assert.deepEqual(decode(Buffer.from(arrived, 'base64')), there);

  const here = noise(640, 400);
  await desk.page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
  }, encode(here).toString('base64'));
  await desk.page.keyboard.press('Control+v');
  await until('the desktop has it', async () => {
    const { width, height, data } = decode(await pasteThere(server, 'image/png'));
    assert.deepEqual([width, height], [640, 400]);
    return data.equals(here.data);
  });
});

exchange('five megabytes of text travel both ways, and keys go between', async (stage) => {
  const { server, desk, x } = await together(stage, READING);
  const large = (seed) => Array.from({ length: 100_000 }, (_, at) => `${seed}${String(at).padStart(48, '.')}\n`).join('');
  const ours = large('h');
  const board = await x.board();
  await copyHere(desk, ours);
  const began = performance.now();
  await desk.page.keyboard.press('Control+v');
  await desk.page.keyboard.press('k');
  await isThere(server, ours);
  console.log(`to the desktop: ${Math.round(performance.now() - began)} ms`);
  await until('both keys arrived', () => board.events.filter(({ type }) => type === 'key-down').length >= 3);

  const theirs = large('t');
  const back = performance.now();
  await copyThere(stage, server, theirs);
  await isHere(desk, 'text/plain', theirs);
  console.log(`from the desktop: ${Math.round(performance.now() - back)} ms`);
});

exchange('the browser is never asked to let the page read', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk();
  await desk.page.addInitScript(() => {
    globalThis.reads = 0;
    for (const name of ['read', 'readText']) {
      const original = navigator.clipboard[name];
      navigator.clipboard[name] = function (...args) {
        globalThis.reads += 1;
        return original.apply(this, args);
      };
    }
  });
  await desk.enter(server.link);
  // Clicks in a terminal would copy.
  const x = await stage.x(server);
  await x.board();
  const other = await desk.page.context().newPage();
  for (let round = 0; round < 3; round += 1) {
    await other.bringToFront();
    await desk.page.bringToFront();
    await desk.page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await desk.click(400, 300);
  }
  await copyHere(desk, 'without a question');
  await desk.page.keyboard.press('Control+v');
  await isThere(server, 'without a question');
  await copyThere(stage, server, 'back');
  const asked = () => desk.page.evaluate(async () => [globalThis.reads, (await navigator.permissions.query({ name: 'clipboard-read' })).state]);
  await stays('nothing was asked', async () => {
    const [reads, state] = await asked();
    return reads === 0 && state === 'prompt';
  }, 500);
});

exchange('where reading is allowed, what was copied here is there on focus', async (stage) => {
  const { server, desk } = await together(stage, READING);
  await copyHere(desk, 'ahead of the paste');
  await desk.page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await isThere(server, 'ahead of the paste');
});

exchange('who watches is told nothing of it, and brings nothing', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-basic-auth=false']);
  const proxy = await Proxy.to(server.port);
  stage.atEnd(() => proxy.close());
  let heard = '';
  proxy.seen = (data) => {
    heard += data.toString('latin1');
  };
  const driver = await stage.desk(READING);
  await driver.enter(server.link);
  const watcher = await stage.desk(READING);
  await watcher.open(`http://127.0.0.1:${proxy.port}/#shared`);
  await driver.is('streaming');
  // What comes before the first picture holds the page itself, which knows all words.
  heard = '';

  const secret = 'nobody else may read this';
  await copyThere(stage, server, secret);
  await isHere(driver, 'text/plain', secret);
  assert.ok(!heard.includes(Buffer.from(secret).toString('base64').slice(0, 24)), 'it was not sent');
  assert.ok(!/clipboard,|clipboard_(binary|start|data|reply),|_clip,/.test(heard), 'and nothing about it');
  await copyHere(watcher, 'from a watcher');
  await watcher.page.keyboard.press('Control+v');
  await stays('the desktop keeps what it has', async () => (await pasteThere(server)).toString() === secret, 700);
  const card = await watcher.menu();
  await card.getByText('Screen', { exact: true }).waitFor();
  assert.equal(await card.getByText('Clipboard', { exact: true }).isVisible(), false);
});

exchange('the menu shows what is copied, sends and fetches', async (stage) => {
  const { server, desk } = await together(stage, READING);
  await copyThere(stage, server, 'shown in the menu');
  await isHere(desk, 'text/plain', 'shown in the menu');
  await copyHere(desk, 'something else');
  const card = await desk.menu();
  await goTo(card, 'Clipboard');
  await card.getByText('shown in the menu').waitFor();
  await card.getByRole('button', { name: 'Copy here' }).click();
  await isHere(desk, 'text/plain', 'shown in the menu');

  await card.getByLabel('Text for the desktop').fill('sent by the menu');
  await card.getByRole('button', { name: 'Send' }).click();
  await isThere(server, 'sent by the menu');
  await card.getByText('sent by the menu').waitFor();
});

exchange('one way only, when the operator says so', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-clipboard=in']);
  const desk = await stage.desk(READING);
  await desk.enter(server.link);
  await copyHere(desk, 'in');
  await desk.page.keyboard.press('Control+v');
  await isThere(server, 'in');
  await copyThere(stage, server, 'not out');
  await stays('it stays there', async () => (await pasteHere(desk))['text/plain'] === 'in', 1000);

  const other = await stage.server(['--embedded', '--enable-clipboard=out', '--enable-binary-clipboard=false|locked']);
  const out = await stage.desk(READING);
  await out.enter(other.link);
  await copyThere(stage, other, '<b>no form</b>', 'text/html');
  await copyThere(stage, other, 'out');
  await isHere(out, 'text/plain', 'out');
  assert.deepEqual(Object.keys(await pasteHere(out)), ['text/plain']);
  await copyHere(out, 'not in');
  await out.page.keyboard.press('Control+v');
  await stays('the desktop keeps its own', async () => (await pasteThere(other)).toString() === 'out', 700);
});

exchange('pictures and formatting can be had by a switch, where the operator leaves it', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-binary-clipboard=false']);
  const desk = await stage.desk(READING);
  await desk.enter(server.link);
  await copyHere(desk, 'plain', '<b>plain</b>');
  await desk.page.keyboard.press('Control+v');
  await isThere(server, 'plain');
  await assert.rejects(pasteThere(server, 'text/html'));

  const card = await desk.menu();
  await goTo(card, 'Clipboard');
  await card.getByRole('switch', { name: 'Pictures and formatting' }).check();
  await desk.page.keyboard.press('Control+Shift+M');
  await until('formatting comes along', async () => {
    await desk.page.keyboard.press('Control+v');
    return /<b>plain<\/b>/.test((await pasteThere(server, 'text/html')).toString());
  });
});

exchange('a page behind another takes what was copied when it comes to the front', async (stage) => {
  const server = await stage.server(['--embedded', '--enable-basic-auth=false']);
  const desk = await stage.plainDesk();
  const context = desk.page.context();
  await context.grantPermissions(READING.permissions, { origin: new URL(server.url).origin });
  await desk.enter(server.link);
  const other = { page: await context.newPage() };
  await other.page.goto(new URL('manifest.json', server.url).href);
  await until('the other page is in front', () => desk.page.evaluate(() => document.visibilityState === 'hidden'));
  await copyHere(other, 'from elsewhere');
  await copyThere(stage, server, 'while away');
  await stays('it is not written behind the other page', async () => (await pasteHere(other))['text/plain'] === 'from elsewhere', 700);
  await desk.page.bringToFront();
  await isHere(desk, 'text/plain', 'while away');
});

exchange('a browser that wants a click gets one', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk(READING);
  await desk.page.addInitScript(() => {
    let clicked = false;
    window.addEventListener('pointerup', () => {
      clicked = true;
    }, { capture: true });
    const write = navigator.clipboard.write;
    navigator.clipboard.write = function (items) {
      if (!clicked) return Promise.reject(new DOMException('it needs a gesture', 'NotAllowedError'));
      return write.call(this, items);
    };
  });
  await desk.open(server.link);
  await copyThere(stage, server, 'needs a click');
  const toast = desk.page.locator('.toast');
  await toast.getByText('Copied on the desktop').waitFor();
  await toast.getByRole('button', { name: 'Copy here' }).click();
  await isHere(desk, 'text/plain', 'needs a click');
  await toast.waitFor({ state: 'detached' });
  // The keyboard has stayed with the desktop.
  assert.equal(await desk.page.evaluate(() => document.activeElement?.className), 'typing');
});

exchange('without the clipboard of secure pages, text comes by the old way', async (stage) => {
  const server = await stage.server();
  const desk = await stage.desk(READING);
  await desk.page.addInitScript(() => {
    delete globalThis.ClipboardItem;
  });
  await desk.enter(server.link);
  await copyThere(stage, server, UNICODE);
  const here = () => desk.page.evaluate(() => navigator.clipboard.readText());
  await until('it comes with a click', async () => {
    await desk.click(700, 500);
    return (await here()) === UNICODE;
  });
  assert.equal(await desk.page.evaluate(() => document.activeElement?.className), 'typing');
});

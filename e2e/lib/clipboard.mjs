// Both clipboards, seen from outside: X's by xclip, the browser's by a page of its own.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { freshEnvironment } from './server.mjs';
import { until } from './wait.mjs';

export const XCLIP = ['/usr/bin/xclip', '/usr/local/bin/xclip'].find(existsSync);

async function run(server, args, input) {
  const child = spawn(XCLIP, args, {
    env: freshEnvironment(server.home, await server.display()),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [out, bad] = [[], []];
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.on('data', (data) => bad.push(data));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return { child, out, bad };
}

/** Copies on the desktop: a program there owns the selection until the stage ends or somebody else copies. */
export async function copyThere(stage, server, content, target = 'UTF8_STRING') {
  // `-quiet` keeps it from going to the background, where it could not be ended.
  const { child, bad } = await run(server, ['-selection', 'clipboard', '-t', target, '-quiet', '-i'], content);
  const gone = once(child, 'exit');
  stage.atEnd(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  await until('it has copied', () => /Waiting for selection/.test(Buffer.concat(bad).toString()), { every: 5 });
}

/** What is on the desktop's clipboard, in one form; throws when there is no such thing. */
export async function pasteThere(server, target = 'UTF8_STRING') {
  const { child, out, bad } = await run(server, ['-selection', 'clipboard', '-t', target, '-o']);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`xclip: ${Buffer.concat(bad).toString() || code}`);
  return Buffer.concat(out);
}

/** Puts text on the clipboard of the browser, as another program there would. */
export function copyHere(desk, text, html) {
  return desk.page.evaluate(
    ([text, html]) => {
      const forms = { 'text/plain': new Blob([text], { type: 'text/plain' }) };
      if (html !== undefined) forms['text/html'] = new Blob([html], { type: 'text/html' });
      return navigator.clipboard.write([new ClipboardItem(forms)]);
    },
    [text, html],
  );
}

/** The forms on the clipboard of the browser: text as text, others in base64. Needs the permission to read. */
export function pasteHere(desk) {
  return desk.page.evaluate(async () => {
    const forms = {};
    for (const item of await navigator.clipboard.read())
      for (const type of item.types) {
        const blob = await item.getType(type);
        if (type.startsWith('text/')) {
          forms[type] = await blob.text();
          continue;
        }
        const bytes = new Uint8Array(await blob.arrayBuffer());
        let binary = '';
        for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
        forms[type] = btoa(binary);
      }
    return forms;
  });
}

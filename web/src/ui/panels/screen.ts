import { requestedSize } from '../../session/reduce.ts';
import type { Size } from '../../session/size.ts';
import { sizeIsFixed } from '../../session/state.ts';
import { rowOf } from '../../settings/rules.ts';
import { h } from '../dom.ts';
import { choice, fact, group, locked, replaceKeepingFocus, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

/** Sizes screens have. */
const SIZES: readonly Size[] = [
  { width: 1024, height: 768 },
  { width: 1280, height: 720 },
  { width: 1280, height: 800 },
  { width: 1366, height: 768 },
  { width: 1600, height: 900 },
  { width: 1920, height: 1080 },
  { width: 1920, height: 1200 },
  { width: 2560, height: 1440 },
  { width: 3840, height: 2160 },
];

/** How large the remote screen is. */
export function screenPanel({ client }: PanelHost): Panel {
  const body = h('div', { class: 'stack' });
  const text = (size: Size): string => words.size(size.width, size.height);
  const code = (size: Size): string => `${size.width}x${size.height}`;
  const setSize = (size: Size | undefined): void => {
    client.store.set('size', size ? code(size) : 'window');
    client.decide({ type: 'sizing', sizing: size ? { kind: 'fixed', size } : { kind: 'window' } });
  };

  const now = fact(words.sizeNow, ' ');
  const nowHelp = now.element.querySelector('.row__help');
  const given = locked(words.fixedSize, '');
  const follow = toggle(words.follow, undefined, (on) =>
    setSize(on ? undefined : nearest(requestedSize(client.state))),
  );
  const sizes = choice(
    words.fixedSize,
    SIZES.map((size) => [code(size), text(size)] as const),
    words.fixedHelp,
    (value) => setSize(SIZES.find((size) => code(size) === value)),
  );
  const every = toggle(words.everyPixel, words.everyPixelHelp(ratioText()), (on) => {
    client.store.set('every-pixel', on ? 'yes' : 'no');
    client.decide({ type: 'every-pixel', on });
  });
  let dpi: ReturnType<typeof choice> | undefined;
  let shape = '';

  const build = (): void => {
    const { settings = {}, picks, role, ratio } = client.state;
    const fixed = sizeIsFixed(client.state);
    const row = rowOf(settings, picks, 'scaling_dpi');
    const drives = role === 'controller';
    const own = client.state.sizing.kind === 'window';
    const next = JSON.stringify([fixed, drives, own, ratio, row?.kind === 'choice' ? row.allowed : 0]);
    if (next === shape) return;
    shape = next;
    dpi = undefined;
    const rows: HTMLElement[] = [now.element];
    if (fixed) rows.push(given.element);
    else if (drives) {
      rows.push(follow.element);
      if (!own) rows.push(sizes.element);
      if (own && ratio !== 1) rows.push(every.element);
    }
    if (drives && row?.kind === 'choice') {
      const options = row.allowed.map((value) => [value, words.percent((Number(value) / 96) * 100)] as const);
      dpi = choice(words.textSize, options, undefined, (value) =>
        client.decide({ type: 'pick', name: 'scaling_dpi', value }),
      );
      rows.push(dpi.element);
    }
    replaceKeepingFocus(body, [group(rows)]);
  };

  const update = (): void => {
    build();
    const { stream, sizing, everyPixel, settings = {}, picks } = client.state;
    const at = client.placement;
    const scale = stream && at ? (at.width * devicePixelRatio) / stream.width : 1;
    now.set(stream ? text(stream) : '');
    if (nowHelp) nowHelp.textContent = at?.exact === false ? words.scaled(words.percent(scale * 100)) : words.exact;
    given.set(stream ? text(stream) : '');
    follow.set(sizing.kind === 'window');
    if (sizing.kind === 'fixed') sizes.set(code(nearest(sizing.size)));
    every.set(everyPixel);
    const row = rowOf(settings, picks, 'scaling_dpi');
    if (row?.kind === 'choice') dpi?.set(row.value);
  };
  update();
  return { title: words.places.screen, body, actions: [], update };
}

/** The listed size that is most like the wanted one. */
export function nearest(wanted: Size | undefined): Size {
  const target = wanted ?? { width: 1280, height: 720 };
  const far = (size: Size): number => Math.abs(size.width - target.width) + Math.abs(size.height - target.height);
  return SIZES.reduce((best, size) => (far(size) < far(best) ? size : best));
}

function ratioText(): string {
  return String(Math.round(devicePixelRatio * 100) / 100);
}

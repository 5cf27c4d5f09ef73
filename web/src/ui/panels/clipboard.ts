import { isEmpty } from '../../clipboard/clip.ts';
import type { Clipboard, Copied } from '../../clipboard/clipboard.ts';
import { fromPaste } from '../../clipboard/gather.ts';
import { systemOf } from '../../input/system.ts';
import { rowOf } from '../../settings/rules.ts';
import { button, h, icon, setText } from '../dom.ts';
import { group, locked, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

const text = words.clipboard;
/** As much of a text as is shown. */
const SHOWN = 2000;
/** So long is said that something worked. */
const SAID = 4000;

/** What is copied, in a few words. */
export function clipboardSummary({ rules, shared, copied }: Clipboard): string {
  if (!(rules.in || rules.out) || !shared) return text.off;
  if (!copied) return text.nothing;
  return text.summary(kindOf(copied), copied.at === undefined ? '' : words.ago((Date.now() - copied.at) / 1000));
}

function kindOf({ clip }: Copied): string {
  if (clip.image && clip.text === undefined) return text.picture;
  return clip.html === undefined ? text.text : text.formatted;
}

/** What is copied on the desktop, and a way there for what is not pasted by a key. */
export function clipboardPanel(host: PanelHost): Panel {
  const { client } = host;
  const { clipboard } = client;
  const desktop = shelf(text.from, 'btn--main', clipboard);
  const marked = shelf(text.marked, '', clipboard);
  const outlet = makeOutlet(clipboard);
  const share = toggle(text.share, text.shareHelp, (on) => clipboard.share(on));
  const binary = toggle(text.binary, undefined, (on) =>
    client.decide({ type: 'pick', name: 'enable_binary_clipboard', value: on }),
  );
  const given = locked(text.binary, '');
  const switches = group([share.element, binary.element, given.element]);
  const body = h('div', { class: 'stack' }, desktop.element, marked.element, outlet.element, switches);
  const update = (): void => {
    const { rules, shared, copied } = clipboard;
    const row = rowOf(client.state.settings ?? {}, client.state.picks, 'enable_binary_clipboard');
    desktop.show(copied, rules.out ? (shared ? text.empty : text.emptyOff) : text.noOut);
    marked.show(rules.out ? clipboard.marked : undefined, undefined);
    outlet.update();
    share.set(shared);
    switches.hidden = !rules.in && !rules.out;
    binary.element.hidden = row?.kind !== 'toggle';
    given.element.hidden = row?.kind !== 'locked' || row.value;
    if (row?.kind === 'toggle') binary.set(row.value);
    if (row?.kind === 'locked') given.set(row.value ? words.on : words.off);
  };
  update();
  return { title: words.places.clipboard, body, actions: [], update };
}

interface Shelf {
  readonly element: HTMLElement;
  /** Shows what is copied, or says why there is nothing; without such words it is not there at all. */
  show(copied: Copied | undefined, otherwise: string | undefined): void;
}

/** Something that is copied over there, with a button to have it here. */
function shelf(title: string, kind: string, clipboard: Clipboard): Shelf {
  const when = h('span', { class: 'cap num' });
  const place = h('div', {});
  const status = makeStatus();
  const element = h('div', {}, h('div', { class: 'lead' }, h('h3', {}, title), when), place, status.element);
  let drawn: Copied | string | undefined;
  const draw = (copied: Copied): void => {
    const { image, text: plain } = copied.clip;
    const copy = button(text.copy, `btn--s ${kind}`, () => {
      void clipboard.copyHere(copied).then((written) => status.say(written ? text.copied : text.cannot));
    });
    copy.prepend(icon('copy', 'ic--s'));
    const size = h('span', { class: 'cap num grow' }, `${kindOf(copied)}, ${words.bytes(copied.bytes)}`);
    const foot = h('div', { class: 'shelf__foot' }, size, ...(copied.from === 'desktop' ? [copy] : []));
    const parts: HTMLElement[] = [];
    if (image && plain === undefined) {
      const address = URL.createObjectURL(image);
      const picture = h('img', { src: address, alt: text.picture, decoding: 'async' });
      // The panel may be gone before anybody tells it to let go of the address.
      for (const end of ['load', 'error']) picture.addEventListener(end, () => URL.revokeObjectURL(address));
      picture.addEventListener('load', () => {
        const { naturalWidth: width, naturalHeight: height } = picture;
        setText(size, `${words.size(width, height)}, ${words.bytes(copied.bytes)}`);
      });
      parts.push(h('div', { class: 'shelf__picture' }, picture));
    } else {
      const all = plain ?? copied.clip.html ?? '';
      const cut = all.length > SHOWN ? `${all.slice(0, SHOWN)}…` : all;
      parts.push(h('pre', { class: 'shelf__text', tabindex: 0, 'aria-label': title }, cut.trimEnd()));
    }
    place.replaceChildren(h('div', { class: 'shelf' }, ...parts, foot));
  };
  return {
    element,
    show(copied, otherwise) {
      element.hidden = !copied && otherwise === undefined;
      const since = copied?.at === undefined ? '' : words.ago((Date.now() - copied.at) / 1000);
      setText(when, copied?.from === 'here' ? text.fromHere : since);
      status.tick('');
      if (drawn === (copied ?? otherwise)) return;
      drawn = copied ?? otherwise;
      status.say('');
      if (copied) draw(copied);
      else place.replaceChildren(h('p', { class: 'shelf shelf--empty' }, otherwise));
    },
  };
}

/** A field for what shall go to the desktop's clipboard. */
function makeOutlet(clipboard: Clipboard): { element: HTMLElement; update(): void } {
  const apple = systemOf(navigator.platform) === 'mac';
  const paste = apple ? '⌘V' : 'Ctrl V';
  const field = h('textarea', { class: 'paste', rows: 3, spellcheck: 'false' });
  const status = makeStatus('grow');
  const send = button(text.send, 'btn--s', () => void go({ text: field.value }));
  send.prepend(icon('up-arrow', 'ic--s'));
  const note = h('p', { class: 'shelf shelf--empty' }, text.noIn);
  const form = h(
    'div',
    {},
    h('label', {}, h('span', { class: 'vh' }, text.toLabel), field),
    h('div', { class: 'shelf__foot shelf__foot--bare' }, status.element, send),
  );
  const element = h('div', {}, h('div', { class: 'lead' }, h('h3', {}, text.to)), form, note);
  const go = async (clip: Parameters<Clipboard['send']>[0]): Promise<void> => {
    send.disabled = true;
    const fate = await clipboard.send(clip);
    const there = fate === 'sent' || fate === 'known';
    if (there && clip.text !== undefined) field.value = '';
    status.say(there ? text.sent : fate === 'too_large' ? text.refused.too_large : text.refused.failed);
    update();
  };
  field.addEventListener('input', () => update());
  field.addEventListener('paste', (event) => {
    const { image, ...rest } = fromPaste(event.clipboardData, clipboard.rules.binary);
    // A picture cannot be put into the field, and needs no correction: it goes at once.
    if (!image || !isEmpty(rest)) return;
    event.preventDefault();
    void go({ image });
  });
  const update = (): void => {
    const { rules, sending, refused } = clipboard;
    form.hidden = !rules.in;
    note.hidden = rules.in;
    const touch = matchMedia('(pointer: coarse)').matches;
    const hint = rules.binary ? text.toHint(paste) : text.toHintText(paste);
    field.placeholder = touch ? text.toHintTouch : hint;
    send.disabled = field.value === '';
    const under = sending === undefined ? '' : text.sending(words.bytes(sending));
    status.tick(refused ? text.refused[refused] : under);
  };
  return { element, update };
}

/** A line that says something for a while; `tick` is called about once a second. */
function makeStatus(more = ''): { element: HTMLElement; say(what: string): void; tick(otherwise: string): void } {
  const element = h('p', { class: `cap ${more}`.trim(), role: 'status' });
  let until = 0;
  return {
    element,
    say(what) {
      until = performance.now() + SAID;
      setText(element, what);
    },
    tick(otherwise) {
      if (otherwise !== '' || performance.now() > until) setText(element, otherwise);
    },
  };
}

/** Attributes by name; `on…` functions are listeners, which end with the element. */
export type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;
export type Child = Node | string | false | undefined;

/** Makes an element. Text becomes text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as unknown as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(
  tag: string,
  props: Readonly<Record<string, string | number>> = {},
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** An icon of `icons.svg`. */
export function icon(name: string, more = ''): SVGElement {
  const use = svg('use', { href: `#i-${name}` });
  return svg('svg', { class: `ic ${more}`.trim(), viewBox: '0 0 24 24', 'aria-hidden': 'true' }, use);
}

/** A button that is only an icon. */
export function iconButton(name: string, label: string, click: () => void, props: Props = {}): HTMLButtonElement {
  const direction = name === 'back' || name === 'next' ? 'ic--dir' : '';
  return h(
    'button',
    { type: 'button', class: 'ibtn', 'aria-label': label, title: label, onclick: click, ...props },
    icon(name, direction),
  );
}

export function button(label: string, kind: string, click: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: `btn ${kind}`.trim(), onclick: click }, label);
}

/** Keys as they are printed on keyboards. */
export function keys(...names: string[]): HTMLElement {
  const all = h('span', {});
  for (const [index, name] of names.entries()) all.append(index > 0 ? ' ' : '', h('kbd', {}, name));
  return all;
}

/** Sets text only when it changed, so that nothing is laid out or read aloud without need. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

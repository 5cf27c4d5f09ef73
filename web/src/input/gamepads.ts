import { LIMIT } from '../proto/generated.ts';
import type { ClientMessage, Rumble } from '../proto/messages.ts';
import type { Scope } from '../scope.ts';
import type { Controls, Layout } from './gamepad.ts';
import { AXES, BUTTONS, changes, isAtRest, layoutOf, merged, REST, Reader } from './gamepad.ts';

/** What the gamepads need of their client. */
export interface GamepadsHost {
  /** The desktop's slots that are this page's, the first one first. None: gamepads are not for it. */
  slots(): readonly number[];
  /** The desktop takes what is sent now. */
  open(): boolean;
  send(message: ClientMessage): void;
  /** A gamepad came or went. */
  changed(): void;
}

/** A gamepad of this page's user, as the desktop has it. */
export interface PadView {
  /** The desktop's; nothing when all of them are taken. */
  readonly slot: number | undefined;
  readonly name: string;
  readonly layout: Layout | 'touch';
  readonly controls: Controls;
  readonly canRumble: boolean;
}

/** The gamepads of this page's user. */
export interface Gamepads {
  readonly pads: readonly PadView[];
  /** They may be used here at all. */
  readonly allowed: boolean;
  /** Calls back for every movement, at most once a frame; the result ends it. */
  watch(listener: () => void): () => void;
  /** The touch gamepad is there: its controls; nothing: it is not. */
  touch(controls: Controls | undefined): void;
  /** Shakes what is in the slot for a moment. */
  test(slot: number): void;
}

const TEST: Omit<Rumble, 'pad'> = { type: 'rumble', strong: 0.8, weak: 0.6, ms: 300 };
const TOUCH_NAME = 'Touch gamepad';
/** A phone that shakes for longer is not felt as a game. */
const LONGEST_BUZZ = 200;

/** A controller that is plugged in. */
interface Plugged {
  slot: number | undefined;
  readonly name: string;
  readonly reader: Reader;
  layout: Layout;
  controls: Controls;
  axes: number;
  buttons: number;
}

/** What acts in a slot. */
interface Acting {
  readonly who: string;
  readonly name: string;
  readonly axes: number;
  readonly buttons: number;
  readonly controls: Controls;
}

/** What the desktop has been told of one of its slots. */
interface Told {
  /** Which gamepad it is. */
  readonly who: string;
  said: Controls;
  beat: number;
}

/** Reads the gamepads, and tells the desktop what they do. Reads only while there are any. */
export class DesktopGamepads implements Gamepads {
  readonly #scope: Scope;
  readonly #host: GamepadsHost;
  readonly #plugged = new Map<number, Plugged>();
  readonly #told = new Map<number, Told>();
  readonly #watchers = new Set<() => void>();
  #touch: Controls | undefined;
  /** The hands are elsewhere: everything rests. */
  #away = false;
  #stopFrame: (() => void) | undefined;

  constructor(scope: Scope, host: GamepadsHost) {
    this.#scope = scope;
    this.#host = host;
    if (typeof navigator.getGamepads !== 'function') return;
    for (const type of ['gamepadconnected', 'gamepaddisconnected']) scope.listen(window, type, () => this.#look());
    const rest = (away: boolean) => (): void => {
      if (away === this.#away) return;
      this.#away = away;
      if (away) this.#tell();
      else this.#look();
    };
    const hidden = (): boolean => document.visibilityState === 'hidden';
    scope.listen(window, 'blur', rest(true));
    scope.listen(window, 'pagehide', rest(true));
    scope.listen(window, 'focus', rest(false));
    scope.listen(window, 'pageshow', rest(false));
    scope.listen(document, 'visibilitychange', () => rest(hidden())());
    scope.add(() => {
      this.#plugged.clear();
      this.#touch = undefined;
      this.#tell();
    });
    this.#look();
  }

  get allowed(): boolean {
    return this.#host.slots().length > 0;
  }

  get pads(): readonly PadView[] {
    const pads = [...this.#plugged.entries()].map(([index, { slot, name, layout, controls }]) => ({
      slot,
      name: plainName(name),
      layout,
      controls,
      canRumble: actuatorOf(index) !== undefined,
    }));
    if (!this.#touch) return pads;
    const [slot] = this.#host.slots();
    const touch = { slot, name: TOUCH_NAME, layout: 'touch' as const, controls: this.#touch, canRumble: canBuzz() };
    return [touch, ...pads];
  }

  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  touch(controls: Controls | undefined): void {
    const came = (controls === undefined) !== (this.#touch === undefined);
    this.#touch = controls;
    this.#tell();
    this.#run();
    if (came) this.#host.changed();
  }

  test(slot: number): void {
    this.rumble({ ...TEST, pad: slot });
  }

  /** The desktop listens now, or has just begun to anew; or whose slots they are has changed. */
  update(): void {
    if (!this.#host.open()) this.#told.clear();
    else this.#look();
  }

  /** A program shakes what is in a slot. */
  rumble({ pad, strong, weak, ms }: Rumble): void {
    let shaken = false;
    for (const [index, { slot }] of this.#plugged) {
      const actuator = slot === pad ? actuatorOf(index) : undefined;
      if (!actuator) continue;
      shaken = true;
      const still = ms === 0 || (strong === 0 && weak === 0);
      const done = still
        ? actuator.reset()
        : actuator.playEffect('dual-rumble', { duration: ms, strongMagnitude: strong, weakMagnitude: weak });
      // A gamepad that was pulled out meanwhile says no.
      done.catch(() => undefined);
    }
    if (!shaken && this.#touch && canBuzz() && this.#host.slots()[0] === pad)
      navigator.vibrate(Math.max(strong, weak) >= 0.1 ? Math.min(ms, LONGEST_BUZZ) : 0);
  }

  /** Who is there. */
  #look(): void {
    const before = [...this.#plugged.keys()].join();
    const there = this.#host.slots().length === 0 ? [] : gamepads();
    for (const index of [...this.#plugged.keys()])
      if (!there.some((pad) => pad.index === index && pad.id === this.#plugged.get(index)?.name))
        this.#plugged.delete(index);
    for (const pad of there) {
      const known = this.#plugged.get(pad.index);
      if (known && (known.slot === undefined || this.#host.slots().includes(known.slot))) {
        known.slot ??= this.#freeSlot();
        continue;
      }
      this.#plugged.set(pad.index, {
        slot: this.#freeSlot(),
        name: pad.id,
        reader: new Reader(),
        layout: layoutOf(pad),
        controls: REST,
        axes: pad.axes.length,
        buttons: pad.buttons.length,
      });
    }
    this.#read();
    this.#tell();
    this.#run();
    if ([...this.#plugged.keys()].join() !== before) this.#host.changed();
  }

  #freeSlot(): number | undefined {
    const taken = [...this.#plugged.values()].map(({ slot }) => slot);
    return this.#host.slots().find((slot) => !taken.includes(slot));
  }

  /** Once a frame, as long as there is something to read or to repeat. */
  #run(): void {
    const busy = this.#plugged.size > 0 || (this.#touch !== undefined && !isAtRest(this.#touch));
    if (!busy || this.#away || this.#scope.over) {
      this.#stopFrame?.();
      this.#stopFrame = undefined;
      return;
    }
    this.#stopFrame ??= this.#scope.frame(() => {
      this.#stopFrame = undefined;
      this.#read();
      this.#tell();
      this.#run();
    });
  }

  #read(): void {
    if (this.#away) return;
    for (const pad of gamepads()) {
      const known = this.#plugged.get(pad.index);
      if (known) known.controls = known.reader.read(pad);
    }
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
    if (!this.#host.open()) return;
    const slots = this.#host.slots();
    for (const slot of [...this.#told.keys()]) if (!this.#sourceOf(slot, slots)) this.#goodbye(slot);
    for (const slot of slots) {
      const source = this.#sourceOf(slot, slots);
      if (source) this.#tellOf(slot, source);
    }
  }

  #tellOf(slot: number, source: Acting): void {
    let told = this.#told.get(slot);
    if (told?.who !== source.who) {
      const { who, name, axes, buttons } = source;
      told = { who, said: REST, beat: performance.now() };
      this.#told.set(slot, told);
      this.#host.send({ type: 'gamepad', slot, event: 'connected', name, axes, buttons });
    }
    const { messages, said } = changes(slot, told.said, this.#away ? REST : source.controls);
    told.said = said;
    for (const message of messages) this.#host.send(message);
    const now = performance.now();
    if (isAtRest(said) || now - told.beat < LIMIT.heartbeat) return;
    told.beat = now;
    this.#host.send({ type: 'gamepad', slot, event: 'held' });
  }

  #goodbye(slot: number): void {
    this.#told.delete(slot);
    this.#host.send({ type: 'gamepad', slot, event: 'disconnected' });
  }

  /** What acts in a slot: a controller, the touch gamepad, or both as one. */
  #sourceOf(slot: number, slots: readonly number[]): Acting | undefined {
    const found = [...this.#plugged].find(([, pad]) => pad.slot === slot);
    const touch = slots[0] === slot ? this.#touch : undefined;
    if (!found) return touch && { who: 'touch', name: TOUCH_NAME, axes: AXES, buttons: BUTTONS, controls: touch };
    const [index, { name, axes, buttons, controls }] = found;
    return { who: `${index} ${name}`, name, axes, buttons, controls: touch ? merged(controls, touch) : controls };
  }
}

function gamepads(): Gamepad[] {
  try {
    return [...navigator.getGamepads()].filter((pad): pad is Gamepad => pad?.connected === true);
  } catch {
    // A frame that its page does not let have any.
    return [];
  }
}

function actuatorOf(index: number): GamepadHapticActuator | undefined {
  const actuator = gamepads().find((pad) => pad.index === index)?.vibrationActuator;
  return typeof actuator?.playEffect === 'function' ? actuator : undefined;
}

function canBuzz(): boolean {
  return typeof navigator.vibrate === 'function';
}

/** Without what browsers add for programs. */
function plainName(id: string): string {
  const name = id
    .replace(/\s*\((?:STANDARD GAMEPAD\s*)?(?:Vendor: [0-9a-f]{4} Product: [0-9a-f]{4})?\)\s*$/i, '')
    .replace(/^[0-9a-f]{1,4}-[0-9a-f]{1,4}-/i, '')
    .trim();
  return name === '' ? id : name;
}

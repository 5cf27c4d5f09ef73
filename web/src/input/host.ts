import type { ClientMessage } from '../proto/messages.ts';
import type { System } from './system.ts';

/** The few keys the page keeps for itself. */
export type Shortcut = 'menu' | 'fullscreen' | 'gamepad';

/** CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What the input needs of its client. */
export interface InputHost {
  /** What the pointer acts on. */
  readonly surface: HTMLElement;
  /** Everything of this client: keys pressed in its controls are not the desktop's. */
  readonly container: HTMLElement;
  /** The field that receives text. */
  readonly field: HTMLTextAreaElement;
  readonly system: System;
  /** `happened`: the time of the event behind it. */
  send(message: ClientMessage, happened: number): void;
  /** The stream's pixel under a point of the page. */
  toStream(x: number, y: number): Point;
  /** Where the picture lies on the page. */
  bounds(): { left: number; top: number; width: number; height: number };
  /** Pixels of the stream per CSS pixel. */
  scale(): number;
  /** May this page drive the desktop, and does the keyboard belong to it? */
  drives(): boolean;
  typing(): boolean;
  /** A key is pressed: true when it pastes, and the browser has to see it as well. */
  pastes(event: KeyboardEvent): boolean;
  /** A press on the picture; true keeps it from the desktop. */
  pressed(event: { touch: boolean }): boolean;
  shortcut(name: Shortcut): void;
  /** In full screen the desktop may have the keys of the browser and its system. */
  everyKey(): boolean;
  /** Draws the pointer at a point of the picture, as no mouse of this device does; nothing: not any more. */
  pointAt(at: Point | undefined): void;
  /** The person points at another place now. */
  pointed(): void;
  /** Pointer lock, gaming mode or trackpad mode began or ended. */
  changed(): void;
}

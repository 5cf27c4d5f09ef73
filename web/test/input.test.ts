import { describe, expect, test } from 'vitest';
import { difference } from '../src/input/composition.ts';
import type { Key } from '../src/input/keyboard.ts';
import { Keyboard } from '../src/input/keyboard.ts';
import { isModifier, keysymOf, keysymOfCodePoint } from '../src/input/keysyms.ts';
import { LEFT, MIDDLE, maskOf, Pointer, RIGHT } from '../src/input/pointer.ts';
import type { Gesture } from '../src/input/touch.ts';
import { Touch } from '../src/input/touch.ts';
import { Wheel } from '../src/input/wheel.ts';
import { encode } from '../src/proto/encode.ts';

describe('keysyms', () => {
  test.each([
    ['a', 0, 0x61],
    ['A', 0, 0x41],
    ['é', 0, 0xe9],
    ['€', 0, 0x20ac],
    ['中', 0, 0x0100_4e2d],
    ['😀', 0, 0x0101_f600],
    ['Enter', 0, 0xff0d],
    ['Enter', 3, 0xff0d],
    ['7', 3, 0x37],
    ['Shift', 1, 0xffe1],
    ['Shift', 2, 0xffe2],
    ['Meta', 1, 0xffeb],
    ['AltGraph', 2, 0xfe03],
    ['F1', 0, 0xffbe],
    ['F12', 0, 0xffc9],
    ['F35', 0, 0xffe0],
  ])('%s at %i is %i', (key, location, keysym) => expect(keysymOf(key, location)).toBe(keysym));

  test.each(['CapsLock', 'NumLock', 'Unidentified', 'F36', '', 'ab'])('%s is not sent', (key) =>
    expect(keysymOf(key, 0)).toBeUndefined(),
  );

  test('control characters have no keysym, line breaks do', () => {
    expect(keysymOfCodePoint(0x07)).toBeUndefined();
    expect(keysymOfCodePoint(0x85)).toBeUndefined();
    expect(keysymOfCodePoint(0xd800)).toBeUndefined();
    expect(keysymOfCodePoint(0x0a)).toBe(0xff0d);
  });

  test('modifiers are told from keys', () => {
    expect([0xffe1, 0xffec, 0xfe03].every(isModifier)).toBe(true);
    expect([0x61, 0xff0d, 0xffbe].some(isModifier)).toBe(false);
  });
});

function keyboard(mac = false): { keyboard: Keyboard; sent: string[] } {
  const sent: string[] = [];
  return { keyboard: new Keyboard((message) => sent.push(encode(message)), mac), sent };
}

const key = (name: string, code: string, more: Partial<Key> = {}): Key => ({
  key: name,
  code,
  location: /Right/.test(code) ? 2 : /Left/.test(code) ? 1 : 0,
  timeStamp: 0,
  isComposing: false,
  keyCode: 0,
  ...more,
});

describe('keyboard', () => {
  test('releases what was pressed, whatever the key says by then', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('Shift', 'ShiftLeft'));
    board.down(key('A', 'KeyA'));
    board.up(key('Shift', 'ShiftLeft'));
    board.up(key('a', 'KeyA'));
    expect(sent).toEqual(['kd,65505', 'kd,65', 'ku,65505', 'ku,65']);
  });

  test('does not send the repetitions of a held key', () => {
    const { keyboard: board, sent } = keyboard();
    for (let count = 0; count < 5; count += 1) board.down(key('x', 'KeyX'));
    expect(sent).toEqual(['kd,120']);
    board.heartbeat();
    expect(sent.at(-1)).toBe('kh,120');
  });

  test('says nothing while nothing is held', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('x', 'KeyX'));
    board.up(key('x', 'KeyX'));
    board.heartbeat();
    expect(sent).toEqual(['kd,120', 'ku,120']);
  });

  test('lets go of everything in the opposite order', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('Control', 'ControlLeft'));
    board.down(key('c', 'KeyC'));
    board.releaseAll();
    expect(sent).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507']);
    expect(board.up(key('c', 'KeyC'))).toBe(false);
  });

  test('leaves dead keys and compositions to the text field', () => {
    const { keyboard: board, sent } = keyboard();
    expect(board.down(key('Dead', 'BracketLeft'))).toBe(false);
    expect(board.down(key('a', 'KeyA', { isComposing: true }))).toBe(false);
    expect(board.down(key('a', 'KeyA', { keyCode: 229 }))).toBe(false);
    expect(sent).toEqual([]);
  });

  test('AltGr of Windows is not Ctrl', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('Control', 'ControlLeft', { timeStamp: 100 }));
    board.down(key('AltGraph', 'AltRight', { timeStamp: 101 }));
    board.down(key('@', 'KeyQ', { timeStamp: 200 }));
    expect(sent).toEqual(['kd,65507', 'ku,65507', 'kd,65027', 'kd,64']);
  });

  test('a Ctrl held long before AltGr stays', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('Control', 'ControlLeft', { timeStamp: 100 }));
    board.down(key('AltGraph', 'AltRight', { timeStamp: 500 }));
    expect(sent).toEqual(['kd,65507', 'kd,65027']);
  });

  test('Command of a Mac is Ctrl, and its keys never stick', () => {
    const { keyboard: board, sent } = keyboard(true);
    board.down(key('Meta', 'MetaLeft'));
    board.down(key('c', 'KeyC'));
    board.up(key('Meta', 'MetaLeft'));
    expect(sent).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507']);
    expect(board.held).toEqual([]);
  });

  test('Option of a Mac makes characters, not commands', () => {
    const { keyboard: board, sent } = keyboard(true);
    board.down(key('Alt', 'AltLeft'));
    board.down(key('@', 'KeyL'));
    board.up(key('@', 'KeyL'));
    board.up(key('Alt', 'AltLeft'));
    expect(sent).toEqual(['kd,65513', 'ku,65513', 'kd,64', 'ku,64', 'kd,65513', 'ku,65513']);
  });

  test('text is typed character by character', () => {
    const { keyboard: board, sent } = keyboard();
    board.type('a中');
    expect(sent).toEqual(['kd,97', 'ku,97', 'kd,16797229', 'ku,16797229']);
  });

  test('a chord is released backwards', () => {
    const { keyboard: board, sent } = keyboard();
    board.chord([0xffe3, 0xffe9, 0xffff]);
    expect(sent).toEqual(['kd,65507', 'kd,65513', 'kd,65535', 'ku,65535', 'ku,65513', 'ku,65507']);
  });
});

test.each([
  ['', 'abc', 0, 'abc'],
  ['hel', 'hello', 0, 'lo'],
  ['helo', 'hello', 1, 'lo'],
  ['word', '', 4, ''],
  ['日本', '日本語', 0, '語'],
])('%s becoming %s deletes %i and types %s', (before, after, deleted, typed) =>
  expect(difference(before, after)).toEqual({ deleted, typed }),
);

function pointer(): { pointer: Pointer; sent: string[] } {
  const sent: string[] = [];
  return { pointer: new Pointer((message) => sent.push(encode(message))), sent };
}

describe('pointer', () => {
  test('buttons of the page are bits of the wire', () => {
    expect(maskOf(1)).toBe(LEFT);
    expect(maskOf(2)).toBe(RIGHT);
    expect(maskOf(4)).toBe(MIDDLE);
    expect(maskOf(8)).toBe(8);
    expect(maskOf(16)).toBe(16);
    expect(maskOf(1 | 2 | 4)).toBe(7);
  });

  test('moves wait for the frame, buttons do not', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(10, 10, 0);
    mouse.at(20, 20, 0);
    expect(sent).toEqual([]);
    mouse.at(21, 20, LEFT);
    expect(sent).toEqual(['m,21,20,1,0']);
    mouse.at(30, 30, LEFT);
    mouse.flush();
    mouse.flush();
    expect(sent).toEqual(['m,21,20,1,0', 'm,30,30,1,0']);
  });

  test('the wheel is cleared, turned and cleared, after the place is told', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(5, 6, 0);
    mouse.wheel(0, 1);
    expect(sent).toEqual(['m,5,6,0,0', 'm2,0,0,0,1', 'm2,0,0,8,1', 'm2,0,0,0,1']);
  });

  test('the wheel keeps held buttons and leaves thumb buttons out', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(5, 6, LEFT | 8);
    mouse.wheel(2, 0);
    expect(sent.slice(1)).toEqual(['m2,0,0,1,2', 'm2,0,0,129,2', 'm2,0,0,1,2']);
  });

  test('up and left have bits of their own, and notches a limit', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.wheel(-1, -1000);
    expect(sent[1]).toBe('m2,0,0,16,64');
    expect(sent[4]).toBe('m2,0,0,64,1');
  });

  test('relative movement keeps what is less than a pixel', () => {
    const { pointer: mouse, sent } = pointer();
    for (let count = 0; count < 5; count += 1) {
      mouse.by(0.5, -0.5, 0);
      mouse.flush();
    }
    expect(sent).toEqual(['m2,1,-1,0,0', 'm2,1,-1,0,0']);
    mouse.by(0, 0, LEFT);
    expect(sent.at(-1)).toBe('m2,0,0,1,0');
  });

  test('buttons are let go where the pointer is', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(7, 8, RIGHT);
    mouse.releaseAll();
    mouse.releaseAll();
    expect(sent).toEqual(['m,7,8,4,0', 'm,7,8,0,0']);
  });
});

describe('wheel', () => {
  const turn = (wheel: Wheel, deltaY: number, deltaMode = 0, wheelDeltaY?: number): number =>
    wheel.turn({ deltaX: 0, deltaY, deltaMode, ...(wheelDeltaY === undefined ? {} : { wheelDeltaY }) }).down;

  test('a notch of every browser is one notch', () => {
    expect(turn(new Wheel(), 120, 0, -120)).toBe(1);
    expect(turn(new Wheel(), 100, 0, -120)).toBe(1);
    expect(turn(new Wheel(), -100)).toBe(-1);
    expect(turn(new Wheel(), 3, 1)).toBe(1);
    expect(turn(new Wheel(), 96, 0, -120)).toBe(1);
    expect(turn(new Wheel(), 240, 0, -240)).toBe(2);
  });

  test('a touchpad gathers', () => {
    const wheel = new Wheel();
    const turns = Array.from({ length: 20 }, () => turn(wheel, 10, 0, -30));
    expect(turns.reduce((sum, notches) => sum + notches, 0)).toBe(4);
  });

  test('turning back starts afresh', () => {
    const wheel = new Wheel();
    expect(turn(wheel, 40)).toBe(0);
    expect(turn(wheel, -50)).toBe(-1);
  });
});

describe('touch', () => {
  const run = (
    ...steps: [what: 'down' | 'move' | 'up' | 'hold', id: number, x: number, y: number, at: number][]
  ): Gesture[] => {
    const touch = new Touch();
    return steps.flatMap(([what, id, x, y, at]) => {
      if (what === 'down') return touch.down({ id, x, y }, at);
      if (what === 'move') return touch.move({ id, x, y });
      return what === 'up' ? touch.up(id, at) : touch.hold(at);
    });
  };

  test('a tap is a click', () =>
    expect(run(['down', 1, 10, 10, 0], ['move', 1, 13, 10, 20], ['up', 1, 13, 10, 80])).toEqual([
      { do: 'click', button: 'left', x: 10, y: 10 },
    ]));

  test('a long press is the other button, and its end is nothing', () =>
    expect(run(['down', 1, 10, 10, 0], ['hold', 1, 0, 0, 500], ['up', 1, 10, 10, 700])).toEqual([
      { do: 'click', button: 'right', x: 10, y: 10 },
    ]));

  test('a drag presses where it began', () =>
    expect(
      run(['down', 1, 10, 10, 0], ['move', 1, 40, 10, 50], ['up', 1, 40, 10, 90]).map((gesture) => gesture.do),
    ).toEqual(['move', 'press', 'move', 'release']));

  test('two fingers scroll the way the content goes', () =>
    expect(
      run(['down', 1, 10, 100, 0], ['down', 2, 50, 100, 10], ['move', 1, 10, 40, 30], ['move', 2, 50, 40, 30]),
    ).toEqual([
      { do: 'scroll', across: 0, down: 1, x: 10, y: 100 },
      { do: 'scroll', across: 0, down: 1, x: 10, y: 100 },
    ]));

  test('a second finger ends a drag', () =>
    expect(run(['down', 1, 10, 10, 0], ['move', 1, 60, 10, 50], ['down', 2, 90, 90, 60]).at(-1)).toEqual({
      do: 'release',
    }));

  test('two and three fingers that tap are the other button and the menu', () => {
    expect(run(['down', 1, 9, 9, 0], ['down', 2, 40, 9, 10], ['up', 1, 9, 9, 90], ['up', 2, 40, 9, 95])).toEqual([
      { do: 'click', button: 'right', x: 9, y: 9 },
    ]);
    const three = run(
      ['down', 1, 9, 9, 0],
      ['down', 2, 40, 9, 5],
      ['down', 3, 80, 9, 9],
      ['up', 1, 9, 9, 90],
      ['up', 2, 0, 0, 91],
      ['up', 3, 0, 0, 92],
    );
    expect(three).toEqual([{ do: 'menu' }]);
  });

  test('the second tap of two lands where the first did', () => {
    const taps = run(['down', 1, 10, 10, 0], ['up', 1, 10, 10, 60], ['down', 2, 18, 14, 200], ['up', 2, 18, 14, 260]);
    expect(taps[1]).toEqual({ do: 'click', button: 'left', x: 10, y: 10 });
  });
});

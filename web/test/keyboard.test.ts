import { describe, expect, test } from 'vitest';
import type { Key } from '../src/input/key.ts';
import { Keyboard } from '../src/input/keyboard.ts';
import type { System } from '../src/input/system.ts';
import { systemOf } from '../src/input/system.ts';
import { encode } from '../src/proto/encode.ts';

function keyboard(system: System = 'other'): { keyboard: Keyboard; sent: string[] } {
  const sent: string[] = [];
  return { keyboard: new Keyboard((message) => sent.push(encode(message)), system), sent };
}

const key = (name: string, code: string, more: Partial<Key> = {}): Key => ({
  key: name,
  code,
  location: /Right/.test(code) ? 2 : /Left/.test(code) ? 1 : 0,
  timeStamp: 0,
  isComposing: false,
  keyCode: 0,
  repeat: false,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...more,
});

type Step = [what: 'down' | 'up', name: string, code: string, more?: Partial<Key>];

/** What is sent for a sequence of events. */
function run(system: System, ...steps: Step[]): string[] {
  const { keyboard: board, sent } = keyboard(system);
  for (const [what, name, code, more] of steps) board[what](key(name, code, more));
  return sent;
}

const COMMAND = { metaKey: true };
const OPTION = { altKey: true };

test.each([
  ['MacIntel', 'mac'],
  ['iPhone', 'mac'],
  ['Win32', 'windows'],
  ['Linux x86_64', 'other'],
  ['Linux armv81', 'other'],
])('%s is %s', (platform, system) => expect(systemOf(platform)).toBe(system));

describe('what is held', () => {
  test('releases what was pressed, whatever the key says by then', () =>
    expect(
      run(
        'other',
        ['down', 'Shift', 'ShiftLeft', { shiftKey: true }],
        ['down', 'A', 'KeyA', { shiftKey: true }],
        ['up', 'Shift', 'ShiftLeft'],
        ['up', 'a', 'KeyA'],
      ),
    ).toEqual(['kd,65505', 'kd,65', 'ku,65505', 'ku,65']));

  test('does not send the repetitions of a held key, and says that it is held', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('x', 'KeyX'));
    for (let count = 0; count < 5; count += 1) board.down(key('x', 'KeyX', { repeat: true }));
    expect(sent).toEqual(['kd,120']);
    board.heartbeat();
    expect(sent.at(-1)).toBe('kh,120');
  });

  test('a key that was let go does not come back by repeating', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('x', 'KeyX'));
    board.releaseAll();
    expect(board.down(key('x', 'KeyX', { repeat: true }))).toBe(true);
    expect(sent).toEqual(['kd,120', 'ku,120', 'kr']);
  });

  test('a held key that says something else ends what it said', () =>
    expect(
      run(
        'other',
        ['down', 'a', 'KeyA'],
        ['down', 'Shift', 'ShiftLeft', { shiftKey: true }],
        ['down', 'A', 'KeyA', { repeat: true, shiftKey: true }],
        ['up', 'A', 'KeyA', { shiftKey: true }],
      ),
    ).toEqual(['kd,97', 'kd,65505', 'ku,97', 'kd,65', 'ku,65']));

  test('says nothing while nothing is held', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('x', 'KeyX'));
    board.up(key('x', 'KeyX'));
    board.heartbeat();
    expect(sent).toEqual(['kd,120', 'ku,120']);
  });

  test('lets go of everything in the opposite order, and of what only the server knows', () => {
    const { keyboard: board, sent } = keyboard();
    board.down(key('Control', 'ControlLeft'));
    board.down(key('c', 'KeyC'));
    board.releaseAll();
    expect(sent).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507', 'kr']);
    expect(board.up(key('c', 'KeyC'))).toBe(false);
  });

  test('a modifier whose release went elsewhere is let go at the next key', () =>
    expect(
      run(
        'other',
        ['down', 'Alt', 'AltLeft', OPTION],
        // Alt Tab took the focus, and the release.
        ['down', 'x', 'KeyX'],
      ),
    ).toEqual(['kd,65513', 'ku,65513', 'kd,120']));

  test('of two Shifts of Windows, the one whose release never comes goes with the other', () =>
    expect(
      run(
        'windows',
        ['down', 'Shift', 'ShiftLeft', { shiftKey: true }],
        ['down', 'Shift', 'ShiftRight', { shiftKey: true }],
        ['up', 'Shift', 'ShiftRight', { shiftKey: false }],
      ),
    ).toEqual(['kd,65505', 'kd,65506', 'ku,65506', 'ku,65505']));

  test('a keysym held twice goes up once, with the last', () => {
    const { keyboard: board, sent } = keyboard();
    board.hold('bar Ctrl', 0xffe3);
    board.down(key('Control', 'ControlLeft'));
    board.up(key('Control', 'ControlLeft'));
    expect(sent).toEqual(['kd,65507', 'kd,65507']);
    board.letGo('bar Ctrl');
    expect(sent.at(-1)).toBe('ku,65507');
  });
});

describe('what is sent', () => {
  test('leaves dead keys and compositions to the text field', () => {
    const { keyboard: board, sent } = keyboard();
    expect(board.down(key('Dead', 'BracketLeft'))).toBe(false);
    expect(board.down(key('a', 'KeyA', { isComposing: true }))).toBe(false);
    expect(board.down(key('a', 'KeyA', { keyCode: 229 }))).toBe(false);
    expect(board.down(key('Process', 'KeyA'))).toBe(false);
    expect(board.down(key('Unidentified', ''))).toBe(false);
    expect(sent).toEqual([]);
  });

  test('locks stay here, and are kept from the browser', () => {
    const { keyboard: board, sent } = keyboard();
    expect(board.down(key('CapsLock', 'CapsLock'))).toBe(true);
    expect(board.down(key('NumLock', 'NumLock'))).toBe(true);
    expect(sent).toEqual([]);
  });

  test('the keypad says what it says', () =>
    expect(
      run(
        'other',
        ['down', '7', 'Numpad7', { location: 3 }],
        ['up', '7', 'Numpad7'],
        ['down', 'Home', 'Numpad7', { location: 3 }],
        ['up', 'Home', 'Numpad7'],
        ['down', 'Enter', 'NumpadEnter', { location: 3 }],
      ),
    ).toEqual(['kd,55', 'ku,55', 'kd,65360', 'ku,65360', 'kd,65293']));

  test('with Ctrl a letter of another script is the Latin one of its key', () => {
    const control = { ctrlKey: true };
    expect(
      run('other', ['down', 'с', 'KeyC', control], ['up', 'с', 'KeyC', control], ['down', 'ש', 'KeyA', control]),
    ).toEqual(['kd,99', 'ku,99', 'kd,97']);
    expect(run('other', ['down', 'С', 'KeyC', { ctrlKey: true, shiftKey: true }])).toEqual(['kd,67']);
    expect(run('other', ['down', 'с', 'KeyC'])).toEqual(['kd,16778305']);
    expect(run('other', ['down', 'é', 'KeyE', control])).toEqual(['kd,233']);
  });

  test('Alt with Shift is still Alt', () =>
    expect(run('other', ['down', 'Meta', 'AltLeft', { shiftKey: true, altKey: true }])).toEqual(['kd,65513']));

  test('a key that makes several characters types them', () =>
    expect(run('other', ['down', 'e̋', 'KeyQ'])).toEqual(['kd,101', 'ku,101', 'kd,16777995', 'ku,16777995']));

  test('text is typed character by character', () => {
    const { keyboard: board, sent } = keyboard();
    board.type('a中');
    expect(sent).toEqual(['kd,97', 'ku,97', 'kd,16797229', 'ku,16797229']);
  });

  test('a chord is released backwards, and leaves alone what is held', () => {
    const { keyboard: board, sent } = keyboard();
    board.chord([0xffe3, 0xffe9, 0xffff]);
    expect(sent.splice(0)).toEqual(['kd,65507', 'kd,65513', 'kd,65535', 'ku,65535', 'ku,65513', 'ku,65507']);
    board.hold('held Ctrl', 0xffe3);
    board.chord([0xffe3, 0x77]);
    expect(sent).toEqual(['kd,65507', 'kd,119', 'ku,119']);
  });

  test('a modifier for one key is told of keys and clicks, not of modifiers', () => {
    const { keyboard: board } = keyboard();
    let count = 0;
    board.afterKey(() => {
      count += 1;
    });
    board.down(key('Shift', 'ShiftLeft'));
    board.up(key('Shift', 'ShiftLeft'));
    expect(count).toBe(0);
    board.down(key('c', 'KeyC'));
    board.up(key('c', 'KeyC'));
    board.tap(0x63);
    expect(count).toBe(2);
  });
});

describe('Windows', () => {
  const AT = (timeStamp: number, more: Partial<Key> = {}): Partial<Key> => ({ timeStamp, ...more });

  test('the Ctrl that comes with AltGr never reaches the desktop', () =>
    expect(
      run(
        'windows',
        ['down', 'Control', 'ControlLeft', AT(100, { ctrlKey: true })],
        ['down', 'AltGraph', 'AltRight', AT(100)],
        ['down', 'Control', 'ControlLeft', AT(600, { repeat: true })],
        ['down', 'AltGraph', 'AltRight', AT(600, { repeat: true })],
        ['down', '@', 'KeyQ', AT(700)],
        ['up', '@', 'KeyQ', AT(750)],
        ['up', 'Control', 'ControlLeft', AT(800)],
        ['up', 'AltGraph', 'AltRight', AT(800)],
      ),
    ).toEqual(['kd,65027', 'kd,64', 'ku,64', 'ku,65027']));

  test('a letter of another script behind AltGr is itself, whatever flags come with it', () => {
    const both = { ctrlKey: true, altKey: true };
    expect(
      run(
        'windows',
        ['down', 'Control', 'ControlLeft', AT(100, { ctrlKey: true })],
        ['down', 'AltGraph', 'AltRight', AT(100, both)],
        ['down', 'Ω', 'KeyQ', AT(200, both)],
        ['up', 'Ω', 'KeyQ', AT(250, both)],
        ['up', 'Control', 'ControlLeft', AT(300, { altKey: true })],
        ['up', 'AltGraph', 'AltRight', AT(300)],
      ),
    ).toEqual(['kd,65027', 'kd,16778153', 'ku,16778153', 'ku,65027']);
  });

  test('a Ctrl that is followed by a key is sent before it', () =>
    expect(
      run(
        'windows',
        ['down', 'Control', 'ControlLeft', AT(100, { ctrlKey: true })],
        ['down', 'c', 'KeyC', AT(110, { ctrlKey: true })],
        ['up', 'c', 'KeyC', AT(150, { ctrlKey: true })],
        ['up', 'Control', 'ControlLeft', AT(160)],
      ),
    ).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507']));

  test('a Ctrl that is followed by nothing is sent when the time is over', () => {
    const { keyboard: board, sent } = keyboard('windows');
    board.down(key('Control', 'ControlLeft', { timeStamp: 100 }));
    expect(board.settleAt).toBe(150);
    expect(board.controlHeld).toBe(true);
    expect(sent).toEqual([]);
    board.settle();
    expect(board.settleAt).toBeUndefined();
    board.up(key('Control', 'ControlLeft'));
    expect(sent).toEqual(['kd,65507', 'ku,65507']);
  });

  test('a short Ctrl is a short Ctrl', () =>
    expect(
      run('windows', ['down', 'Control', 'ControlLeft', AT(100)], ['up', 'Control', 'ControlLeft', AT(120)]),
    ).toEqual(['kd,65507', 'ku,65507']));

  test('a Ctrl held long before AltGr stays', () =>
    expect(
      run('windows', ['down', 'Control', 'ControlLeft', AT(100)], ['down', 'AltGraph', 'AltRight', AT(500)]),
    ).toEqual(['kd,65507', 'kd,65027']));

  test('a dead key behind AltGr leaves no modifier behind', () =>
    expect(
      run(
        'windows',
        ['down', 'Control', 'ControlLeft', AT(100)],
        ['down', 'AltGraph', 'AltRight', AT(100)],
        ['down', 'Dead', 'Quote', AT(200)],
        ['up', 'Control', 'ControlLeft', AT(300)],
        ['up', 'AltGraph', 'AltRight', AT(300)],
      ),
    ).toEqual(['kd,65027', 'ku,65027']));
});

describe('macOS and iOS', () => {
  test('Command is Ctrl, and its keys never stick', () =>
    expect(
      run(
        'mac',
        ['down', 'Meta', 'MetaLeft', COMMAND],
        ['down', 'c', 'KeyC', COMMAND],
        // The release of C is never reported.
        ['up', 'Meta', 'MetaLeft'],
      ),
    ).toEqual(['kd,65507', 'kd,99', 'ku,99', 'ku,65507']));

  test('a key held with Command repeats, since nobody there knows that it is held', () =>
    expect(
      run(
        'mac',
        ['down', 'Meta', 'MetaRight', COMMAND],
        ['down', 'z', 'KeyZ', COMMAND],
        ['down', 'z', 'KeyZ', { ...COMMAND, repeat: true }],
      ),
    ).toEqual(['kd,65508', 'kd,122', 'ku,122', 'kd,122', 'ku,122']));

  test('what was held when Command came is let go, for its release may not come', () =>
    expect(run('mac', ['down', 'a', 'KeyA'], ['down', 'Meta', 'MetaLeft', COMMAND])).toEqual([
      'kd,97',
      'ku,97',
      'kd,65507',
    ]));

  test('Command and an arrow go where they go on a Mac', () =>
    expect(
      run(
        'mac',
        ['down', 'Meta', 'MetaLeft', COMMAND],
        ['down', 'ArrowLeft', 'ArrowLeft', COMMAND],
        ['down', 'ArrowDown', 'ArrowDown', COMMAND],
      ),
    ).toEqual(['kd,65507', 'ku,65507', 'kd,65360', 'ku,65360', 'kd,65507', 'kd,65367', 'ku,65367']));

  test('Option makes characters, and no Alt with them', () =>
    expect(
      run(
        'mac',
        ['down', 'Alt', 'AltLeft', OPTION],
        ['down', '@', 'KeyL', OPTION],
        ['up', '@', 'KeyL', OPTION],
        ['down', '@', 'KeyL', { ...OPTION, repeat: true }],
        ['up', 'Alt', 'AltLeft'],
      ),
    ).toEqual(['kd,64', 'ku,64', 'kd,64', 'ku,64']));

  test('Option before a dead key is no Alt either', () =>
    expect(
      run('mac', ['down', 'Alt', 'AltLeft', OPTION], ['down', 'Dead', 'KeyE', OPTION], ['up', 'Alt', 'AltLeft']),
    ).toEqual([]));

  test('Option with a key that makes no character is Alt', () =>
    expect(
      run(
        'mac',
        ['down', 'Alt', 'AltLeft', OPTION],
        ['down', 'ArrowLeft', 'ArrowLeft', OPTION],
        ['up', 'ArrowLeft', 'ArrowLeft', OPTION],
        ['up', 'Alt', 'AltLeft'],
      ),
    ).toEqual(['kd,65513', 'kd,65361', 'ku,65361', 'ku,65513']));

  test('Option alone is Alt alone, and Option and a click are Alt and a click', () => {
    expect(run('mac', ['down', 'Alt', 'AltLeft', OPTION], ['up', 'Alt', 'AltLeft'])).toEqual(['kd,65513', 'ku,65513']);
    const { keyboard: board, sent } = keyboard('mac');
    board.down(key('Alt', 'AltLeft', OPTION));
    board.settle();
    expect(sent).toEqual(['kd,65513']);
  });

  test('with Command and Option the letter counts, not what Option made of it', () =>
    expect(
      run(
        'mac',
        ['down', 'Meta', 'MetaLeft', COMMAND],
        ['down', 'Alt', 'AltLeft', { ...COMMAND, ...OPTION }],
        ['down', '¬', 'KeyL', { ...COMMAND, ...OPTION }],
        ['up', 'Alt', 'AltLeft', COMMAND],
        ['up', 'Meta', 'MetaLeft'],
      ),
    ).toEqual(['kd,65507', 'kd,65513', 'kd,108', 'ku,108', 'ku,65513', 'ku,65507']));

  test('a lost Command goes with the next key', () =>
    expect(run('mac', ['down', 'Meta', 'MetaLeft', COMMAND], ['down', 'x', 'KeyX'])).toEqual([
      'kd,65507',
      'ku,65507',
      'kd,120',
    ]));
});

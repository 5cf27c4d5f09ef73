import { describe, expect, test } from 'vitest';
import { isModifier, keysymOf, keysymOfCodePoint } from '../src/input/keysyms.ts';

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

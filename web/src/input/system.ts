/** Systems whose keyboards need to be understood in a way of their own. */
export type System = 'mac' | 'windows' | 'other';

/** The system behind `navigator.platform`. An iPad that asks for desktop pages calls itself a Mac, and is one here. */
export function systemOf(platform: string): System {
  if (/^(mac|iphone|ipad|ipod)/i.test(platform)) return 'mac';
  return /^win/i.test(platform) ? 'windows' : 'other';
}

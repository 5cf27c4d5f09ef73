/** Who a stage belongs to: whom to ask when it is slow. */
export type Owner = 'network' | 'server' | 'here';

/** From a hand's movement to the picture that shows it, in order. Each stage ends where the next begins. */
export const STAGES = [
  /** The browser had the event → its message is in the socket. */
  { name: 'hand', owner: 'here' },
  /** In the socket → the server has it. */
  { name: 'input', owner: 'network' },
  /** → the display server has it. */
  { name: 'inject', owner: 'server' },
  /** → the first change of the screen after it. */
  { name: 'app', owner: 'server' },
  /** → the changed pixels are read. */
  { name: 'capture', owner: 'server' },
  /** → the encoder begins. */
  { name: 'wait', owner: 'server' },
  /** → the encoder is done. */
  { name: 'encode', owner: 'server' },
  /** → our link takes the picture. */
  { name: 'queue', owner: 'server' },
  /** → the server's kernel has all of it. */
  { name: 'send', owner: 'server' },
  /** → its last byte is a message in the worker. */
  { name: 'network', owner: 'network' },
  /** → decoded. */
  { name: 'decode', owner: 'here' },
  /**
   * → drawn, or given to the video, and an animation frame has begun after that: the browser's compositor
   * has it. What compositor and screen take until it can be seen is known to nobody here.
   */
  { name: 'show', owner: 'here' },
] as const satisfies readonly { name: string; owner: Owner }[];

export type Stage = (typeof STAGES)[number]['name'];

/** The first so many stages are an input's, the rest are the picture's. */
export const INPUT_STAGES = 4;

/** The same in as many steps as a person wants to read. */
export const STEPS = [
  { name: 'input', stages: ['hand', 'input'] },
  { name: 'inject', stages: ['inject'] },
  { name: 'app', stages: ['app'] },
  { name: 'capture', stages: ['capture'] },
  { name: 'encode', stages: ['wait', 'encode'] },
  { name: 'send', stages: ['queue', 'send'] },
  { name: 'network', stages: ['network'] },
  { name: 'decode', stages: ['decode'] },
  { name: 'show', stages: ['show'] },
] as const satisfies readonly { name: string; stages: readonly Stage[] }[];

export type Step = (typeof STEPS)[number]['name'];

/** Whom a step belongs to; of two owners the one whose part is usually the larger. */
export function ownerOf(step: Step): Owner {
  const last = STEPS.find(({ name }) => name === step)?.stages.at(-1);
  return STAGES.find(({ name }) => name === last)?.owner ?? 'here';
}

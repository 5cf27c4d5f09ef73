// Waiting for something to be true, never for time to pass.

/** Machines that build at the same time are slow. */
export const PATIENCE = 30_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `ask` until it returns something true and returns that. An error of `ask` counts as "not yet"
 * and is told if time runs out.
 */
export async function until(what, ask, { within = PATIENCE, every = 50 } = {}) {
  const end = performance.now() + within;
  for (;;) {
    let last;
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${what} (last: ${say(last)})`);
    await pause(every);
  }
}

/** Checks that nothing changes for `ms`: the only place where time itself is what is waited for. */
export async function stays(what, ask, ms) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (!(await ask())) throw new Error(`did not stay for ${ms} ms: ${what}`);
    await pause(50);
  }
}

function say(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (text ?? 'undefined').slice(0, 600);
}

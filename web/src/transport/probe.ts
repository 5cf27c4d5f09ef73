/** What the server says of itself before anything is opened. */
export interface Status {
  readonly mode: string | undefined;
}

const TIMEOUT = 2000;

/** Asks the server how it is; nothing when it does not answer in time. */
export async function status(base: string): Promise<Status | undefined> {
  try {
    const response = await fetch(new URL('api/status', base), {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) return undefined;
    const json: unknown = await response.json();
    const mode = typeof json === 'object' && json !== null && 'current_mode' in json ? json.current_mode : undefined;
    return { mode: typeof mode === 'string' ? mode : undefined };
  } catch {
    return undefined;
  }
}

/** Why a socket did not open: is the page itself still let in? */
export async function knock(base: string): Promise<'unauthorised' | 'other'> {
  if (!(await status(base))) return 'other';
  try {
    const response = await fetch(base, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    return response.status === 401 ? 'unauthorised' : 'other';
  } catch {
    return 'other';
  }
}

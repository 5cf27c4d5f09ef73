/** What the server says of itself before anything is opened. */
export interface Status {
  readonly mode: string | undefined;
  /** Whether this page would be let in; not every server says so. */
  readonly admitted: boolean | undefined;
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
    if (typeof json !== 'object' || json === null) return { mode: undefined, admitted: undefined };
    const mode = 'current_mode' in json && typeof json.current_mode === 'string' ? json.current_mode : undefined;
    const admitted = 'admitted' in json && typeof json.admitted === 'boolean' ? json.admitted : undefined;
    return { mode, admitted };
  } catch {
    return undefined;
  }
}

/** Why a socket did not open: is the page itself still let in? */
export async function knock(base: string): Promise<'unauthorised' | 'other'> {
  const answer = await status(base);
  if (!answer) return 'other';
  // Asking for more than the status could make the browser put its question for a password over the page.
  if (answer.admitted !== undefined) return answer.admitted ? 'other' : 'unauthorised';
  try {
    const response = await fetch(base, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    return response.status === 401 ? 'unauthorised' : 'other';
  } catch {
    return 'other';
  }
}

/** Where the data socket of a role is. */
export function socketUrl(base: string, role: 'controller' | 'viewer', player?: number): string {
  const url = new URL('api/websockets', base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (role === 'viewer') url.searchParams.set('role', 'viewer');
  if (role === 'viewer' && player !== undefined) url.searchParams.set('slot', String(player));
  return url.href;
}

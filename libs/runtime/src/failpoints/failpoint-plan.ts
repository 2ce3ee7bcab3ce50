/** What a process does to itself at a named point. */
export type FailpointAction =
  { readonly kind: 'kill' | 'stop' | 'throw' } | { readonly kind: 'delay'; readonly ms: number };

export interface ArmedFailpoint {
  readonly name: string;
  readonly action: FailpointAction;
  /** Which passing of the point acts, counted from 1; null: every one. */
  readonly atHit: number | null;
}

const ENTRY = /^([a-z-]+\.[A-Za-z0-9-]+)=(kill|stop|throw|delay)(?::(\d{1,6}))?(?:@(\d{1,6}))?$/;

/**
 * Reads `deploy.E4=kill;deploy.E5=delay:200@2`: points and what happens there, separated by semicolons.
 * Throws TypeError on anything else.
 */
export function parseFailpoints(text: string): readonly ArmedFailpoint[] {
  const entries = text.split(';').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '').map(parseEntry);
}

function parseEntry(entry: string): ArmedFailpoint {
  const [, name, kind, ms, hit] = ENTRY.exec(entry) ?? [];
  if (name === undefined || (kind === 'delay') !== (ms !== undefined)) {
    throw new TypeError(
      `"${entry}" is not a failpoint: write name=kill|stop|throw|delay:<ms>[@hit]`,
    );
  }
  const atHit = hit === undefined ? null : Number(hit);
  return { name, action: actionOf(kind, Number(ms)), atHit };
}

function actionOf(kind: string | undefined, ms: number): FailpointAction {
  if (kind === 'delay') return { kind, ms };
  return { kind: kind === 'kill' || kind === 'stop' ? kind : 'throw' };
}

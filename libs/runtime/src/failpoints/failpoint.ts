import { writeSync } from 'node:fs';
import { systemClock, type Clock } from '../time/clock';

/** What a process does to itself at a named point. */
export type FailpointAction =
  | { readonly kind: 'kill' | 'stop' | 'throw' | 'hang' | 'block' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface ArmedFailpoint {
  readonly name: string;
  readonly action: FailpointAction;
  /** Which passing of the point acts, counted from 1; null: every one. */
  readonly atHit: number | null;
}

const ENTRY =
  /^([a-z-]+\.[A-Za-z0-9-]+)=(kill|stop|throw|hang|block|delay)(?::(\d{1,6}))?(?:@(\d{1,6}))?$/;

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
      `"${entry}" is not a failpoint: write name=kill|stop|throw|hang|block|delay:<ms>[@hit]`,
    );
  }
  const atHit = hit === undefined ? null : Number(hit);
  return { name, action: actionOf(kind, Number(ms)), atHit };
}

const PLAIN_ACTIONS = ['kill', 'stop', 'throw', 'hang', 'block'] as const;

function actionOf(kind: string | undefined, ms: number): FailpointAction {
  if (kind === 'delay') return { kind, ms };
  return { kind: PLAIN_ACTIONS.find((plain) => plain === kind) ?? 'throw' };
}

/** Thrown by a point that is armed with `throw`. */
export class FailpointError extends Error {
  readonly code = 'failpoint';
}

const STDOUT = 1;
const NOTHING = Promise.resolve();

let armed: readonly ArmedFailpoint[] = [];
let delays = systemClock;
const hits = new Map<string, number>();

/** From here on this process fails where it is told to. For tests. */
export function armFailpoints(plan: readonly ArmedFailpoint[], clock: Clock = systemClock): void {
  armed = plan;
  delays = clock;
  hits.clear();
}

/** A named point at which a test may kill, stop, delay or fail this process; otherwise it costs nothing. */
export function failpoint(name: string): Promise<void> {
  return armed.length === 0 ? NOTHING : pass(name);
}

async function pass(name: string): Promise<void> {
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  const due = armed.find((point) => point.name === name && (point.atHit ?? hit) === hit);
  if (due === undefined) return;
  // Written at once: the process may not live to write it later.
  writeSync(STDOUT, `${JSON.stringify({ failpoint: name, action: due.action.kind, hit })}\n`);
  await act(name, due.action);
}

async function act(name: string, action: FailpointAction): Promise<void> {
  switch (action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return delays.pause(60_000);
    case 'stop':
      process.kill(process.pid, 'SIGSTOP');
      return undefined;
    case 'delay':
      return delays.pause(action.ms);
    case 'hang':
      return new Promise(() => undefined);
    case 'block':
      for (;;);
    case 'throw':
      throw new FailpointError(`failpoint ${name}`);
  }
}

import { randomUUID } from 'node:crypto';

/** Timers and chance, so that a test can do without either. */
export interface Waits {
  /** Calls once, after so many milliseconds; gives back what calls it off. */
  after(ms: number, call: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
  /** One that nobody else has. */
  key(): string;
}

export const SYSTEM_WAITS: Waits = {
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  key: () => randomUUID(),
};

/** Resolves after the time, or as soon as the signal says so. */
export function pause(waits: Waits, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      callOff();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const callOff = waits.after(ms, end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** Runs with a signal that aborts after the time, or with any of the others. */
export async function within<T>(
  waits: Waits,
  ms: number,
  others: readonly AbortSignal[],
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const callOff = waits.after(ms, abort);
  for (const other of others) {
    other.addEventListener('abort', abort);
    if (other.aborted) abort();
  }
  try {
    return await run(limit.signal);
  } finally {
    callOff();
    others.forEach((other) => other.removeEventListener('abort', abort));
  }
}

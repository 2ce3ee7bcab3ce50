import type { CancelTimer, Clock } from '@uplift/runtime';

/** Why a call ended before its answer came. */
export class CallEndedError extends Error {
  readonly code = 'call-ended';
}

/**
 * One signal for one call: aborts after `timeoutMs` or with the caller's signal.
 * Written by hand because a composed signal stays attached to a long-lived source.
 */
export class CallDeadline {
  private readonly controller = new AbortController();
  private readonly endsAt: number;
  private readonly cancelTimer: CancelTimer;
  private readonly onAbort = () => {
    this.controller.abort(new CallEndedError('aborted by the caller'));
  };

  constructor(
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly callerSignal: AbortSignal | undefined,
  ) {
    this.endsAt = clock.monotonic() + timeoutMs;
    const onTimeout = () =>
      this.controller.abort(new CallEndedError(`no answer in ${timeoutMs} ms`));
    this.cancelTimer = clock.after(timeoutMs, onTimeout);
    if (callerSignal?.aborted === true) this.onAbort();
    else callerSignal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** True as soon as the time is over: a process that was frozen sees it before its timer has run. */
  get over(): boolean {
    return this.signal.aborted || this.clock.monotonic() >= this.endsAt;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Rejects when the call ends, whatever the work does then. */
  guard<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise<T>((resolve, reject) => {
      const end = () => reject(new CallEndedError(endOf(signal)));
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
      const settled = () => signal.removeEventListener('abort', end);
      work.then(resolve, reject).finally(settled);
    });
  }

  release(): void {
    this.cancelTimer();
    this.callerSignal?.removeEventListener('abort', this.onAbort);
  }
}

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Runs the work with one deadline over all of it. */
export async function withDeadline<T>(
  { clock, timeoutMs }: DeadlineOptions,
  signal: AbortSignal | undefined,
  work: (deadline: CallDeadline) => Promise<T>,
): Promise<T> {
  const deadline = new CallDeadline(clock, timeoutMs, signal);
  try {
    return await work(deadline);
  } finally {
    deadline.release();
  }
}

function endOf(signal: AbortSignal): string {
  return signal.reason instanceof CallEndedError ? signal.reason.message : 'aborted';
}

/** What broke, as a code or in our own words: a message may quote what was sent or received. */
export function failureText(error: unknown, otherwise: string): string {
  if (error instanceof CallEndedError) return error.message;
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded && typeof error.code === 'string' ? error.code : otherwise;
}

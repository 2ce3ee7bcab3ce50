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
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = () => {
    this.controller.abort(new CallEndedError('aborted by the caller'));
  };

  constructor(
    timeoutMs: number,
    private readonly callerSignal: AbortSignal | undefined,
  ) {
    this.endsAt = performance.now() + timeoutMs;
    const onTimeout = () =>
      this.controller.abort(new CallEndedError(`no answer in ${timeoutMs} ms`));
    this.timer = setTimeout(onTimeout, timeoutMs);
    if (callerSignal?.aborted === true) this.onAbort();
    else callerSignal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** True as soon as the time is over: a process that was frozen sees it before its timer has run. */
  get over(): boolean {
    return this.signal.aborted || performance.now() >= this.endsAt;
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
    clearTimeout(this.timer);
    this.callerSignal?.removeEventListener('abort', this.onAbort);
  }
}

function endOf(signal: AbortSignal): string {
  return signal.reason instanceof CallEndedError ? signal.reason.message : 'aborted';
}

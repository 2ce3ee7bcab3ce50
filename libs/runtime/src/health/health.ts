import { errorMessage } from '../logging/error-message';
import { redactText } from '../logging/redaction';
import type { Clock } from '../time/clock';

/** Answers `undefined` when ready, else the reason in words. A thrown error counts as a reason too. */
export type ReadinessCheck = () => Promise<string | undefined> | string | undefined;

export interface HealthReport {
  readonly ok: boolean;
  /** What is wrong, by check or loop. */
  readonly reasons: Readonly<Record<string, string>>;
  /** What works less well than it should, and is no reason to send requests elsewhere. */
  readonly degraded?: Readonly<Record<string, string>>;
}

export interface HealthOptions {
  /** A loop without a beat for this long (ms) makes the process count as dead. */
  readonly beatLimitMs?: number;
  /** Longest wait (ms) for one readiness check. */
  readonly checkTimeoutMs?: number;
}

const DEFAULT_BEAT_LIMIT_MS = 60_000;
/** Pause between two beats of a loop that waits. */
const WAIT_BEAT_MS = 1_000;

type Checks = ReadonlyMap<string, ReadinessCheck>;

/** What a process knows about itself: started, stopping, the beats of its loops, its checks. */
export class Health {
  private readonly checks = new Map<string, ReadinessCheck>();
  private readonly degradations = new Map<string, ReadinessCheck>();
  private readonly beats = new Map<string, number>();
  private readonly beatLimitMs: number;
  private readonly checkTimeoutMs: number;
  private phase: 'starting' | 'running' | 'stopping' = 'starting';

  constructor(
    private readonly clock: Clock,
    options: HealthOptions = {},
  ) {
    this.beatLimitMs = options.beatLimitMs ?? DEFAULT_BEAT_LIMIT_MS;
    this.checkTimeoutMs = options.checkTimeoutMs ?? 2_000;
  }

  addReadiness(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Told beside the readiness, which it does not change. */
  addDegradation(name: string, check: ReadinessCheck): void {
    this.degradations.set(name, check);
  }

  /**
   * Registers a loop and returns the function it calls on every turn. Whoever waits for something that may take any
   * time, such as the next event or a server that is away, beats meanwhile: see `beatWhile`.
   */
  loop(name: string): () => void {
    const beat = () => void this.beats.set(name, this.clock.monotonic());
    beat();
    return beat;
  }

  /** A loop that ended on purpose no longer has to beat. */
  endLoop(name: string): void {
    this.beats.delete(name);
  }

  /** From here on its loops have to beat. */
  markStarted(): void {
    if (this.phase !== 'starting') return;
    this.phase = 'running';
    for (const name of this.beats.keys()) this.beats.set(name, this.clock.monotonic());
  }

  markStopping(): void {
    this.phase = 'stopping';
  }

  startup(): HealthReport {
    return report(this.phase === 'starting' ? { process: 'starting' } : {});
  }

  get isStopping(): boolean {
    return this.phase === 'stopping';
  }

  /** Time in which no loop could beat: the process was stopped, or its machine slept. */
  excuse(ms: number): void {
    const now = this.clock.monotonic();
    for (const [name, at] of this.beats) this.beats.set(name, Math.min(now, at + ms));
  }

  liveness(): HealthReport {
    if (this.phase !== 'running') return report({});
    const late = [...this.beats]
      .map(([name, at]) => ({ name, age: Math.round(this.clock.monotonic() - at) }))
      .filter(({ age }) => age >= this.beatLimitMs);
    return report(Object.fromEntries(late.map(({ name, age }) => [name, `no beat for ${age} ms`])));
  }

  async readiness(): Promise<HealthReport> {
    if (this.phase === 'stopping') return report({ process: 'stopping' });
    const [reasons, degraded] = await Promise.all([
      this.answersOf(this.checks),
      this.answersOf(this.degradations),
    ]);
    if (this.phase === 'running') return report(reasons, degraded);
    return report({ process: 'starting', ...reasons }, degraded);
  }

  private async answersOf(checks: Checks): Promise<Record<string, string>> {
    const answers = await Promise.all(
      [...checks].map(async ([name, check]) => [name, await this.ask(check)] as const),
    );
    return Object.fromEntries(
      answers.flatMap(([name, words]) =>
        words === undefined ? [] : [[name, redactText(words)] as const],
      ),
    );
  }

  private async ask(check: ReadinessCheck): Promise<string | undefined> {
    const { clock, checkTimeoutMs } = this;
    const answered = new AbortController();
    const timeout = clock
      .idle(checkTimeoutMs, answered.signal)
      .then(() => `no answer within ${checkTimeoutMs} ms`);
    try {
      return await Promise.race([Promise.resolve().then(check), timeout]);
    } catch (error) {
      return errorMessage(error);
    } finally {
      answered.abort();
    }
  }
}

/** Beats for as long as a wait lasts that may last any time. Not for work: work that never ends has to be noticed. */
export async function beatWhile<T>(
  waiting: Promise<T>,
  { clock, onBeat }: { readonly clock: Clock; readonly onBeat?: () => void },
): Promise<T> {
  if (onBeat === undefined) return waiting;
  onBeat();
  const stopBeating = clock.every(WAIT_BEAT_MS, onBeat);
  try {
    return await waiting;
  } finally {
    stopBeating();
    onBeat();
  }
}

function report(
  reasons: Record<string, string>,
  degraded: Record<string, string> = {},
): HealthReport {
  const isOk = Object.keys(reasons).length === 0;
  return { ok: isOk, reasons, ...(Object.keys(degraded).length > 0 ? { degraded } : {}) };
}

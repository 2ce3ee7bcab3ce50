import type { ProcessMemory } from '../../tools/stack/src';
import { processMemory, processUsage } from '../../tools/stack/src';
import { collect, heldBytes } from './collect-on-signal';

/** What one process, with its children, has used in one minute. */
export interface ProcessMinute {
  readonly name: string;
  /** Whether it is one of Uplift's own services. */
  readonly isService: boolean;
  /** Of a service, what was left after the collection at the beginning of the minute; null where that was not told. */
  readonly heldBytes: number | null;
  /** The least that was seen. */
  readonly anonymousBytes: number;
  readonly mappedBytes: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
  readonly isService: boolean;
}

/**
 * Looks at the memory of processes many times a minute, and at their CPU time once. At the beginning of a minute the
 * services collect what they hold no more.
 */
export class ProcessSamples {
  private least = new Map<string, ProcessMemory>();
  private cpuSeconds = new Map<string, number>();
  private since = performance.now();

  constructor(
    private readonly watched: () => readonly WatchedProcess[],
    /** Where services write down what they hold. */
    private readonly folder: string,
  ) {
    this.cpuSeconds = this.cpuNow();
    this.collect();
  }

  look(): void {
    for (const { name, pid } of this.watched()) {
      const seen = processMemory(pid);
      const known = this.least.get(name);
      if (seen && (!known || seen.anonymousBytes < known.anonymousBytes))
        this.least.set(name, seen);
    }
  }

  /** What was seen since the call before; another minute begins. */
  minute(): readonly ProcessMinute[] {
    this.look();
    const seconds = (performance.now() - this.since) / 1_000;
    const cpuBefore = this.cpuSeconds;
    this.cpuSeconds = this.cpuNow();
    const minutes = this.watched().flatMap(({ name, pid, isService }) => {
      const memory = this.least.get(name);
      const used = (this.cpuSeconds.get(name) ?? 0) - (cpuBefore.get(name) ?? 0);
      const held = heldBytes(this.folder, pid) ?? null;
      const cpuPercent = (100 * used) / seconds;
      return memory ? [{ name, isService, heldBytes: held, ...memory, cpuPercent }] : [];
    });
    this.least = new Map();
    this.since = performance.now();
    this.collect();
    return minutes;
  }

  private collect(): void {
    for (const { pid, isService } of this.watched()) {
      if (isService && processUsage(pid)) collect(pid);
    }
  }

  private cpuNow(): Map<string, number> {
    return new Map(
      this.watched().map(({ name, pid }) => [name, processUsage(pid)?.cpuSeconds ?? 0] as const),
    );
  }
}

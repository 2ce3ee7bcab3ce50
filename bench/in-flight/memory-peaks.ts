import type { ProcessMemory, Stack } from '../../tools/stack/src';
import { processMemory } from '../../tools/stack/src';

const LOOK_EVERY_MS = 1_000;

/** The most that each process of a stack held, looked at every second: what is its own, and files beside. */
export class MemoryPeaks {
  private readonly peaks = new Map<string, ProcessMemory>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly stack: Stack) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  of(name: string): ProcessMemory {
    return this.peaks.get(name) ?? { anonymousBytes: NaN, mappedBytes: NaN };
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const { name, pid } of this.stack.parts) {
      const now = processMemory(pid);
      if (now !== undefined) this.peaks.set(name, most(now, this.peaks.get(name) ?? now));
    }
  }
}

function most(one: ProcessMemory, other: ProcessMemory): ProcessMemory {
  return one.anonymousBytes >= other.anonymousBytes ? one : other;
}

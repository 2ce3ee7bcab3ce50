import type { FaultName } from './faults';
import { FAULT_NAMES } from './faults';
import type { Stage } from './fleet-view';
import { STAGES } from './fleet-view';

/** How often each fault met an upgrade in each stage. */
export class Coverage {
  private readonly counts = new Map<string, number>();

  add(met: readonly (readonly [FaultName, Stage])[]): void {
    for (const [fault, stage] of met) {
      this.counts.set(keyOf(fault, stage), this.countOf(fault, stage) + 1);
    }
  }

  countOf(fault: FaultName, stage: Stage): number {
    return this.counts.get(keyOf(fault, stage)) ?? 0;
  }

  /** Where no fault has met a stage: nothing is known of that. */
  get holes(): readonly string[] {
    return FAULT_NAMES.flatMap((fault) =>
      STAGES.filter((stage) => this.countOf(fault, stage) === 0).map((stage) =>
        keyOf(fault, stage),
      ),
    );
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** One line for each fault. */
  table(): string {
    const width = Math.max(...FAULT_NAMES.map(({ length }) => length));
    const cell = (text: string | number) => String(text).padStart(13);
    const head = ''.padEnd(width) + STAGES.map(cell).join('');
    const rows = FAULT_NAMES.map((fault) => {
      const counts = STAGES.map((stage) => cell(this.countOf(fault, stage)));
      return fault.padEnd(width) + counts.join('');
    });
    return [head, ...rows].join('\n');
  }
}

function keyOf(fault: FaultName, stage: Stage): string {
  return `${fault} in ${stage}`;
}

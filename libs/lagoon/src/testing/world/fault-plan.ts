import type { Randomness } from '@uplift/runtime';

/** What goes wrong with a call; how it is answered is up to whoever answers. */
export interface Fault {
  /** What the fault waits for: a field, an operation, or `*` for every call. */
  readonly field: string;
  /** Only calls whose variables contain this text, for example a marker. */
  readonly match: string | null;
  /** Calls still to hit. */
  times: number;
  /** Share of the matching calls that are hit. */
  readonly probability: number;
  /** Whether the call is carried out all the same. */
  readonly lands: boolean;
}

export const EVERY_CALL = { field: '*', match: null, times: 1, probability: 1 } as const;

/** The faults still to come, in the order they were given. */
export class FaultPlan<F extends Fault> {
  /** While true nothing reaches Lagoon, and every call is answered 503. */
  outage = false;
  private faults: F[] = [];

  constructor(private readonly randomness: Randomness) {}

  add(fault: F): void {
    this.faults.push(fault);
  }

  clear(): void {
    this.outage = false;
    this.faults = [];
  }

  /** The fault that hits this call, used up by it; null for most calls. */
  take(fields: { has(field: string): boolean }, variables: unknown): F | null {
    if (this.faults.length === 0) return null;
    const text = JSON.stringify(variables);
    const fault = this.faults.find((candidate) => this.hits(candidate, fields, text));
    if (fault === undefined) return null;
    fault.times -= 1;
    if (fault.times <= 0) this.faults = this.faults.filter((other) => other !== fault);
    return fault;
  }

  private hits(fault: F, fields: { has(field: string): boolean }, variables: string): boolean {
    if (fault.field !== '*' && !fields.has(fault.field)) return false;
    if (fault.match !== null && !variables.includes(fault.match)) return false;
    return fault.probability >= 1 || this.randomness.fraction() < fault.probability;
  }
}

import type { Fault } from './fault';

/** The faults still to come, in the order they were given. */
export class FaultPlan {
  /** While true every call to the API is answered 503. */
  outage = false;
  private faults: Fault[] = [];

  constructor(private readonly chance: () => number) {}

  add(fault: Fault): void {
    this.faults.push(fault);
  }

  clear(): void {
    this.outage = false;
    this.faults = [];
  }

  pending(): readonly Fault[] {
    return this.faults;
  }

  /** The fault that hits this call, used up by it; null for most calls. */
  take(fields: ReadonlyMap<string, number>, variables: unknown): Fault | null {
    if (this.faults.length === 0) return null;
    const text = JSON.stringify(variables);
    const fault = this.faults.find((candidate) => this.hits(candidate, fields, text));
    if (fault === undefined) return null;
    fault.times -= 1;
    if (fault.times <= 0) this.faults = this.faults.filter((other) => other !== fault);
    return fault;
  }

  private hits(fault: Fault, fields: ReadonlyMap<string, number>, variables: string): boolean {
    if (fault.field !== '*' && !fields.has(fault.field)) return false;
    if (fault.match !== null && !variables.includes(fault.match)) return false;
    return fault.probability >= 1 || this.chance() < fault.probability;
  }
}

import type { PreparedDocument } from '../graphql/prepared-document';

export type CallOutcome =
  | 'answered'
  | 'errors'
  | 'invalid'
  | 'unauthenticated'
  | 'outage'
  | 'refused'
  | 'request-lost'
  | 'answer-lost'
  | 'gateway-timeout'
  | 'replaced';

export interface LedgerCall {
  readonly n: number;
  readonly operation: string;
  readonly fields: Readonly<Record<string, number>>;
  readonly variables: unknown;
  readonly at: string;
  readonly outcome: CallOutcome;
}

export interface LedgerPage {
  readonly total: number;
  /** Requests by operation, for example `mutation DeployLatest`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Root fields executed or asked for, aliases counted one by one. */
  readonly fields: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Names of the builds that carry each marker. */
  readonly buildsByBulkName: Readonly<Record<string, readonly string[]>>;
  readonly healthProbes: number;
  /** The latest calls, oldest first. */
  readonly calls: readonly LedgerCall[];
}

/** Every call that came in. Counts cover all of them; the calls themselves only the latest. */
export class Ledger {
  private total = 0;
  private healthProbes = 0;
  private readonly requests = new Map<string, number>();
  private readonly fields = new Map<string, number>();
  private readonly outcomes = new Map<string, number>();
  private readonly buildsByBulkName = new Map<string, string[]>();
  private readonly ring: LedgerCall[] = [];

  constructor(private readonly capacity: number) {}

  record(prepared: PreparedDocument | null, variables: unknown, outcome: CallOutcome): void {
    const operation = prepared?.label ?? 'none';
    this.total += 1;
    increase(this.requests, operation, 1);
    increase(this.outcomes, outcome, 1);
    const fields = prepared?.fields ?? new Map<string, number>();
    for (const [field, count] of fields) increase(this.fields, field, count);
    if (this.capacity === 0) return;
    const at = new Date().toISOString();
    const call = {
      n: this.total,
      operation,
      fields: Object.fromEntries(fields),
      variables,
      at,
      outcome,
    };
    this.ring[(this.total - 1) % this.capacity] = call;
  }

  recordBuild(bulkName: string | null, buildName: string): void {
    if (bulkName === null) return;
    const names = this.buildsByBulkName.get(bulkName);
    if (names === undefined) this.buildsByBulkName.set(bulkName, [buildName]);
    else names.push(buildName);
  }

  recordProbe(): void {
    this.healthProbes += 1;
  }

  /** `latest` bounds the calls on the page. */
  page(latest: number): LedgerPage {
    const byAge = [...this.ring].sort((left, right) => left.n - right.n);
    return {
      total: this.total,
      requests: Object.fromEntries(this.requests),
      fields: Object.fromEntries(this.fields),
      outcomes: Object.fromEntries(this.outcomes),
      buildsByBulkName: Object.fromEntries(this.buildsByBulkName),
      healthProbes: this.healthProbes,
      calls: latest === 0 ? [] : byAge.slice(-latest),
    };
  }

  clear(): void {
    this.total = 0;
    this.healthProbes = 0;
    this.ring.length = 0;
    for (const counts of [this.requests, this.fields, this.outcomes]) counts.clear();
    this.buildsByBulkName.clear();
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

import type { Build, Task, WorldObserver } from '@uplift/lagoon/testing';
import type { Clock } from '@uplift/runtime';
import type { PreparedDocument } from './graphql/graphql-engine';

const SECONDS_KEPT = 3600;
/** Of a time such as `2026-01-31T12:00:00.123Z`. */
const SECOND_LENGTH = 19;

/** How many requests came within each second of real time. */
export class RequestRate {
  /** The most of any second, also of those no longer kept. */
  busiest = 0;
  private readonly seconds = new Map<string, number>();

  /** `at`: an ISO time. */
  count(at: string): void {
    const second = at.slice(0, SECOND_LENGTH);
    const requests = (this.seconds.get(second) ?? 0) + 1;
    this.seconds.set(second, requests);
    this.busiest = Math.max(this.busiest, requests);
    const [oldest] = this.seconds.keys();
    if (this.seconds.size > SECONDS_KEPT && oldest !== undefined) this.seconds.delete(oldest);
  }

  bySecond(): Record<string, number> {
    return Object.fromEntries(this.seconds);
  }

  clear(): void {
    this.busiest = 0;
    this.seconds.clear();
  }
}

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
  | 'said'
  | 'partial'
  | 'truncated'
  | 'huge'
  | 'replaced';

interface LedgerCall {
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
  /** Lagoon's names of the tasks that carry each name of ours. */
  readonly tasksByName: Readonly<Record<string, readonly string[]>>;
  /** How often each build or task was asked to be cancelled. */
  readonly cancels: Readonly<Record<string, number>>;
  /** How often each variable was written, by `project/environment/NAME`, or `project//NAME`. */
  readonly variableWrites: Readonly<Record<string, number>>;
  /** Requests by second of real time, for example `2026-01-31T12:00:00`; the latest hour of them. */
  readonly requestsPerSecond: Readonly<Record<string, number>>;
  /** The most requests that came within one second. */
  readonly busiestSecond: number;
  readonly healthProbes: number;
  /** The latest calls, oldest first. */
  readonly calls: readonly LedgerCall[];
}

/** Every call that came in. Counts cover all of them; the calls themselves only the latest. */
export class Ledger implements WorldObserver {
  private total = 0;
  private healthProbes = 0;
  private readonly requests = new Map<string, number>();
  private readonly fields = new Map<string, number>();
  private readonly outcomes = new Map<string, number>();
  private readonly cancels = new Map<string, number>();
  private readonly variableWrites = new Map<string, number>();
  private readonly buildsByBulkName = new Map<string, string[]>();
  private readonly tasksByName = new Map<string, string[]>();
  private readonly rate = new RequestRate();
  private readonly ring: LedgerCall[] = [];

  constructor(
    private readonly capacity: number,
    private readonly clock: Pick<Clock, 'wall'>,
  ) {}

  record(prepared: PreparedDocument | null, variables: unknown, outcome: CallOutcome): void {
    const operation = prepared?.label ?? 'none';
    const at = new Date(this.clock.wall()).toISOString();
    this.total += 1;
    this.rate.count(at);
    increase(this.requests, operation, 1);
    increase(this.outcomes, outcome, 1);
    const fields = prepared?.fields ?? new Map<string, number>();
    for (const [field, count] of fields) increase(this.fields, field, count);
    if (this.capacity === 0) return;
    const call = { n: this.total, operation, variables, at, outcome };
    const asked = Object.fromEntries(fields);
    this.ring[(this.total - 1) % this.capacity] = { ...call, fields: asked };
  }

  onBuild({ bulkName, name }: Pick<Build, 'bulkName' | 'name'>): void {
    if (bulkName !== null) addTo(this.buildsByBulkName, bulkName, name);
  }

  onTask({ name, taskName }: Pick<Task, 'name' | 'taskName'>): void {
    addTo(this.tasksByName, name, taskName);
  }

  onCancel(name: string): void {
    increase(this.cancels, name, 1);
  }

  onVariableWrite(path: readonly (string | null | undefined)[]): void {
    increase(this.variableWrites, path.join('/'), 1);
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
      tasksByName: Object.fromEntries(this.tasksByName),
      cancels: Object.fromEntries(this.cancels),
      variableWrites: Object.fromEntries(this.variableWrites),
      requestsPerSecond: this.rate.bySecond(),
      busiestSecond: this.rate.busiest,
      healthProbes: this.healthProbes,
      calls: latest === 0 ? [] : byAge.slice(-latest),
    };
  }

  clear(): void {
    this.total = 0;
    this.healthProbes = 0;
    this.ring.length = 0;
    const counts = [this.requests, this.fields, this.outcomes, this.cancels, this.variableWrites];
    for (const one of [...counts, this.buildsByBulkName, this.tasksByName]) one.clear();
    this.rate.clear();
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function addTo(lists: Map<string, string[]>, key: string, entry: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}

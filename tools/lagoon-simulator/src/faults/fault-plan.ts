import type { CallOutcome } from '../ledger/ledger';

interface KindOfFault {
  /** Whether the call is carried out all the same, unless the fault says otherwise. */
  readonly lands: boolean;
  /** Under this the ledger counts it; null: as if nothing had been wrong. */
  readonly outcome: CallOutcome | null;
}

/** What may go wrong with a call: how it is answered. */
export const FAULT_KINDS = {
  /** 200 with an error text. */
  refuse: { lands: false, outcome: 'refused' },
  /** 200 with a text in place of each value: `success`, `Skipped: …`, `Error: …`. */
  say: { lands: false, outcome: 'said' },
  /** 401. */
  unauthenticated: { lands: false, outcome: 'unauthenticated' },
  /** Connection closed without an answer. */
  'lose-request': { lands: false, outcome: 'request-lost' },
  'lose-answer': { lands: true, outcome: 'answer-lost' },
  /** 504. */
  'gateway-timeout': { lands: true, outcome: 'gateway-timeout' },
  /** 504, and the call goes on in the server and takes place `landMs` later. */
  'land-late': { lands: true, outcome: 'gateway-timeout' },
  /** The right answer, late. */
  slow: { lands: true, outcome: null },
  /** Beside the data an error text; of several values the first is missing. */
  partial: { lands: true, outcome: 'partial' },
  /** The first half of the right answer. */
  truncate: { lands: true, outcome: 'truncated' },
  /** JSON of `bytes` bytes. */
  huge: { lands: true, outcome: 'huge' },
  /** Any status and body. */
  replace: { lands: false, outcome: 'replaced' },
} as const satisfies Record<string, KindOfFault>;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  readonly kind: FaultKind;
  /** Root field the fault waits for, for example `deployEnvironmentLatest`; `*` for every call. */
  readonly field: string;
  /** Only calls whose variables contain this text, for example a marker. */
  readonly match: string | null;
  /** Calls still to hit. */
  times: number;
  /** Share of the matching calls that are hit. */
  readonly probability: number;
  /** Whether the call is carried out; null: as its kind says. */
  readonly lands: boolean | null;
  /** Real milliseconds until a call that lands is carried out; the answer does not wait for it. */
  readonly landMs: number;
  /** Real milliseconds until the answer, or until the connection closes. */
  readonly delayMs: number;
  /** For `refuse`, `partial` and `say`: Lagoon's text. */
  readonly message: string;
  /** For `replace`. */
  readonly status: number;
  /** For `replace`: sent as it is. */
  readonly body: string;
  readonly contentType: string;
  /** For `huge`. */
  readonly bytes: number;
}

export const NEW_FAULT: Omit<Fault, 'kind'> = {
  field: '*',
  match: null,
  times: 1,
  probability: 1,
  lands: null,
  landMs: 0,
  delayMs: 0,
  message: 'Unauthorized: You don\'t have permission to "deploy:production" on "environment"',
  status: 200,
  body: '',
  contentType: 'application/json; charset=utf-8',
  bytes: 50 * 1024 * 1024,
};

const LATE_MS = 1000;

/** The fault with everything filled in that was not said. */
export function faultFrom(spec: FaultSpec): Fault {
  const landMs = spec.kind === 'land-late' ? LATE_MS : NEW_FAULT.landMs;
  return { ...NEW_FAULT, landMs, ...spec };
}

export type FaultSpec = Partial<Fault> & Pick<Fault, 'kind'>;

export function landsOf({ kind, lands }: Fault): boolean {
  return lands ?? FAULT_KINDS[kind].lands;
}

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

import type { StoredEvent } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';

/** All that a run left behind, read from the outside. Checks look at what is there. */
export interface RunHistory {
  /** All events of ours, in the order of `$all`. */
  readonly store: readonly StoredEvent[];
  /** All messages of the relay, in the order of the stream. */
  readonly bus?: readonly BusRecord[];
  readonly rows?: ReadModelRows;
  readonly ledger?: LagoonLedger;
  /** Each sending of a command, repeats too, in any order. */
  readonly client?: readonly ClientOperation[];
  /** Each time that the store was put back to an older copy of itself, in this order. */
  readonly restores?: readonly StoreRestore[];
  /** When each event was seen, by its id, in milliseconds by the clients' clock; else the store's own times count. */
  readonly seenAt?: ReadonlyMap<string, number>;
  /** How many messages the run put on the bus that the relay did not. */
  readonly forgedMessages?: number;
  /** Ids of events that the run forged: their streams are judged up to the first of them. */
  readonly forged?: ReadonlySet<string>;
}

/** One message as its headers tell. */
export interface BusRecord {
  readonly sequence: number;
  readonly epoch: string;
  /** Counts the messages of an epoch, from 1. */
  readonly ordinal: number;
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
}

export interface ReadModelRows {
  /** Position of the last event folded; null before the first. */
  readonly checkpoint: bigint | null;
  readonly instances: readonly RowRecord[];
}

export const ROW_FIELDS = [
  'status',
  'revision',
  'project',
  'environment',
  'claimed',
  'currentUpgradeId',
  'lastUpgradeId',
  'failureReason',
  'reasonClass',
] as const satisfies readonly (keyof InstanceView)[];

export type RowRecord = Pick<InstanceView, 'instanceId' | (typeof ROW_FIELDS)[number]>;

/** What Lagoon did, whatever it answered. */
export interface LagoonLedger {
  readonly builds: readonly LedgerEffect[];
  readonly tasks: readonly LedgerEffect[];
  /** Builds and tasks that it was asked to cancel, once for each asking. */
  readonly cancels: readonly string[];
}

export interface LedgerEffect {
  /** The text of ours that it carries. */
  readonly marker: string;
  /** Lagoon's own. */
  readonly name: string;
  /** When it was created, milliseconds by the clock of the store; absent where that is not known. */
  readonly at?: number;
  /** Lagoon made it beside another one for the same call. */
  readonly isCopy?: true;
}

export interface ClientOperation {
  readonly instanceId: string;
  /** Idempotency key, scoped to the instance. */
  readonly key: string;
  /** As events name their cause, if the client knows how it follows from the key. */
  readonly commandId?: string;
  readonly command: string;
  /** Milliseconds by the one clock of all clients, which never goes back. */
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly answer: ClientAnswer;
}

export type ClientAnswer =
  | {
      readonly kind: 'accepted';
      readonly upgradeId: string | null;
      readonly revision: number;
      readonly position: bigint;
    }
  /** Certainly without effect; passing if the same command may be accepted a moment later. */
  | { readonly kind: 'refused'; readonly code: string; readonly isPassing?: boolean }
  /** No answer, or one that says that the outcome is not known. */
  | { readonly kind: 'unknown'; readonly code: string };

export interface StoreRestore {
  /** Milliseconds by the clients' clock at which the older copy began to answer. */
  readonly at: number;
  /** What was behind it, in the order of `$all`. */
  readonly lost: readonly StoredEvent[];
}

export interface Limits {
  /**
   * Whether every call lands, if ever, before it counts as settled: then no proof that it did not land excuses a
   * second build.
   */
  readonly landsInTime?: boolean;
  /** Longest time without an event while an upgrade in flight names nothing that it waits for. */
  readonly silenceMs?: number;
}

/** One breach of one promise. */
export interface Finding {
  /** Its number, for example `I-01`. */
  readonly promise: string;
  readonly what: string;
  /** Instance, upgrade, marker, stream or key. */
  readonly subject: string;
}

import type { RecordFilter } from './record-filter';

export type ReadStart = number | 'start' | 'end';

export type ReadTarget =
  | { readonly kind: 'all'; readonly start: ReadStart }
  | { readonly kind: 'stream'; readonly stream: string; readonly start: ReadStart };

export interface FilterPlan {
  readonly matches: RecordFilter;
  /** Events looked at between two checkpoints. */
  readonly checkpointInterval: number;
}

/** What a client asked to read, checked. */
export interface ReadPlan {
  readonly target: ReadTarget;
  readonly isBackwards: boolean;
  /** Undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: FilterPlan | undefined;
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  readonly reportsStreamEnds: boolean;
}

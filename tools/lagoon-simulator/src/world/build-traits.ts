export type SourceType = 'API' | 'WEBHOOK';

/** What may be odd about a build; all times are simulated seconds since the call. */
export interface BuildTraits {
  /** When its row appears; `never`: the call was answered with a name, and there is no build. */
  readonly rowSeconds: number | 'never';
  /** Rows that one call makes; all but the first have a name that nobody was told. */
  readonly rows: number;
  /** When the cluster hears of it, counted from its row; `never`: it stays `new`. */
  readonly startSeconds: number | 'never';
  /** While it runs it is `queued` again for a while. */
  readonly regresses: boolean;
  /** Lagoon's word for a running build. */
  readonly runningStatus: string;
  /** Exactly how long it runs; null: the environment's `buildSeconds`, more or less. */
  readonly runSeconds: number | null;
  /** How it ends, such as `cancelled` without anybody asking; null: as the environment says. */
  readonly endStatus: string | null;
  /** When its row is deleted, counted from its row; null: never. */
  readonly vanishSeconds: number | null;
  /** A cancel is answered `success` and changes nothing. */
  readonly ignoresCancel: boolean;
  readonly buildLog: string | null;
  readonly sourceType: SourceType;
}

export const PLAIN_BUILD: BuildTraits = {
  rowSeconds: 0,
  rows: 1,
  startSeconds: 0,
  regresses: false,
  runningStatus: 'running',
  runSeconds: null,
  endStatus: null,
  vanishSeconds: null,
  ignoresCancel: false,
  buildLog: null,
  sourceType: 'API',
};

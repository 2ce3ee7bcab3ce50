/**
 * What may go wrong with a call.
 * `refuse`: an error text, nothing executed. `lose-request`: nothing executed, connection closed without an answer.
 * `lose-answer`: executed, connection closed without an answer. `gateway-timeout`: executed, answered 504.
 * `slow`: executed, answered late. `unauthenticated`: 401. `replace`: not executed, a given answer.
 */
export type FaultKind =
  | 'refuse'
  | 'lose-request'
  | 'lose-answer'
  | 'gateway-timeout'
  | 'slow'
  | 'unauthenticated'
  | 'replace';

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
  /** Real milliseconds until the answer, or until the connection closes. */
  readonly delayMs: number;
  /** For `refuse`: Lagoon's text. */
  readonly message: string;
  /** For `replace`. */
  readonly status: number;
  /** For `replace`: sent as it is. */
  readonly body: string;
}

export const NEW_FAULT: Omit<Fault, 'kind'> = {
  field: '*',
  match: null,
  times: 1,
  probability: 1,
  delayMs: 0,
  message: 'Unauthorized: You don\'t have permission to "deploy:production" on "environment"',
  status: 200,
  body: '',
};

export type ProbeOutcome = 'healthy' | 'unhealthy' | 'unresponsive';

export interface ProbeOptions {
  /** End of the whole probe, from the first look-up to the last byte. */
  readonly timeoutMs: number;
  /** Status codes that are healthy beside 2xx, for example 302. */
  readonly acceptStatuses?: readonly number[];
  /** Hosts that Lagoon returned for this environment: no other is asked. Absent: any that the rules permit. */
  readonly allowedHosts?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  /** Absent if no answer came. */
  readonly status?: number;
  readonly durationMs: number;
  /** One line for a person; never a part of the answer's body. */
  readonly detail: string;
}

/**
 * Asks an app for its health page, once.
 * Only the answer decides: no answer is `unresponsive`, an unexpected one `unhealthy`.
 * Throws TargetRefusedError for an address outside the rules, and the signal's reason when aborted.
 */
export abstract class HealthProbe {
  abstract probe(url: string, options: ProbeOptions): Promise<ProbeResult>;
  /** Why the address may not be probed, without asking anybody; null: it may be, if its name leads somewhere public. */
  abstract whyNot(url: string): string | null;
  abstract close(): Promise<void>;
}

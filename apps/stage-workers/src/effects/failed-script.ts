import type { ScriptOutcome } from './script-runner';

export type FailedScript = Extract<ScriptOutcome, { kind: 'failed' | 'cancelled' }>;

/** Why a script did not do its work, and whether a new attempt may. */
export function failedScript(outcome: FailedScript): {
  readonly detail: string;
  readonly retryable: boolean;
} {
  if (outcome.kind === 'failed') {
    return { detail: outcome.reason, retryable: outcome.retryable };
  }
  return { detail: `task ${outcome.task.taskName} was cancelled in Lagoon`, retryable: true };
}

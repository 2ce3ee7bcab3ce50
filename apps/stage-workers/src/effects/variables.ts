import type { TargetVariable, WorkOrder } from '@uplift/domain';
import type { EnvironmentVariable, Lagoon, Refused } from '@uplift/lagoon';
import { LagoonUnavailableError } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { withTimeout } from './leased-call';

export type VariablesOutcome =
  | {
      readonly kind: 'set';
      readonly written: readonly string[];
      readonly unchanged: readonly string[];
    }
  | { readonly kind: 'refused'; readonly name: string; readonly refusal: Refused }
  | { readonly kind: 'stopped' };

interface VariablesCall {
  readonly clock: Clock;
  readonly lagoon: Lagoon;
  readonly order: WorkOrder;
  /** End of one call, in ms. */
  readonly timeoutMs: number;
  /** Asked before each write: nothing is written any more for an attempt that was cancelled. */
  readonly mayGoOn: () => Promise<boolean>;
}

/**
 * Reads, compares, writes only what differs: every write leaves a pending change in Lagoon. An upsert is safe to
 * repeat, so an unclear answer is thrown, and the next turn compares again.
 */
export async function setVariables(
  { clock, lagoon, order, timeoutMs, mayGoOn }: VariablesCall,
  wanted: readonly TargetVariable[],
  signal: AbortSignal,
): Promise<VariablesOutcome> {
  const { profile, located } = order;
  const present = await lagoon.variablesOf(located?.environmentId ?? 0, signal);
  const differing = wanted.filter((variable) => !isSet(present, variable));
  for (const variable of differing) {
    const { project, environment } = profile;
    const request = { project, environment, ...variable };
    // The time runs from before the question on: a process frozen in between wakes up to an aborted call.
    const answer = await withTimeout(clock, timeoutMs, async (ending) =>
      (await mayGoOn()) ? lagoon.setVariable(request, ending) : null,
    );
    if (answer === null) return { kind: 'stopped' };
    if (answer.kind === 'accepted') continue;
    const isLasting = answer.kind === 'refused' && !answer.retryable;
    if (isLasting) return { kind: 'refused', name: variable.name, refusal: answer };
    throw new LagoonUnavailableError(`It is not known whether variable ${variable.name} was set`);
  }
  const written = differing.map(({ name }) => name);
  const unchanged = wanted.map(({ name }) => name).filter((name) => !written.includes(name));
  return { kind: 'set', written, unchanged };
}

export function areSet(
  present: readonly EnvironmentVariable[],
  wanted: readonly TargetVariable[],
): boolean {
  return wanted.every((variable) => isSet(present, variable));
}

function isSet(present: readonly EnvironmentVariable[], wanted: TargetVariable): boolean {
  return present.some(
    ({ name, value, scope }) =>
      name === wanted.name && value === wanted.value && scope === wanted.scope,
  );
}

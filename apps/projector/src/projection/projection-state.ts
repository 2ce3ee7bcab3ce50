import type { ProjectionHaltedError } from './projection-halted.error';

/** What the loop is doing, and if it is not projecting, why. */
export type ProjectionState =
  | { readonly kind: 'starting' | 'catching-up' | 'live' }
  /** Another projector writes; this one follows its checkpoint. */
  | { readonly kind: 'standby' }
  | { readonly kind: 'retrying'; readonly reason: string }
  | { readonly kind: 'halted'; readonly error: ProjectionHaltedError };

/** Undefined when the read model is kept up to date. */
export function whyNotProjecting(state: ProjectionState): string | undefined {
  if (state.kind === 'halted') return `stopped: ${state.error.message}`;
  if (state.kind === 'retrying') return `trying again: ${state.reason}`;
  return state.kind === 'starting' ? 'the checkpoint was not read yet' : undefined;
}

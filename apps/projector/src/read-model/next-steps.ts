import type { InstanceDocument } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import { allowedCommands, waitingFor } from '@uplift/domain';
import { isoTime } from './table';

export type NextSteps = Pick<InstanceDocument, 'waitingFor' | 'allowedCommands'>;
type Row = Pick<InstanceView, 'state' | 'updatedAt'>;

/** Of a history that is broken, and of an upgrade that another has followed: nothing is decided on it. */
export const NO_STEPS: NextSteps = { waitingFor: null, allowedCommands: [] };

export function waitOf({ state, updatedAt }: Row): NextSteps['waitingFor'] {
  const waiting = state && waitingFor(state);
  return waiting && { ...waiting, since: waiting.since ?? isoTime(updatedAt) };
}

export function commandsOf({ state }: Row): NextSteps['allowedCommands'] {
  return state === null ? NO_STEPS.allowedCommands : withoutStacks(() => allowedCommands(state));
}

/** What is not allowed is thrown, and nobody reads where from: without the stacks it takes half the time. */
function withoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

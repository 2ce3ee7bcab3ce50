import type { InstanceDocument } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import { allowedCommands, waitingFor } from '@uplift/domain';
import { isoTime } from './table';

/** What the last upgrade shows of its instance. */
export type StateOfInstance = Pick<
  InstanceDocument,
  'waitingFor' | 'allowedCommands' | 'unreadable'
>;

/** What every upgrade shows of its instance. */
export type ShownOfInstance = StateOfInstance &
  Pick<InstanceDocument, 'project' | 'environment' | 'core' | 'app' | 'status'>;

type Row = Pick<InstanceView, 'state' | 'updatedAt' | 'unreadable'>;

/** Of an upgrade that another has followed: nothing is decided on it. */
export const NO_STATE: StateOfInstance = {
  waitingFor: null,
  allowedCommands: [],
  unreadable: null,
};

/** Null also where the history cannot be read: it is not known. */
export function waitOf({ state, updatedAt, unreadable }: Row): StateOfInstance['waitingFor'] {
  const waiting = unreadable ? null : state && waitingFor(state);
  return waiting && { ...waiting, since: waiting.since ?? isoTime(updatedAt) };
}

/** None where the history is broken, or cannot be read. */
export function commandsOf({ state, unreadable }: Row): StateOfInstance['allowedCommands'] {
  return state === null || unreadable ? [] : withoutStacks(() => allowedCommands(state));
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

import type { Accepted, DeployAccepted, Refused, TaskAccepted } from '../lagoon.outcomes';
import { finalRefusal } from '../refusal';
import { isAddedTask, isStoredVariable } from './lagoon.answers';

const ACCEPTED: Accepted = { kind: 'accepted' };
const NO_SUCH_TASK = finalRefusal('not-found', 'there is no such task');
const BUILD_NAME = /^lagoon-(build|variables)-[0-9a-z]*$/;

export function buildIn(value: unknown): DeployAccepted | null {
  const named = typeof value === 'string' && value.length <= 100 && BUILD_NAME.test(value);
  return named ? { kind: 'accepted', buildName: value } : null;
}

export function taskIn(value: unknown): TaskAccepted | null {
  if (!isAddedTask(value)) return null;
  return { kind: 'accepted', taskId: value.id, taskName: value.taskName ?? null };
}

export function successIn(value: unknown): Accepted | null {
  return value === 'success' ? ACCEPTED : null;
}

/** A cancellation of a task that is not there is answered with nothing. */
export function taskCancellationIn(value: unknown): Accepted | Refused | null {
  return value === null ? NO_SUCH_TASK : cancellationIn(value);
}

/** What went wrong with a cancellation is a value for Lagoon, not an error. */
export function cancellationIn(value: unknown): Accepted | Refused | null {
  if (typeof value !== 'string' || !value.startsWith('Error: ')) return successIn(value);
  return finalRefusal('not-cancellable', `Lagoon answered "Error: …" (${value.length} characters)`);
}

export function variableIn(value: unknown): Accepted | null {
  return isStoredVariable(value) ? ACCEPTED : null;
}

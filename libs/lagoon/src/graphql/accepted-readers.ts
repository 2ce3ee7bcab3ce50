import type { Accepted, DeployAccepted, Refused, TaskAccepted } from '../lagoon.outcomes';
import { isAddedTask, isStoredVariable } from './lagoon.answers';

const ACCEPTED: Accepted = { kind: 'accepted' };
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

/** What went wrong with a cancellation is a value for Lagoon, not an error. */
export function cancellationIn(value: unknown): Accepted | Refused | null {
  if (typeof value !== 'string' || !value.startsWith('Error: ')) return successIn(value);
  const reason = `Lagoon answered "Error: …" (${value.length} characters)`;
  return { kind: 'refused', cause: 'not-cancellable', reason, retryable: false };
}

export function variableIn(value: unknown): Accepted | null {
  return isStoredVariable(value) ? ACCEPTED : null;
}

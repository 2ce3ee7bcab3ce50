import type { InstanceDocument } from '@uplift/contracts';
import type { KnownInstance } from '@uplift/domain';

export type NextSteps = Pick<InstanceDocument, 'waitingFor' | 'allowedCommands'>;

/** Of a history that is broken, and of an upgrade that another has followed. */
export const NO_STEPS: NextSteps = { waitingFor: null, allowedCommands: [] };

/** What holds an instance up and what may be asked for now: decided on the state its row holds. */
export function nextSteps(state: KnownInstance | null): NextSteps {
  if (state === null) return NO_STEPS;
  return { waitingFor: null, allowedCommands: [] };
}

import { toInstanceEvent } from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import type { InstanceState } from '@uplift/domain';
import { evolve, INITIAL_STATE } from '@uplift/domain';
import type { LoadedInstance } from '@uplift/event-store';
import { refusal } from '../problems/problem';
import { commandIdOf, fingerprintOf, upgradeOf } from './command-identity';
import type { CommandRequest } from './command-request';
import type { CommandOutcome, CommandResult } from './command-result';

/**
 * What this command led to when it was given before; null if it is new.
 * Throws `idempotency-key-reused` if the key stands for other content.
 */
export function earlierResult(
  request: CommandRequest,
  { events }: LoadedInstance,
): CommandResult | null {
  const commandId = commandIdOf(request.instanceId, request.caller.idempotencyKey);
  const own = events.filter(({ metadata }) => metadata.$causationId === commandId).at(-1);
  if (own === undefined) return null;
  if (own.metadata.commandFingerprint !== fingerprintOf(request)) {
    throw refusal(
      'idempotency-key-reused',
      'This Idempotency-Key was used for another command on this instance: take a new key',
      { instanceId: request.instanceId },
    );
  }
  const until = events.slice(0, own.revision + 1);
  const state = until.map(toInstanceEvent).reduce(evolve, INITIAL_STATE);
  return resultAt(request, 'repeated', own, state);
}

/** The present state answers a command whose effect holds already. */
export function unchangedResult(
  request: CommandRequest,
  { events, state }: LoadedInstance,
): CommandResult {
  const { revision = -1, position = 0n } = events.at(-1) ?? {};
  return resultAt(request, 'unchanged', { revision, position }, state);
}

export function resultAt(
  { instanceId, command }: CommandRequest,
  outcome: CommandOutcome,
  { revision, position }: Pick<StoredEvent, 'revision' | 'position'>,
  state: InstanceState,
): CommandResult {
  const upgradeId = upgradeOf(command);
  const status = state.kind === 'absent' ? 'new' : state.status;
  return { outcome, instanceId, upgradeId, revision, position, status };
}

import { Injectable } from '@nestjs/common';
import type { InstanceEvent } from '@uplift/domain';
import { decide, evolve } from '@uplift/domain';
import type { Cause, LoadedInstance } from '@uplift/event-store';
import { InstanceHistory, RevisionConflictError } from '@uplift/event-store';
import { refusal } from '../problems/problem';
import { commandIdOf, fingerprintOf, upgradeOf } from './command-identity';
import type { CommandRequest } from './command-request';
import type { CommandResult } from './command-result';
import { earlierResult, resultAt, unchangedResult } from './earlier-result';

const MOST_TRIES = 3;

/** The only writer of this service: load, fold, decide, append at the revision that was loaded. */
@Injectable()
export class InstanceCommandHandler {
  constructor(private readonly history: InstanceHistory) {}

  async handle(request: CommandRequest): Promise<CommandResult> {
    for (let n = 0; n < MOST_TRIES; n++) {
      const loaded = await this.history.load(request.instanceId);
      const known = earlierResult(request, loaded);
      if (known !== null) return known;
      assertRevision(request, loaded);
      const events = decide(request.command, loaded.state);
      if (events.length === 0) return unchangedResult(request, loaded);
      const result = await this.tryAppend(request, loaded, events);
      if (result !== null) return result;
    }
    throw refusal('revision-conflict', `Gave up after ${MOST_TRIES} tries: repeat the command`);
  }

  /** Null: somebody else appended first. */
  private async tryAppend(
    request: CommandRequest,
    { head, state }: LoadedInstance,
    events: readonly InstanceEvent[],
  ): Promise<CommandResult | null> {
    try {
      const cause = causeOf(request);
      const appended = await this.history.append(request.instanceId, head, events, cause);
      const { head: after, position } = appended;
      const place = { revision: after.revision, position };
      return resultAt(request, 'accepted', place, events.reduce(evolve, state));
    } catch (error) {
      if (error instanceof RevisionConflictError) return null;
      throw error;
    }
  }
}

function assertRevision({ caller, instanceId }: CommandRequest, { head }: LoadedInstance): void {
  const { ifRevision } = caller;
  if (ifRevision === undefined || ifRevision === head.revision) return;
  throw refusal(
    'precondition-failed',
    `The instance is at revision ${head.revision}, not at ${ifRevision}: look at it again`,
    { instanceId },
  );
}

function causeOf(request: CommandRequest): Cause {
  const { instanceId, command, caller } = request;
  const { idempotencyKey, actor, traceparent } = caller;
  return {
    causationId: commandIdOf(instanceId, idempotencyKey),
    step: command.type,
    correlationId: upgradeOf(command) ?? instanceId,
    actor,
    commandFingerprint: fingerprintOf(request),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

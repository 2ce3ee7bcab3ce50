import { Injectable } from '@nestjs/common';
import type { ProblemDetails, StoredEvent } from '@uplift/contracts';
import { ProblemError, refusal } from '@uplift/contracts';
import type { InstanceState } from '@uplift/domain';
import { evolve, INITIAL_STATE } from '@uplift/domain';
import type { Cause, LoadedInstance } from '@uplift/event-store';
import { CommandHandler, RevisionConflictError } from '@uplift/event-store';
import { Clock, Metrics } from '@uplift/runtime';
import { toProblem } from './to-problem';
import type { CommandOutcome, CommandResult } from './command-answer';
import type { CommandRequest } from './command-request';
import { commandIdOf, fingerprintOf, upgradeOf } from './command-request';

type MeasuredOutcome = CommandOutcome | 'refused' | 'unknown' | 'failed';

const MOST_TRIES = 3;

/** Takes the commands of every transport: counts and times them, refuses them with a problem document. */
@Injectable()
export class CommandService {
  private readonly total;
  private readonly duration;

  constructor(
    private readonly handler: CommandHandler,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.total = metrics.counter({
      name: 'commands_total',
      help: 'Commands by transport and outcome',
      labels: ['command', 'transport', 'outcome'],
    });
    this.duration = metrics.histogram({
      name: 'command_duration_seconds',
      help: 'From the parsed command to its answer',
      labels: ['command', 'transport'],
    });
  }

  /** Throws a ProblemError for everything that the caller is told of. */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const since = this.clock.monotonic();
    try {
      const result = await this.handle(request);
      this.measure(request, result.outcome, since);
      return result;
    } catch (error) {
      const document = toProblem(error);
      this.measure(request, outcomeOf(document), since);
      if (document.code === 'internal-error') throw error;
      throw new ProblemError({ instanceId: request.instanceId, ...document }, { cause: error });
    }
  }

  private async handle(request: CommandRequest): Promise<CommandResult> {
    const { instanceId, command } = request;
    const handled = await this.handler
      .handle(
        { instanceId, command, cause: causeOf(request) },
        { tries: MOST_TRIES, onLoad: (loaded) => earlierResult(request, loaded) },
      )
      .catch((error: unknown) => {
        if (!(error instanceof RevisionConflictError)) throw error;
        throw refusal('revision-conflict', `Gave up after ${MOST_TRIES} tries: repeat the command`);
      });
    if (handled.kind === 'answered') return handled.answer;
    const { head, position, state } = handled.instance;
    const outcome = handled.kind === 'appended' ? 'accepted' : 'unchanged';
    return resultAt(request, outcome, { revision: head.revision, position }, state);
  }

  private measure({ command, caller }: CommandRequest, outcome: MeasuredOutcome, since: number) {
    const labels = { command: command.type, transport: caller.transport };
    this.total.inc({ ...labels, outcome });
    this.duration.observe(labels, (this.clock.monotonic() - since) / 1_000);
  }
}

function outcomeOf({ code, status }: ProblemDetails): MeasuredOutcome {
  if (code === 'event-store-unavailable') return 'unknown';
  return status >= 500 ? 'failed' : 'refused';
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

/**
 * What this command led to when it was given before. Throws if its key stands for other content, or, for a new
 * command, if the instance is not at the revision that the caller expects.
 */
function earlierResult(request: CommandRequest, loaded: LoadedInstance): CommandResult | undefined {
  const { events, decoded } = loaded;
  const commandId = commandIdOf(request.instanceId, request.caller.idempotencyKey);
  const own = events.filter(({ metadata }) => metadata.$causationId === commandId).at(-1);
  if (own === undefined) {
    assertRevision(request, loaded);
    return undefined;
  }
  if (own.metadata.commandFingerprint !== fingerprintOf(request)) {
    throw refusal(
      'idempotency-key-reused',
      'This Idempotency-Key was used for another command on this instance: take a new key',
      { instanceId: request.instanceId },
    );
  }
  const state = decoded.slice(0, own.revision + 1).reduce(evolve, INITIAL_STATE);
  return resultAt(request, 'repeated', own, state);
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

function resultAt(
  { instanceId, command }: CommandRequest,
  outcome: CommandOutcome,
  { revision, position }: Pick<StoredEvent, 'revision' | 'position'>,
  state: InstanceState,
): CommandResult {
  const upgradeId = upgradeOf(command);
  const status = state.kind === 'absent' ? 'new' : state.status;
  return { outcome, instanceId, upgradeId, revision, position, status };
}

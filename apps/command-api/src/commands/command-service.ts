import { Injectable } from '@nestjs/common';
import type { StoredEvent } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import type { InstanceState, KnownInstance } from '@uplift/domain';
import { allowedCommands, evolve, INITIAL_STATE, waitingFor } from '@uplift/domain';
import type { Handled, LoadedInstance } from '@uplift/event-store';
import { CommandHandler, RevisionConflictError } from '@uplift/event-store';
import { Environments } from './environments';
import type { CommandOutcome, CommandResult } from './command-answer';
import { CommandMeter } from './command-meter';
import type { CommandRequest } from './command-request';
import { commandIdOf, upgradeOf } from './command-request';
import type { KeyedCommand } from './idempotency';
import { assertRevision, causeOf, earlierEvent, keyed, noteOf } from './idempotency';
import { RefusalRecorder } from './refusal-recorder';

export const MOST_TRIES = 3;

/** Takes the commands to instances of every transport, and refuses them with a problem document. */
@Injectable()
export class CommandService {
  constructor(
    private readonly handler: CommandHandler,
    private readonly meter: CommandMeter,
    private readonly refusals: RefusalRecorder,
    private readonly environments: Environments,
  ) {}

  /** Throws a ProblemError for everything that the caller is told of. */
  execute(request: CommandRequest): Promise<CommandResult> {
    const { instanceId, caller } = request;
    const command = keyed(request, commandIdOf(instanceId, caller.idempotencyKey));
    const seen: Seen = {};
    return this.meter.measure(
      request,
      () => this.handle(request, command, seen),
      (document) => {
        const problem = { instanceId, ...document };
        const { loaded } = seen;
        if (loaded === undefined || loaded.state.kind === 'absent' || document.status >= 500) {
          return problem;
        }
        this.refusals.record(request, problem, loaded.state);
        return { ...problem, ...nextSteps(loaded.state, loaded) };
      },
    );
  }

  private async handle(
    request: CommandRequest,
    keyedCommand: KeyedCommand,
    seen: Seen,
  ): Promise<CommandResult> {
    const { instanceId, command } = request;
    const cause = causeOf(request, keyedCommand, upgradeOf(command) ?? instanceId);
    const handled = await this.handler
      .handle<CommandResult>(
        { instanceId, command, cause },
        {
          tries: MOST_TRIES,
          onLoad: async (loaded) => {
            seen.loaded = loaded;
            const earlier = earlierResult(request, keyedCommand, loaded);
            if (earlier === undefined) await this.environments.secure(request, cause, loaded);
            return earlier;
          },
          onNothing: ({ events }) => noteOf(request, events),
        },
      )
      .catch(inWordsOfTheCaller);
    const result = handled.kind === 'answered' ? handled.answer : newResult(request, handled);
    if (seen.loaded !== undefined) {
      const { revision } = result;
      await this.environments.free(request, cause, { loaded: seen.loaded, revision });
    }
    return result;
  }
}

/** The instance as it was read last. */
interface Seen {
  loaded?: LoadedInstance;
}

function newResult(
  request: CommandRequest,
  { kind, instance }: Exclude<Handled, { kind: 'answered' }>,
): CommandResult {
  const { head, position, state } = instance;
  const outcome = kind === 'appended' ? 'accepted' : 'unchanged';
  return resultAt(request, outcome, { revision: head.revision, position }, state);
}

/** What is possible instead, by the rules that decide on the commands. */
function nextSteps(state: KnownInstance, { events }: LoadedInstance) {
  const waiting = waitingFor(state);
  const since = waiting?.since ?? events.at(-1)?.recordedAt ?? null;
  return {
    waitingFor: waiting && { ...waiting, since },
    allowedCommands: allowedCommands(state),
  };
}

export function inWordsOfTheCaller(error: unknown): never {
  if (!(error instanceof RevisionConflictError)) throw error;
  throw refusal('revision-conflict', `Gave up after ${MOST_TRIES} tries: repeat the command`);
}

/** What this command led to when it was given before. */
function earlierResult(
  request: CommandRequest,
  command: KeyedCommand,
  { events, decoded, head }: LoadedInstance,
): CommandResult | undefined {
  const own = earlierEvent(events, command);
  if (own === undefined) {
    assertRevision(request, head.revision);
    return undefined;
  }
  const state = decoded.slice(0, own.revision + 1).reduce(evolve, INITIAL_STATE);
  return resultAt(request, 'repeated', own, state);
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

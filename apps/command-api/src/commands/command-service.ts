import { Injectable } from '@nestjs/common';
import type { ProblemDetails, StoredEvent } from '@uplift/contracts';
import { problem, refusal } from '@uplift/contracts';
import type { InstanceState, KnownInstance } from '@uplift/domain';
import { allowedCommands, isLimit, waitingFor } from '@uplift/domain';
import type { Handled, LoadedInstance } from '@uplift/event-store';
import {
  CommandHandler,
  RevisionConflictError,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import { Environments } from './environments';
import type { CommandOutcome, CommandResult } from './command-answer';
import { CommandMeter } from './command-meter';
import type { CommandRequest } from './command-request';
import { commandIdOf, upgradeOf } from './command-request';
import type { KeyedCommand } from './idempotency';
import { assertRevision, causeOf, keyed, noteOf, ownEvent } from './idempotency';
import { InstanceLimits } from './instance-limits';
import { RefusalRecorder } from './refusal-recorder';

export const MOST_TRIES = 3;

/** Looks at an instance before anything is decided on it. Throws what the caller is told in place of an answer. */
type Admit = (loaded: LoadedInstance) => Promise<void>;

/** Carries out commands to instances, and refuses them with a problem document. */
@Injectable()
export class CommandExecution {
  constructor(
    private readonly handler: CommandHandler,
    private readonly meter: CommandMeter,
    private readonly refusals: RefusalRecorder,
    private readonly environments: Environments,
  ) {}

  /** Throws a ProblemError for everything that the caller is told of. */
  execute(request: CommandRequest, admit: Admit): Promise<CommandResult> {
    const { instanceId, caller } = request;
    const command = keyed(request, commandIdOf(instanceId, caller.idempotencyKey));
    const seen: Seen = { admit };
    return this.meter.measure(
      request,
      () => this.handle(request, command, seen),
      (document) => {
        const neutral = { instanceId, ...ofNobodyElse(document) };
        const shown = isLimit(caller.labels) ? neutral : { instanceId, ...document };
        const { loaded } = seen;
        if (loaded === undefined || loaded.state.kind === 'absent' || document.status >= 500) {
          return shown;
        }
        this.refusals.record(request, neutral, loaded.state);
        return { ...shown, ...nextSteps(loaded.state, loaded) };
      },
    );
  }

  /** The answer that the same command had, on an instance that is admitted; nothing is done. */
  async earlier(
    request: CommandRequest,
    isAdmitted: (loaded: LoadedInstance) => Promise<boolean>,
  ): Promise<CommandResult | undefined> {
    const { instanceId, command, caller } = request;
    const own = keyed(request, commandIdOf(instanceId, caller.idempotencyKey));
    const found = await this.handler.handle<{ readonly result?: CommandResult }>(
      { instanceId, command, cause: causeOf(request, own, instanceId) },
      {
        tries: 1,
        readsFirst: () => true,
        onLoad: async (loaded, find) => {
          const earlier = (await isAdmitted(loaded)) ? await find(own.commandId) : undefined;
          const event = earlier && ownEvent(earlier, own);
          return earlier && event
            ? { result: resultAt(request, 'repeated', event, earlier.state) }
            : {};
        },
      },
    );
    return found.kind === 'answered' ? found.answer.result : undefined;
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
          readsFirst: (known) =>
            request.fit !== undefined || this.environments.isWanted(request, known),
          ...(request.fit === undefined ? {} : { fit: request.fit }),
          onLoad: async (loaded, find) => {
            await seen.admit(loaded);
            // A key that was made here stands for nothing before the first try.
            const isNew = request.caller.isKeyless === true && seen.loaded === undefined;
            seen.loaded = loaded;
            const earlier = isNew ? undefined : await find(keyedCommand.commandId);
            const own = earlier && ownEvent(earlier, keyedCommand);
            if (earlier !== undefined && own !== undefined) {
              seen.loaded = earlier;
              return resultAt(request, 'repeated', own, earlier.state);
            }
            assertRevision(request, loaded.head.revision);
            await this.environments.secure(request, cause, loaded);
            return undefined;
          },
          onNothing: ({ memory }) => noteOf(request, memory),
        },
      )
      .catch(inWordsOfTheCaller);
    const result = handled.kind === 'answered' ? handled.answer : newResult(request, handled);
    const { loaded } = seen;
    const { status } = result;
    if (loaded !== undefined) await this.environments.free(request, cause, { loaded, status });
    return result;
  }
}

/** Takes the commands to instances of every transport, each caller's to the instances that it reaches. */
@Injectable()
export class CommandService {
  constructor(
    private readonly execution: CommandExecution,
    private readonly limits: InstanceLimits,
  ) {}

  /** The answer that the same command had on an instance that the caller reaches; else undefined. */
  async earlier(request: CommandRequest): Promise<CommandResult | undefined> {
    const { instanceId, caller } = request;
    const isAdmitted = (loaded: LoadedInstance) =>
      this.limits.coversLoaded(caller.labels, instanceId, loaded);
    return this.execution.earlier(request, isAdmitted).catch(undefinedIfUnreadable);
  }

  /** Throws a ProblemError for everything that the caller is told of. */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const { instanceId, caller } = request;
    this.limits.refuseWiderLabels(request);
    let isCovered = false;
    const admit = async (loaded: LoadedInstance) => {
      await this.limits.refuseForeign(request, loaded);
      isCovered = true;
    };
    const question = { limit: caller.labels, instanceId, isCovered: () => isCovered };
    return this.limits.hiding(question, () => this.execution.execute(request, admit));
  }
}

function undefinedIfUnreadable(error: unknown): undefined {
  if (error instanceof StreamGoneError || error instanceof UnreadableHistoryError) return;
  throw error;
}

/** Whose instance has an environment is nothing that limited callers are told, nor those who watch what is refused. */
function ofNobodyElse(document: ProblemDetails): ProblemDetails {
  if (document.code !== 'environment-taken') return document;
  return problem('environment-taken', 'The environment belongs to another instance');
}

/** The instance as it was read last; for a command that was given before as it was then. */
interface Seen {
  readonly admit: Admit;
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
function nextSteps(state: KnownInstance, { memory }: LoadedInstance) {
  const waiting = waitingFor(state);
  const since = waiting?.since ?? memory.recordedAt;
  return {
    waitingFor: waiting && { ...waiting, since },
    allowedCommands: allowedCommands(state),
  };
}

export function inWordsOfTheCaller(error: unknown): never {
  if (!(error instanceof RevisionConflictError)) throw error;
  throw refusal('revision-conflict', `Gave up after ${MOST_TRIES} tries: repeat the command`);
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

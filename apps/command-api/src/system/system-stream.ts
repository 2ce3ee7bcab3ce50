import type { StoredEvent } from '@uplift/contracts';
import type { Decider, SystemEvent } from '@uplift/domain';
import type { Loaded } from '@uplift/event-store';
import type { SystemCommandHandler } from '@uplift/event-store';
import type { CommandOutcome } from '../commands/command-answer';
import type { CommandMeter } from '../commands/command-meter';
import type { Asked } from '../commands/command-request';
import { systemCommandIdOf } from '../commands/command-request';
import { inWordsOfTheCaller, MOST_TRIES } from '../commands/command-service';
import type { KeyedCommand } from '../commands/idempotency';
import { assertRevision, causeOf, earlierEvent, keyed, noteOf } from '../commands/idempotency';

const CORRELATION = 'system';

/** Where a command led to, the first time and every other. */
export interface SystemStreamResult<State> extends Pick<StoredEvent, 'revision' | 'position'> {
  readonly outcome: CommandOutcome;
  readonly state: State;
}

/** Commands to one stream of the system, with the idempotency of every other command. */
export class SystemStream<Command extends Asked['command'], State> {
  constructor(
    private readonly decider: Decider<Command, State, SystemEvent>,
    private readonly handler: SystemCommandHandler<Command, State>,
    private readonly meter: CommandMeter,
  ) {}

  /** Throws a ProblemError for everything that the caller is told of. */
  execute(asked: Asked<Command>): Promise<SystemStreamResult<State>> {
    const caller = { ...asked.caller, isPatient: true } as const;
    return this.meter.measure({ ...asked, caller }, () => this.handle(asked));
  }

  private async handle(asked: Asked<Command>): Promise<SystemStreamResult<State>> {
    const { command, caller } = asked;
    const keyedCommand = keyed(asked, systemCommandIdOf(caller.idempotencyKey));
    const handled = await this.handler
      .handle<SystemStreamResult<State>>(
        { command, cause: causeOf(asked, keyedCommand, CORRELATION) },
        {
          tries: MOST_TRIES,
          onLoad: (loaded) => this.earlierResult(asked, keyedCommand, loaded),
          onNothing: ({ events }) => noteOf(asked, events),
        },
      )
      .catch(inWordsOfTheCaller);
    if (handled.kind === 'answered') return handled.answer;
    const { head, position, state } = handled.instance;
    const outcome = handled.kind === 'appended' ? 'accepted' : 'unchanged';
    return { outcome, state, revision: head.revision, position };
  }

  /** What this command led to when it was given before. */
  private earlierResult(
    asked: Asked<Command>,
    command: KeyedCommand,
    { events, decoded, head }: Loaded<State, SystemEvent>,
  ): SystemStreamResult<State> | undefined {
    const own = earlierEvent(events, command);
    if (own === undefined) {
      assertRevision(asked, head.revision);
      return undefined;
    }
    const { evolve, initialState } = this.decider;
    const state = decoded.slice(0, own.revision + 1).reduce(evolve, initialState);
    return { outcome: 'repeated', state, revision: own.revision, position: own.position };
  }
}

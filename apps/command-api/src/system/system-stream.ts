import type { StoredEvent } from '@uplift/contracts';
import type { SystemCommandHandler } from '@uplift/event-store';
import type { CommandOutcome } from '../commands/command-answer';
import type { CommandMeter } from '../commands/command-meter';
import type { Asked } from '../commands/command-request';
import { systemCommandIdOf } from '../commands/command-request';
import { inWordsOfTheCaller, MOST_TRIES } from '../commands/command-service';
import { assertRevision, causeOf, keyed, noteOf, ownEvent } from '../commands/idempotency';

const CORRELATION = 'system';

/** Where a command led to, the first time and every other. */
export interface SystemStreamResult<State> extends Pick<StoredEvent, 'revision' | 'position'> {
  readonly outcome: CommandOutcome;
  readonly state: State;
}

/** Commands to one stream of the system, with the idempotency of every other command. */
export class SystemStream<Command extends Asked['command'], State> {
  constructor(
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
    const keyedCommand = keyed(asked, systemCommandIdOf(caller));
    const handled = await this.handler
      .handle<SystemStreamResult<State>>(
        { command, cause: causeOf(asked, keyedCommand, CORRELATION) },
        {
          tries: MOST_TRIES,
          onLoad: async ({ head }, find) => {
            const earlier = await find(keyedCommand.commandId);
            const own = earlier && ownEvent(earlier, keyedCommand);
            if (earlier !== undefined && own !== undefined) {
              const { revision, position } = own;
              return { outcome: 'repeated', state: earlier.state, revision, position };
            }
            assertRevision(asked, head.revision);
            return undefined;
          },
          onNothing: ({ memory }) => noteOf(asked, memory),
        },
      )
      .catch(inWordsOfTheCaller);
    if (handled.kind === 'answered') return handled.answer;
    const { head, position, state } = handled.instance;
    const outcome = handled.kind === 'appended' ? 'accepted' : 'unchanged';
    return { outcome, state, revision: head.revision, position };
  }
}

import { Injectable } from '@nestjs/common';
import type { StoredEvent, SystemCommandAnswer } from '@uplift/contracts';
import type { SystemCommand, SystemCommandType, SystemEvent, SystemState } from '@uplift/domain';
import { systemDecider } from '@uplift/domain';
import type { Loaded } from '@uplift/event-store';
import { SystemCommandHandler } from '@uplift/event-store';
import type { CommandOutcome } from '../commands/command-answer';
import { CommandMeter } from '../commands/command-meter';
import type { Asked, Caller } from '../commands/command-request';
import { systemCommandIdOf } from '../commands/command-request';
import { inWordsOfTheCaller, MOST_TRIES } from '../commands/command-service';
import type { KeyedCommand } from '../commands/idempotency';
import { assertRevision, causeOf, earlierEvent, keyed, noteOf } from '../commands/idempotency';
import type { SwitchStartsDto } from './system.dto';

const CORRELATION = 'system';

export interface SystemCommandResult {
  readonly outcome: CommandOutcome;
  readonly answer: SystemCommandAnswer;
}

/** The switch of all starts, with the idempotency of every other command. */
@Injectable()
export class SystemCommands {
  constructor(
    private readonly handler: SystemCommandHandler,
    private readonly meter: CommandMeter,
  ) {}

  switchStarts(
    type: SystemCommandType,
    dto: SwitchStartsDto,
    caller: Caller,
  ): Promise<SystemCommandResult> {
    const { core = null, reason } = dto;
    const command = { type, data: { core, reason, requestedBy: caller.actor.id } };
    const asked = { command, content: { core, reason }, caller };
    return this.meter.measure(asked, () => this.handle(asked));
  }

  private async handle(asked: Asked<SystemCommand>): Promise<SystemCommandResult> {
    const { command, caller } = asked;
    const keyedCommand = keyed(asked, systemCommandIdOf(caller.idempotencyKey));
    const handled = await this.handler
      .handle<SystemCommandResult>(
        { command, cause: causeOf(asked, keyedCommand, CORRELATION) },
        {
          tries: MOST_TRIES,
          onLoad: (loaded) => earlierResult(asked, keyedCommand, loaded),
          onNothing: ({ events }) => noteOf(asked, events),
        },
      )
      .catch(inWordsOfTheCaller);
    if (handled.kind === 'answered') return handled.answer;
    const { head, position, state } = handled.instance;
    const outcome = handled.kind === 'appended' ? 'accepted' : 'unchanged';
    return resultAt(outcome, { revision: head.revision, position }, state);
  }
}

/** What this command led to when it was given before. */
function earlierResult(
  asked: Asked<SystemCommand>,
  command: KeyedCommand,
  { events, decoded, head }: Loaded<SystemState, SystemEvent>,
): SystemCommandResult | undefined {
  const own = earlierEvent(events, command);
  if (own === undefined) {
    assertRevision(asked, head.revision);
    return undefined;
  }
  const { evolve, initialState } = systemDecider;
  const state = decoded.slice(0, own.revision + 1).reduce(evolve, initialState);
  return resultAt('repeated', own, state);
}

function resultAt(
  outcome: CommandOutcome,
  { revision, position }: Pick<StoredEvent, 'revision' | 'position'>,
  { system, cores }: SystemState,
): SystemCommandResult {
  const answer = {
    revision,
    position: position.toString(),
    stopped: system !== null,
    stoppedCores: Object.keys(cores).sort(),
    links: { system: '/v1/system' },
  };
  return { outcome, answer };
}

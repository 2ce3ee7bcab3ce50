import { Injectable } from '@nestjs/common';
import type { ActorAnswer, ActorCommandAnswer, ActorNamesAnswer } from '@uplift/contracts';
import type { EraseActorCommand, ErasuresState } from '@uplift/domain';
import { ActorNameKeeper } from '../access/actor-name-keeper';
import type { CommandOutcome } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { SystemStream } from '../system/system-stream';

export interface ActorResult {
  readonly outcome: CommandOutcome;
  readonly answer: ActorCommandAnswer;
}

/** The stream of those whose names were erased. */
export class ErasureStream extends SystemStream<EraseActorCommand, ErasuresState> {}

/** Says who an actor is, as far as a name is kept, and erases names. */
@Injectable()
export class ActorCommands {
  constructor(
    private readonly erasures: ErasureStream,
    private readonly keeper: ActorNameKeeper,
  ) {}

  async show(actorId: string): Promise<ActorAnswer> {
    const isErased = await this.keeper.isErased(actorId);
    const name = isErased ? undefined : (await this.keeper.namesOf([actorId])).get(actorId);
    if (name !== undefined) return { actorId, state: 'named', name };
    return { actorId, state: isErased ? 'erased' : 'unnamed', name: null };
  }

  async list(actorIds: readonly string[]): Promise<ActorNamesAnswer> {
    const names = await this.keeper.namesOf(actorIds);
    return { items: [...names].map(([actorId, name]) => ({ actorId, name })) };
  }

  /** The event first: what the table still has after it goes by itself. */
  async erase(actorId: string, reason: string, caller: Caller): Promise<ActorResult> {
    const content = { actorId, reason };
    const data = { ...content, requestedBy: caller.actor.id };
    const command = { type: 'EraseActor', data } as const;
    const { outcome, revision, position } = await this.erasures.execute({
      ...{ command, content, caller },
    });
    const nameGone = await this.keeper.forget(actorId);
    const ledTo = { revision, position: position.toString() };
    const links = { actor: `/v1/actors/${actorId}` };
    return { outcome, answer: { actorId, nameGone, ...ledTo, links } };
  }
}

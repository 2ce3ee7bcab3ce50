import { ANYBODY } from '@uplift/access';
import { Injectable } from '@nestjs/common';
import type { AcceptStoreAnswer, ProblemCode } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import type { AcceptStoreCommand, DecisionsState } from '@uplift/domain';
import { DivergenceWatch } from '@uplift/event-store';
import type { CommandOutcome } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { ReadModel } from '../nats/read-model';
import { SystemStream } from './system-stream';
import type { AcceptStoreDto } from './system.dto';

export interface AcceptStoreResult {
  readonly outcome: CommandOutcome;
  readonly answer: AcceptStoreAnswer;
}

const ANOTHER_STORE = 'store-diverged' satisfies ProblemCode;

/** The stream of what operators decide about the store. */
export class AcceptedStores extends SystemStream<AcceptStoreCommand, DecisionsState> {}

/** An operator decides that the store as it is counts. */
@Injectable()
export class AcceptStore {
  constructor(
    private readonly decisions: AcceptedStores,
    private readonly watch: DivergenceWatch,
    private readonly readModel: ReadModel,
  ) {}

  async accept({ reason }: AcceptStoreDto, caller: Caller): Promise<AcceptStoreResult> {
    const [isReadModelOfAnotherStore] = await Promise.all([
      this.isReadModelOfAnotherStore(),
      this.watch.look(),
    ]);
    const differing = { message: this.watch.diverged, isReadModelOfAnotherStore };
    const data = { reason, requestedBy: caller.actor.id, ...differing };
    const command = { type: 'AcceptStore', data } as const;
    const { outcome, revision, position } = await this.decisions.execute({
      ...{ command, content: { reason }, caller },
    });
    const links = { system: '/v1/system' };
    return { outcome, answer: { revision, position: position.toString(), links } };
  }

  /** As far as it answers: one that is away is no reason to refuse the decision. */
  private async isReadModelOfAnotherStore(): Promise<boolean> {
    try {
      const { asOf } = await this.readModel.ask('systemStatus', {}, ANYBODY.http);
      return asOf.reason === ANOTHER_STORE;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return error.problem.code === ANOTHER_STORE;
    }
  }
}

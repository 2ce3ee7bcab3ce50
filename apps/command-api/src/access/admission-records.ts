import { Injectable } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { DenialMeter } from '@uplift/access';
import type { Denial } from '../commands/refusal-recorder';
import { RefusalRecorder } from '../commands/refusal-recorder';
import { ActorNameKeeper } from './actor-name-keeper';
import { ReadRecorder } from './read-recorder';

/** What is kept of those who came in, and of those who did not. Every method returns at once, and never throws. */
@Injectable()
export class AdmissionRecords {
  constructor(
    private readonly refusals: RefusalRecorder,
    private readonly reads: ReadRecorder,
    private readonly names: ActorNameKeeper,
    private readonly denials: DenialMeter,
  ) {}

  command(principal: Principal): void {
    this.name(principal);
  }

  audited(route: string, principal: Principal): void {
    this.reads.record(route, principal);
    this.name(principal);
  }

  /** Whatever was asked for. */
  notAdmitted(transport: 'http' | 'nats', code: string): void {
    this.denials.count(transport, code);
  }

  /** A command. Null: nobody knows who it is. */
  denied(denial: Omit<Denial, 'actor'>, principal: Principal | null): void {
    this.refusals.recordDenial({ ...denial, actor: principal?.actor ?? null });
    if (principal !== null) this.name(principal);
  }

  /** Of those alone whom an event will name. */
  private name({ actor, name }: Principal): void {
    this.names.note(actor.id, name);
  }
}

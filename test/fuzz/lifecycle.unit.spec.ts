import { isProblemCode } from '@uplift/contracts';
import type { InstanceCommand, InstanceCommandType, InstanceState } from '@uplift/domain';
import {
  decide,
  DomainError,
  evolve,
  INITIAL_STATE,
  isLegalIn,
  OPERATOR_COMMANDS,
} from '@uplift/domain';
import { EXAMPLE_COMMAND_DATA } from '@uplift/domain/testing';
import { linkEvents, NO_STREAM, verifyChain } from '@uplift/event-store';
import fc from 'fast-check';
import { fuzz } from './fuzz';
import type { Asked, Model } from './lifecycle-model';
import { ABSENT, expected, follow, isInFlight } from './lifecycle-model';

const TYPES = Object.keys(EXAMPLE_COMMAND_DATA) as InstanceCommandType[];

/** What leads on along the path, so that a run comes far. */
const ONWARDS: readonly InstanceCommandType[] = [
  ...(['RegisterInstance', 'RequestUpgrade', 'StartPreUpgrade', 'CompletePreUpgrade'] as const),
  ...(['StartUpgrade', 'AcceptDeployment', 'CompleteUpgrade', 'StartPostUpgrade'] as const),
  ...(['CompletePostUpgrade', 'VerifyHealthy'] as const),
];

interface Step {
  readonly type: InstanceCommandType;
  readonly isOfThis: boolean;
  readonly isRepair: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...OPERATOR_COMMANDS) },
    { weight: 1, arbitrary: fc.constantFrom(...TYPES) },
  ),
  isOfThis: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  isRepair: fc.boolean(),
});

/** One in two leads on from where the run is. */
const steps = fc.array(fc.tuple(step, fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 80,
  size: 'max',
});

class Run {
  state: InstanceState = INITIAL_STATE;
  model: Model = ABSENT;
  readonly events: { readonly type: string; readonly data: object }[] = [];
  private upgrades = 0;

  take({ type, isOfThis, isRepair }: Step): void {
    const command = this.commandOf({ type, isOfThis, isRepair });
    const { state: before, model } = this;
    const events = this.decided(command);
    const answer = typeof events === 'string' ? events : events.length > 0 ? 'accepted' : 'nothing';
    const speaksOfThis = (command.data as { upgradeId?: string }).upgradeId === model.upgrade;
    const asked: Asked = { type, isOfThis: speaksOfThis, isRepair };
    const allowed = expected(model, asked) ?? [answer];
    expect({ asked, model, answer, isAllowed: allowed.includes(answer) }).toMatchObject({
      isAllowed: true,
    });
    if (typeof events === 'string') return;
    for (const event of events) {
      if (this.state.kind !== 'absent') expect(isLegalIn(this.state.status, event.type)).toBe(true);
      this.state = evolve(this.state, event);
      this.model = follow(this.model, event);
      this.events.push(event);
      expect(this.model.status).toBe(this.state.status);
    }
    if (events.length === 0) expect(this.state).toBe(before);
  }

  /** The command that leads on from here, if one does. */
  onwards(): InstanceCommandType {
    const due = ONWARDS.find((type) => this.leadsOn(type));
    return due ?? 'RequestUpgrade';
  }

  private leadsOn(type: InstanceCommandType): boolean {
    const events = this.decided(this.commandOf({ type, isOfThis: true, isRepair: true }));
    return typeof events !== 'string' && events.length > 0;
  }

  private commandOf({ type, isOfThis, isRepair }: Step): InstanceCommand {
    const example = EXAMPLE_COMMAND_DATA[type] as object;
    const attempt = this.state.kind === 'upgrading' ? this.state.workOrder.attempt : 1;
    const own = { upgradeId: this.upgradeIdOf(type, isOfThis), attempt, repair: isRepair };
    const varied = Object.entries(own).filter(([name]) => name in example);
    return { type, data: { ...example, ...Object.fromEntries(varied) } } as InstanceCommand;
  }

  /** A new upgrade has an id of its own; all else speaks of this one, or of another. */
  private upgradeIdOf(type: InstanceCommandType, isOfThis: boolean): string {
    const isNew = type === 'RequestUpgrade' && !(isInFlight(this.model) && isOfThis);
    if (isNew) return `upgrade-${(this.upgrades += 1)}`;
    return isOfThis ? (this.model.upgrade ?? `upgrade-${this.upgrades}`) : 'another';
  }

  /** The code of the problem where it is refused. */
  private decided(command: InstanceCommand) {
    try {
      return decide(command, this.state);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      expect(isProblemCode(error.code)).toBe(true);
      expect(error.code).not.toBe('illegal-history');
      return error.code;
    }
  }
}

describe('the whole lifecycle', () => {
  it('answers any commands as a model of its published tables does', async () => {
    const reached = new Set<string>();
    const property = fc.property(steps, (taken) => {
      const run = new Run();
      for (const [each, way] of taken) {
        run.take(way === 0 ? each : { ...each, type: run.onwards() });
        reached.add(run.model.status);
      }
      const metadata = {
        ...{ $correlationId: 'c', $causationId: 'c', actor: { type: 'system', id: 'a' } as const },
        ...{ service: 's', schemaVersion: 1 },
      };
      const written = run.events.map((event, n) => ({ id: String(n), ...event, metadata }));
      const { events, head } = linkEvents('instance-1', NO_STREAM, written);
      expect(verifyChain(events)).toEqual({ valid: true, head });
    });
    const inputs = await fuzz({ edge: 'lifecycle', runs: 60 }, property);
    if (inputs >= 60) expect(reached.size).toBeGreaterThanOrEqual(10);
  });
});

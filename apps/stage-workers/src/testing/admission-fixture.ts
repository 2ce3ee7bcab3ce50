import type { SystemView } from '@uplift/domain';
import { ALL_STARTS_ALLOWED } from '@uplift/domain';
import type { AllTail } from '@uplift/event-store';
import { TailCheckpoints } from '@uplift/event-store';
import type { BreakerState, CoreOutage, CoreSettings } from '@uplift/lagoon';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import type { Clock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { ORDER } from './example-upgrade';
import { ACTOR } from './example-worker';
import { SkewedClock } from './fast.clock';
import { Fleet, settled } from './fleet';
import { AdmissionControl } from '../admission/admission-control';
import type { Entrant, Hold } from '../admission/candidate';
import type { Entry } from '../admission/core-queue';
import { StartsSwitch } from '../admission/starts-switch';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export type Limits = Pick<CoreSettings, 'triggersPerHour' | 'triggerBurst' | 'buildsInFlight'>;
export const never = () => new AbortController().signal;
const open: { readonly admission: AdmissionControl; readonly tail: AllTail }[] = [];

/** Ends every process. */
export async function stopAll(): Promise<void> {
  for (const { admission, tail } of open.splice(0)) {
    admission.onApplicationShutdown();
    await tail.noteFolds();
    await tail.stop();
  }
}

/** Several processes that let the same fleet in. */
export class AdmissionFixture {
  readonly fleet = new Fleet();
  readonly lagoon = new InMemoryLagoon({ clock: this.fleet.clock });
  readonly breaker: { state: BreakerState; outage: CoreOutage | null } = {
    state: 'closed',
    outage: null,
  };
  switches: SystemView = ALL_STARTS_ALLOWED;
  readonly holds: Hold[] = [];
  readonly ends: string[] = [];
  readonly requestedAt: number[] = [];
  readonly begun: string[] = [];
  readonly underWay: string[] = [];
  most = 0;
  /** What processes say about their checkpoints. */
  readonly lines: string[] = [];

  /** @param everyEvents between two checkpoints; 0: there are none */
  constructor(private readonly everyEvents = 0) {}

  /** Of a process that has read the store up to its end. */
  async admission(limits: Limits, skewMs = 0, tickMs = SECOND) {
    const { admission, start } = this.unstarted(limits, skewMs, tickMs);
    start();
    await settled();
    return admission;
  }

  unstarted(limits: Limits, skewMs = 0, tickMs = SECOND) {
    const clock = new SkewedClock(this.fleet.clock, skewMs);
    const tail = this.fleet.tail(clock, this.checkpoints(clock));
    const { breaker, lagoon } = this;
    const settings = { ...limits, platformRole: false, probeSuffixes: [] };
    const cores = new SingleLagoonCore(unguardedCore(lagoon, { name: 'eu-1', breaker, settings }));
    const starts = new StartsSwitch(
      () => Promise.resolve(this.switches),
      (core) => core,
    );
    const options = { clock, cores, starts, tickMs, onBeat: () => undefined };
    const admission = new AdmissionControl(tail, options);
    const start = () => {
      tail.start();
      admission.onApplicationBootstrap();
    };
    open.push({ admission, tail });
    return { admission, start };
  }

  private checkpoints(clock: Clock): TailCheckpoints | undefined {
    if (this.everyEvents === 0) return undefined;
    const line = (_told: object, words: string) => void this.lines.push(words);
    return new TailCheckpoints(this.fleet.store, {
      ...{ clock, randomness: new SeededRandomness(1), everyEvents: this.everyEvents },
      ...{ actor: ACTOR, service: 'stage-workers', name: 'admission' },
      logger: { info: line, warn: line } as never,
    });
  }

  join(admission: AdmissionControl, instanceId: string, changes: Partial<Entrant> = {}) {
    const openedAt = this.fleet.clock.wall();
    const entrant = { instanceId, order: ORDER, openedAt, needsRoom: true };
    return admission.join({ ...entrant, ...changes });
  }

  /** What the stages do with one instance. */
  async trigger(
    admission: AdmissionControl,
    instanceId: string,
    changes: Partial<Entrant> = {},
  ): Promise<void> {
    const entry = this.join(admission, instanceId, changes);
    try {
      const end = await this.waitAt(entry);
      if (end !== 'admitted') return void this.ends.push(end);
      this.begun.push(instanceId);
      await this.fleet.goOn(instanceId, 'PreUpgradeStarted');
      entry.started();
    } finally {
      entry.leave();
    }
    await this.fleet.goOn(instanceId, 'DeploymentRequested');
    this.requestedAt.push(this.fleet.clock.wall());
    this.underWay.push(instanceId);
    this.most = Math.max(this.most, this.underWay.length);
  }

  /** Listens to what it is told until something else is decided. */
  private async waitAt(entry: Entry): Promise<string> {
    for (let told: string | null = null; ;) {
      const decision = await entry.next(told, never());
      if (decision.kind !== 'held') return decision.kind;
      told = decision.hold.target;
      this.holds.push(decision.hold);
    }
  }

  /** Everybody has looked again and nobody else got in. */
  async quiet(count = () => this.requestedAt.length): Promise<void> {
    for (let before = -1; before !== count();) {
      before = count();
      await settled();
    }
  }

  async pass(ms: number): Promise<void> {
    await this.fleet.clock.advance(ms);
    await this.quiet();
  }

  async finish(count: number): Promise<void> {
    const done = this.underWay.splice(0, count);
    await Promise.all(done.map((id) => this.fleet.goOn(id, 'UpgradeCompleted')));
  }

  requested(count: number): Promise<string[]> {
    return this.fleet.joinMany(count, 'UpgradeRequested');
  }

  mostInAnHour(): number {
    return this.mostWithin(HOUR);
  }

  mostInASecond(): number {
    return this.mostWithin(SECOND);
  }

  private mostWithin(ms: number): number {
    const countFrom = (from: number) =>
      this.requestedAt.filter((at) => at >= from && at < from + ms).length;
    return Math.max(...this.requestedAt.map(countFrom));
  }
}

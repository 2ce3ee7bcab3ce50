import type { DeliveryOutcome, EventDelivery, Held } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream, toInstanceEvent } from '@uplift/contracts';
import type {
  InstanceEvent,
  InstanceEventType,
  LocatedEnvironment,
  SystemView,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import { ALL_STARTS_ALLOWED, markerOf } from '@uplift/domain';
import { InstanceHistory, StoreDivergedError } from '@uplift/event-store';
import { FaultyEventStore } from '@uplift/event-store/testing';
import type { BreakerState, CoreOutage } from '@uplift/lagoon';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryHealthProbe, InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { Metrics } from '@uplift/runtime';
import type { VirtualClock } from '@uplift/runtime/testing';
import { SeededRandomness } from '@uplift/runtime/testing';
import { AdmissionControl } from '../admission/admission-control';
import { StartGate } from '../admission/start-gate';
import { StartsSwitch } from '../admission/starts-switch';
import type { EffectOptions, EffectPorts } from '../effects/effect-protocol';
import { EffectProtocol } from '../effects/effect-protocol';
import { ScriptRunner } from '../effects/script-runner';
import type { Handling, Worker } from '../runner/instance-session';
import { InstanceSession } from '../runner/instance-session';
import type { StageHandler, StageTurn } from '../runner/stage-handler.port';
import type { HandOver, StageRunner } from '../runner/stage-runner';
import { ACTOR, runnerOf, workerOn } from './example-worker';
import { exampleUpgrade, ORDER, upTo } from './example-upgrade';
import { FastClock } from './fast.clock';

const START = Date.parse('2026-06-01T00:00:00.000Z');

interface OrderChanges extends Partial<Omit<WorkOrder, 'located'>> {
  /** What the pre-check saw otherwise; null: it never passed. */
  readonly located?: Partial<LocatedEnvironment> | null;
}

/** One instance on the twins, in any stage of its upgrade. */
export class StageFixture {
  readonly randomness = new SeededRandomness(1);
  readonly store: FaultyEventStore;
  readonly lagoon: InMemoryLagoon;
  private readonly breaker: { state: BreakerState; outage: CoreOutage | null } = {
    state: 'closed',
    outage: null,
  };
  readonly cores: SingleLagoonCore;
  readonly probe = new InMemoryHealthProbe();
  readonly metrics = new Metrics('stage-workers');
  readonly history: InstanceHistory;
  readonly worker: Worker;
  readonly instanceId = this.randomness.uuid();
  readonly stopping = new AbortController();
  /** Which filling of the bus messages come from. */
  epoch = 'e1';
  /** The bus holds an event that the store lacks. */
  isDiverged = false;
  readonly runner: StageRunner;
  /** What was handed to other stages ahead of the bus. */
  readonly handedOver: Parameters<HandOver>[] = [];
  /** What operators have stopped. */
  switches: SystemView = ALL_STARTS_ALLOWED;
  readonly admission: AdmissionControl;
  readonly gate: StartGate;
  readonly target: { project: string; environment: string };
  readonly marker: string;
  private opening: StoredEvent | undefined;
  private openedAt = 0;

  private constructor(
    readonly order: WorkOrder,
    readonly clock: VirtualClock,
  ) {
    const { breaker, randomness } = this;
    this.lagoon = new InMemoryLagoon({ clock });
    this.cores = new SingleLagoonCore(unguardedCore(this.lagoon, { name: 'eu-1', breaker }));
    this.store = new FaultyEventStore({ clock });
    this.history = new InstanceHistory(this.store, 'stage-workers');
    this.worker = workerOn(this.store, { clock, randomness });
    const { metrics } = this;
    const assertSameStore = () => this.assertSameStore();
    const handOver: HandOver = (...handed) => void this.handedOver.push(handed);
    const ports = { clock, randomness, metrics, assertSameStore, handOver };
    this.runner = runnerOf(this.worker, this.cores, ports);
    const starts = new StartsSwitch(
      () => Promise.resolve(this.switches),
      (core) => core,
    );
    const onBeat = () => undefined;
    this.admission = new AdmissionControl(null, { clock, cores: this.cores, starts, onBeat });
    this.gate = new StartGate(this.admission, starts, clock);
    const { project, environment } = order.profile;
    this.target = { project, environment };
    this.marker = markerOf(order);
  }

  /** The instance just after the event that opens a stage. */
  static async at(
    opening: InstanceEventType,
    { located: seen = {}, ...changes }: OrderChanges = {},
    clock: VirtualClock = new FastClock(START),
  ) {
    const fixture = new StageFixture(orderWith(changes), clock);
    const located = fixture.lagoon.script.place(fixture.target);
    const buildName = opening === 'UpgradePending' ? '' : await fixture.buildFor(opening, located);
    const { projectId, environmentId, route } = located;
    const place = seen && { projectId, environmentId, route, ...seen };
    const events = exampleUpgrade({ order: fixture.order, located: place, buildName });
    await fixture.openWith(...upTo(opening, events));
    return fixture;
  }

  /** Goes on as somebody else would; the last of these events is what the stage under test is told of. */
  async openWith(...events: InstanceEvent[]): Promise<void> {
    await this.append(...events);
    await this.openWithNewest();
  }

  async openWithNewest(): Promise<void> {
    this.opening = (await this.stored()).at(-1);
    this.openedAt = (this.opening?.revision ?? 0) + 1;
    this.lagoon.calls.length = 0;
    this.store.loads = 0;
    this.store.appends = 0;
  }

  /** Of the attempt. */
  get ids(): Pick<WorkOrder, 'upgradeId' | 'attempt'> {
    const { upgradeId, attempt } = this.order;
    return { upgradeId, attempt };
  }

  get openingEvent(): StoredEvent {
    if (this.opening === undefined) throw new TypeError('the fixture has no opening event');
    return this.opening;
  }

  /** The core counts as away. Times in ms since 1970. */
  openBreaker(since: number, cause: CoreOutage['cause'] = 'unreachable'): void {
    const outage: CoreOutage = { cause, since, noticedAt: since };
    Object.assign(this.breaker, { state: 'open', outage });
  }

  closeBreaker(): void {
    Object.assign(this.breaker, { state: 'closed', outage: null });
  }

  /** Appends as somebody else would. */
  append(...events: InstanceEvent[]): Promise<void> {
    return this.appendAs(this.history, events);
  }

  /** Others need not read what was before. */
  appendBehindSnapshot(...events: InstanceEvent[]): Promise<void> {
    const history = new InstanceHistory(this.store, 'command-api', { snapshotEvery: 1 });
    return this.appendAs(history, events);
  }

  private async appendAs(history: InstanceHistory, events: InstanceEvent[]): Promise<void> {
    const known = await history.load(this.instanceId);
    await history.streams.appendTo(instanceStream(this.instanceId), known, events, {
      causationId: this.randomness.uuid(),
      step: 'given',
      correlationId: this.order.upgradeId,
      actor: ACTOR,
    });
  }

  delivery(deliveryCount = 1, event = this.openingEvent): EventDelivery {
    return { event, deliveryCount, epoch: this.epoch, signal: this.stopping.signal };
  }

  async session(changes: Partial<Handling> = {}): Promise<InstanceSession> {
    const session = await this.opened(this.openingEvent, changes);
    if (session === null) throw new TypeError('the attempt of the opening event is over');
    return session;
  }

  opened(message: StoredEvent, changes: Partial<Handling> = {}): Promise<InstanceSession | null> {
    const handling = { turn: this.randomness.uuid(), isNew: true, ...changes };
    return InstanceSession.open(this.worker, message, handling);
  }

  /** What another worker reports. */
  async submit(command: WorkerCommand): Promise<void> {
    await (await this.session()).submit(command);
  }

  /** Another worker has seen the build end well. */
  async completeUpgrade(): Promise<void> {
    const { deployment } = await this.session();
    const buildName = deployment?.buildName ?? '';
    const times = { warnings: false, queuedMs: null, buildMs: null };
    await this.submit({ type: 'CompleteUpgrade', data: { ...this.ids, buildName, ...times } });
  }

  async turn(): Promise<StageTurn> {
    const { signal } = this.stopping;
    const message = { reopen: () => this.session({ isNew: false }) };
    return { session: await this.session(), signal, message };
  }

  /** What the stage answers the bus. */
  async handle(stage: StageHandler, given: number | EventDelivery = 1): Promise<DeliveryOutcome> {
    const delivery = typeof given === 'number' ? this.delivery(given) : given;
    return endOf(await this.runner.handle(stage, delivery), delivery.signal);
  }

  /** Events after the opening one. */
  async appended(): Promise<InstanceEvent[]> {
    return (await this.stored()).slice(this.openedAt).map(toInstanceEvent);
  }

  async types(): Promise<string[]> {
    return (await this.appended()).map(({ type }) => type);
  }

  /** Lagoon operations that change something. */
  get mutations(): string[] {
    const changing = ['deployLatest', 'deployBranch', 'addTask'];
    return this.lagoon.calls
      .map((call) => call.operation)
      .filter((name) => changing.includes(name));
  }

  private assertSameStore(): Promise<void> {
    const { epoch, isDiverged } = this;
    const lacking = { epoch, sequence: 9, eventId: this.openingEvent.id };
    return isDiverged ? Promise.reject(new StoreDivergedError(lacking)) : Promise.resolve();
  }

  private async buildFor(opening: string, { environmentId }: { environmentId: number }) {
    if (opening !== 'DeploymentAccepted') return 'lagoon-build-old';
    const request = { environmentId, bulkName: this.marker };
    const answer = await this.lagoon.deployLatest(request, new AbortController().signal);
    return answer.kind === 'accepted' ? answer.buildName : '';
  }

  private async stored(): Promise<StoredEvent[]> {
    return this.store.load(instanceStream(this.instanceId));
  }
}

/** Orders of earlier builds name an end, not a time. */
function orderWith(changes: Partial<WorkOrder>): WorkOrder {
  const { attemptMs: _time, ...old } = ORDER;
  return { ...(changes.deadlineAt === undefined ? ORDER : old), ...changes };
}

/** The outcome, also of what goes on after its handling: as the loop of a consumer has it. */
export function endOf(
  outcome: DeliveryOutcome | Held,
  stopping: AbortSignal,
): Promise<DeliveryOutcome> {
  if (outcome.kind !== 'held') return Promise.resolve(outcome);
  return new Promise((resolve) => {
    outcome.begin(resolve);
    const giveBack = () => {
      outcome.drop();
      resolve({ kind: 'retry', delayMs: 0 });
    };
    if (stopping.aborted) giveBack();
    else stopping.addEventListener('abort', giveBack, { once: true });
  });
}

export const WORKER = 'w';

/** The default lease and timeout, and waits that are over at once. */
export const QUICK_EFFECTS: EffectOptions = {
  leaseMs: 30_000,
  timeoutMs: 20_000,
  intervalMs: 1,
  notFoundGapMs: 2,
  settleWindowMs: 4,
  permissionTries: 3,
  permissionPauseMs: 1,
};

export function protocolOf(
  { clock, gate }: StageFixture,
  changes: Partial<EffectOptions> = {},
  ports: Partial<EffectPorts> = {},
): EffectProtocol {
  const all = { worker: WORKER, clock, gate, ...ports };
  return new EffectProtocol({ ...QUICK_EFFECTS, ...changes }, all);
}

export function scriptsOf(fixture: StageFixture, patienceMs = 10_000): ScriptRunner {
  const { cores, clock } = fixture;
  return new ScriptRunner(cores, protocolOf(fixture), { pollIntervalMs: 1, patienceMs }, clock);
}

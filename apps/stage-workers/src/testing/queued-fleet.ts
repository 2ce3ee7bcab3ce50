import { setMaxListeners } from 'node:events';
import type { EventDelivery } from '@uplift/bus';
import { instanceStream } from '@uplift/contracts';
import type { InstanceEvent } from '@uplift/domain';
import type { AllTail } from '@uplift/event-store';
import type { LagoonCores } from '@uplift/lagoon';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { SeededRandomness } from '@uplift/runtime/testing';
import { AdmissionControl } from '../admission/admission-control';
import { StartGate } from '../admission/start-gate';
import { StartsSwitch } from '../admission/starts-switch';
import { EffectProtocol } from '../effects/effect-protocol';
import { ScriptRunner } from '../effects/script-runner';
import type { StageRunner } from '../runner/stage-runner';
import type { StageHandler } from '../runner/stage-handler.port';
import { PreUpgradeStage } from '../stages/pre-upgrade/pre-upgrade.stage';
import type { Limits } from './admission-fixture';
import { exampleUpgrade } from './example-upgrade';
import type { Fleet } from './fleet';
import { runnerOf, workerOn } from './example-worker';
import { QUICK_EFFECTS, WORKER } from './stage-fixture';

/** One process that works on the pre-upgrades of a fleet, on a core with limits. */
export class QueuedFleet {
  private readonly lagoon: InMemoryLagoon;
  private readonly cores: LagoonCores;
  private readonly tail: AllTail;
  private readonly admission: AdmissionControl;
  private readonly runner: StageRunner;
  private readonly stage: StageHandler;
  private readonly stopping = new AbortController();
  private readonly inHand: Promise<unknown>[] = [];

  constructor(
    readonly fleet: Fleet,
    limits: Limits,
    tickMs: number,
  ) {
    setMaxListeners(0, this.stopping.signal);
    const { clock } = fleet;
    const randomness = new SeededRandomness(1);
    this.lagoon = new InMemoryLagoon({ clock });
    this.lagoon.script.place({ project: 'shop', environment: 'main' });
    const settings = { ...limits, platformRole: false, probeSuffixes: [] };
    this.cores = new SingleLagoonCore(unguardedCore(this.lagoon, { name: 'eu-1', settings }));
    this.tail = fleet.tail();
    const starts = new StartsSwitch(
      () => Promise.resolve({ system: null, cores: {} }),
      (core) => core,
    );
    const options = { clock, cores: this.cores, starts, onBeat: () => undefined, tickMs };
    this.admission = new AdmissionControl(this.tail, options);
    const worker = workerOn(fleet.store, { clock, randomness });
    this.runner = runnerOf(worker, this.cores, { clock, randomness });
    this.stage = this.preUpgradeWith(new StartGate(this.admission, starts, clock));
  }

  start(): void {
    this.tail.start();
    this.admission.onApplicationBootstrap();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    this.admission.onApplicationShutdown();
    await this.tail.stop();
    await Promise.all(this.inHand);
  }

  /** Upgrades whose pre-upgrade is over, in the order in which they began. */
  readonly begun: string[] = [];

  /** As the bus hands it out; what other stages do then takes no time. */
  async handOut(instanceId: string): Promise<void> {
    const [event] = (await this.fleet.store.load(instanceStream(instanceId))).slice(-1);
    if (event === undefined) throw new TypeError('no event');
    const delivery: EventDelivery = {
      event,
      deliveryCount: 1,
      epoch: 'e1',
      signal: this.stopping.signal,
    };
    this.inHand.push(this.runner.handle(this.stage, delivery).then(() => this.letEnd(instanceId)));
  }

  private async letEnd(instanceId: string): Promise<void> {
    const { state } = await this.fleet.history.load(instanceId);
    if (state.kind !== 'upgrading' || state.status !== 'pending-upgrade') return;
    this.begun.push(instanceId);
    const { workOrder: order } = state;
    const located = { projectId: 1, environmentId: 2, route: null };
    const events = exampleUpgrade({ order, located, buildName: 'lagoon-build-1' });
    const { upgradeId, attempt, originStatus: status } = order;
    const healthy = { upgradeId, attempt, status, probes: [] };
    await this.fleet.append(
      instanceId,
      ...events.slice(events.findIndex(({ type }) => type === 'UpgradeStarted')),
      { type: 'InstanceVerifiedHealthy', data: healthy } satisfies InstanceEvent,
    );
  }

  private preUpgradeWith(gate: StartGate): PreUpgradeStage {
    const { cores } = this;
    const { clock } = this.fleet;
    const protocol = new EffectProtocol(QUICK_EFFECTS, { worker: WORKER, clock, gate });
    const pace = { pollIntervalMs: 1, patienceMs: 1 };
    const scripts = new ScriptRunner(cores, protocol, pace, clock);
    return new PreUpgradeStage({ cores, gate, scripts }, { worker: WORKER, concurrency: 256 });
  }
}

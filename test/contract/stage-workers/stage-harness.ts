import { randomUUID } from 'node:crypto';
import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import type { InstanceEventType, WorkOrder } from '@uplift/domain';
import { bulkIdOf, markerOf } from '@uplift/domain';
import { EsdbEventStore, InstanceHistory, NO_STREAM } from '@uplift/event-store';
import {
  exampleUpgrade,
  ORDER,
  PROFILE,
  upTo,
} from '../../../apps/stage-workers/src/testing/example-upgrade';
import type { EnvironmentSpec } from '../../../tools/lagoon-simulator/src/index';
import type { ManagedProcess, ServiceName } from '../../../tools/stack/src/index';
import { Stack } from '../../../tools/stack/src/index';
import { OpenedUpgrade } from './opened-upgrade';
import { SimulatedLagoon } from './simulated-lagoon';
import { StageBus } from './stage-bus';

const QUICK = {
  UPLIFT_POLL_INTERVAL_MS: '50',
  UPLIFT_TASK_POLL_INTERVAL_MS: '20',
  UPLIFT_PROBE_INTERVAL_MS: '10',
  UPLIFT_PROBE_WINDOW_MS: '300',
  UPLIFT_CALL_TIMEOUT_MS: '2000',
  UPLIFT_RECONCILE_INTERVAL_MS: '20',
  UPLIFT_NOT_FOUND_GAP_MS: '50',
  UPLIFT_SETTLE_WINDOW_MS: '100',
  UPLIFT_PERMISSION_PAUSE_MS: '20',
  UPLIFT_WATCHDOG_INTERVAL_MS: '20',
};

export interface OpeningOptions {
  readonly order?: Partial<WorkOrder>;
  readonly traits?: Partial<EnvironmentSpec>;
}

interface HarnessProcesses {
  readonly stack: Stack;
  readonly connection: BusConnection;
  readonly store: EsdbEventStore;
  readonly process: ManagedProcess;
}

/** One stage alone, as a process, on a real bus, store and simulated Lagoon; the spec stands in for the relay. */
export class StageHarness {
  private constructor(
    private readonly parts: HarnessProcesses,
    readonly bus: StageBus,
    readonly lagoon: SimulatedLagoon,
  ) {}

  static async start(
    stage: ServiceName,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<StageHarness> {
    const stack = await Stack.start({
      infrastructure: ['nats', 'eventstore', 'lagoon'],
      services: [],
      env: { ...QUICK, ...settings },
      simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: '1000' },
    });
    const connection = await connectBus({ servers: stack.url('nats'), name: 'spec' });
    const bus = await StageBus.open(connection);
    const process = await stack.startService(stage);
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    const lagoon = new SimulatedLagoon(stack.url('lagoon'));
    return new StageHarness({ stack, connection, store, process }, bus, lagoon);
  }

  /** Places the environment in Lagoon and the history in the store; the ledger starts empty. */
  async open(
    type: InstanceEventType,
    { order: changes = {}, traits = {} }: OpeningOptions = {},
  ): Promise<OpenedUpgrade> {
    const instanceId = randomUUID();
    const profile = { ...(changes.profile ?? PROFILE), project: `app-${instanceId}` };
    const order = { ...ORDER, ...changes, upgradeId: randomUUID(), profile };
    const located = await this.lagoon.place(profile, traits);
    const isBuilding = type === 'DeploymentAccepted';
    const buildName = isBuilding
      ? await this.lagoon.build(profile, markerOf(order), bulkIdOf(order))
      : 'lagoon-build-old';
    const events = upTo(type, exampleUpgrade({ order, located, buildName }));
    const history = new InstanceHistory(this.parts.store, 'command-api');
    await history.append(instanceId, NO_STREAM, events, {
      causationId: randomUUID(),
      step: 'given',
      correlationId: order.upgradeId,
      actor: { type: 'service_account', id: 'spec' },
    });
    await this.lagoon.clearLedger();
    // A stage that is quick may have gone on already.
    const opening = (await history.load(instanceId)).events[events.length - 1];
    if (opening === undefined) throw new TypeError('the store is empty');
    return new OpenedUpgrade(instanceId, order, opening, history);
  }

  /** Puts the opening event on the bus and waits until the stage has answered for it. */
  async deliver({ opening }: OpenedUpgrade): Promise<void> {
    await this.bus.settled(await this.bus.publish(opening));
  }

  /** The value of one metric of the stage, named without its prefix; -1 if it is not there. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.parts.process.port('health')}/metrics`);
    const lines = (await answer.text()).split('\n');
    const line = lines.find((each) => each.startsWith(`uplift_${name} `));
    return line === undefined ? -1 : Number(line.split(' ').at(-1));
  }

  async killStage(): Promise<void> {
    await this.parts.process.kill();
  }

  async restartStage(): Promise<void> {
    await this.parts.process.restart();
  }

  async stop(): Promise<void> {
    const { stack, connection, store } = this.parts;
    await store.close();
    await connection.close();
    await stack.stop();
  }
}

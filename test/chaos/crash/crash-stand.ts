import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { InstanceEvent, WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import { EsdbEventStore, InstanceHistory, NO_STREAM } from '@uplift/event-store';
import {
  exampleUpgrade,
  ORDER,
  SCRIPTED,
  upTo,
} from '../../../apps/stage-workers/src/testing/example-upgrade';
import type { ManagedProcess } from '../../../tools/stack/src';
import { Stack } from '../../../tools/stack/src';
import { SimulatedLagoon } from '../../contract/stage-workers/simulated-lagoon';
import type { CrashPoint } from './crash-point';

/** Everything takes seconds: the settle window still outlasts the lease and a call together. */
const QUICK = {
  UPLIFT_ACK_WAIT_MS: '600',
  UPLIFT_CALL_LEASE_MS: '2000',
  UPLIFT_CALL_TIMEOUT_MS: '1500',
  UPLIFT_RECONCILE_INTERVAL_MS: '50',
  UPLIFT_NOT_FOUND_GAP_MS: '200',
  UPLIFT_SETTLE_WINDOW_MS: '4000',
  UPLIFT_POLL_INTERVAL_MS: '50',
  UPLIFT_TASK_POLL_INTERVAL_MS: '20',
  UPLIFT_PROBE_INTERVAL_MS: '10',
};

export interface StartedUpgrade {
  readonly instanceId: string;
  readonly order: WorkOrder;
  readonly marker: string;
}

/** Every stage as a process of its own; a strike hits another process of a stage, while its first one is down. */
export class CrashStand {
  private blows = 0;

  private constructor(
    private readonly stack: Stack,
    private readonly store: EsdbEventStore,
    readonly lagoon: SimulatedLagoon,
  ) {}

  static async start(): Promise<CrashStand> {
    const stack = await Stack.start({
      infrastructure: ['nats', 'eventstore', 'lagoon'],
      services: ['relay', 'pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'],
      env: QUICK,
      simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: '2000' },
    });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    return new CrashStand(stack, store, new SimulatedLagoon(stack.url('lagoon')));
  }

  /** Takes the place of the stage's worker, and strikes itself down when it passes the point. */
  async startVictim({ stage, failpoint }: CrashPoint, blow: string): Promise<ManagedProcess> {
    await this.stack.service(stage).stop();
    this.blows += 1;
    const [point, hit = '1'] = failpoint.split('@');
    const UPLIFT_FAILPOINTS = `${point}=${blow}@${hit}`;
    return this.stack.startService(stage, `victim-${this.blows}`, { UPLIFT_FAILPOINTS });
  }

  /** The stage's own worker is back, to find what the victim has left. */
  async startRescuer({ stage }: CrashPoint): Promise<void> {
    await this.stack.service(stage).restart();
  }

  /** An upgrade with a script before it and one after, asked for in the store itself. */
  async upgrade(): Promise<StartedUpgrade> {
    const instanceId = randomUUID();
    const profile = { ...SCRIPTED, project: `app-${instanceId}` };
    const order = { ...ORDER, upgradeId: randomUUID(), profile };
    const located = await this.lagoon.place(profile, {});
    const history = new InstanceHistory(this.store, 'command-api');
    const events = upTo('UpgradeRequested', exampleUpgrade({ order, located, buildName: '' }));
    await history.append(instanceId, NO_STREAM, events, {
      causationId: randomUUID(),
      step: 'given',
      correlationId: order.upgradeId,
      actor: { type: 'service_account', id: 'spec' },
    });
    return { instanceId, order, marker: markerOf(order) };
  }

  /** Every event fits its schema, or this throws. */
  async history({ instanceId }: StartedUpgrade): Promise<readonly InstanceEvent[]> {
    const { events } = await new InstanceHistory(this.store, 'spec').load(instanceId);
    return events.map((event: StoredEvent) => toInstanceEvent(event));
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.stack.stop();
  }
}

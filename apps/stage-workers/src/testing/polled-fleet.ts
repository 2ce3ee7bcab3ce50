import { setMaxListeners } from 'node:events';
import type { EventDelivery } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { InstanceEvent, WorkOrder } from '@uplift/domain';
import { bulkIdOf, markerOf } from '@uplift/domain';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { DeploymentPoller } from '../poller/deployment-poller';
import { PollingStage } from '../stages/polling/polling.stage';
import { exampleUpgrade, ORDER, PROFILE, upTo } from './example-upgrade';
import { LIMITS } from './build-fixture';
import { INTERVALS, MINUTE } from './poller-fixture';
import { endOf } from './stage-fixture';
import { ACTOR, runnerOf, workerOn } from './example-worker';

export interface FleetBuild {
  readonly instanceId: string;
  readonly target: { readonly project: string; readonly environment: string };
  readonly accepted: StoredEvent;
}

/** Many builds at once on one Lagoon and one store, and workers that follow them. */
export class PolledFleet {
  readonly clock = new VirtualClock();
  private readonly randomness = new SeededRandomness(1);
  readonly lagoon = new InMemoryLagoon({ clock: this.clock, randomness: this.randomness });
  private readonly cores = new SingleLagoonCore(unguardedCore(this.lagoon));
  private readonly store = new InMemoryEventStore({ clock: this.clock });
  private readonly history = new InstanceHistory(this.store, 'stage-workers');

  /** An upgrade whose build was accepted just now. */
  async accepted(waveId?: string): Promise<FleetBuild> {
    const instanceId = this.randomness.uuid();
    const profile = { ...PROFILE, project: `app-${instanceId}` };
    const wave = waveId === undefined ? {} : { waveId };
    const order = { ...ORDER, ...wave, upgradeId: this.randomness.uuid(), profile };
    const events = await this.historyOf(order);
    await this.history.append(instanceId, NO_STREAM, events, {
      causationId: instanceId,
      step: 'given',
      correlationId: order.upgradeId,
      actor: ACTOR,
    });
    const accepted = (await this.store.load(instanceStream(instanceId))).at(-1);
    if (accepted === undefined) throw new TypeError('the history is empty');
    const target = { project: profile.project, environment: profile.environment };
    return { instanceId, target, accepted };
  }

  /** A process of its own: what it follows, it forgets when it dies. */
  worker() {
    const { cores, clock, randomness, store } = this;
    const dying = new AbortController();
    setMaxListeners(0, dying.signal);
    const quiet = { batch: 50, onError: () => undefined, loopOf: () => () => undefined };
    const poller = new DeploymentPoller(cores, { ...INTERVALS, ...quiet }, { clock, randomness });
    const options = { ...LIMITS, patienceMs: 420 * MINUTE, onDuplicates: () => undefined };
    const stage = new PollingStage(cores, poller, options, clock);
    const runner = runnerOf(workerOn(store, { clock, randomness }), cores, { clock, randomness });
    return {
      follow: async ({ accepted: event }: FleetBuild, deliveryCount = 1) => {
        const delivery: EventDelivery = { event, deliveryCount, epoch: 'e1', signal: dying.signal };
        return endOf(await runner.handle(stage, delivery), dying.signal);
      },
      die: () => {
        poller.onApplicationShutdown();
        dying.abort(new Error('killed'));
      },
    };
  }

  async types({ instanceId, accepted }: FleetBuild): Promise<string[]> {
    const events = await this.store.load(instanceStream(instanceId), accepted.revision + 1);
    return events.map(({ type }) => type);
  }

  get polls(): number {
    const polling = ['deploymentsOfMany', 'deploymentsByBulkId', 'deploymentsOf'];
    return this.lagoon.calls.filter(({ operation }) => polling.includes(operation)).length;
  }

  private async historyOf(order: WorkOrder): Promise<readonly InstanceEvent[]> {
    const { project, environment } = order.profile;
    const { projectId, environmentId, route } = this.lagoon.script.place({ project, environment });
    const bulkId = bulkIdOf(order);
    const wave = bulkId === null ? {} : { bulkId };
    const request = { environmentId, bulkName: markerOf(order), ...wave };
    const answer = await this.lagoon.deployLatest(request, new AbortController().signal);
    if (answer.kind !== 'accepted') throw new TypeError('the twin refused a build');
    const { buildName } = answer;
    const located = { projectId, environmentId, route };
    return upTo('DeploymentAccepted', exampleUpgrade({ order, located, buildName }));
  }
}

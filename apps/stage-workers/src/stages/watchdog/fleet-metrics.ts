import type { ConsumerState } from '@uplift/bus';
import { CONSUMERS } from '@uplift/bus';
import { UPGRADE_STAGES } from '@uplift/domain';
import type { AllTail } from '@uplift/event-store';
import type { LagoonCores } from '@uplift/lagoon';
import type { Clock, LabelledValue, Metrics } from '@uplift/runtime';
import { knownCore } from '../../admission/core-limits';
import type { DeadlineRow } from './deadline-row';
import type { UpgradeStatistics } from './upgrade-statistics';
import type { WatchdogView } from './watchdog';

export interface FleetMetricsOptions {
  readonly tail: AllTail;
  readonly view: WatchdogView;
  readonly statistics: UpgradeStatistics;
  readonly cores: LagoonCores;
  readonly clock: Clock;
}

/** What an upgrade says it waits for; a target may name a core or a stage behind it. */
const WAITS = ['admission', 'queue', 'lagoon', 'credentials', 'switch', 'operator'] as const;
/** A core that an instance names and no setting does. */
const UNKNOWN = 'unknown';
type WaitLabel = 'wait' | 'core';

/**
 * What the store says of the whole fleet. Every watchdog shows the same, none before it has read the whole store: of
 * several, `max` is right.
 */
export class FleetMetrics {
  private isComplete = false;

  constructor(private readonly options: FleetMetricsOptions) {
    const { tail, statistics } = options;
    tail.add(statistics.listener());
    tail.add({ onBatch: () => (this.isComplete ||= tail.hasCaughtUp) });
  }

  showOn(metrics: Metrics): void {
    this.showUpgrades(metrics);
    this.showConsumers(metrics);
    this.showStatistics(metrics);
  }

  private showUpgrades(metrics: Metrics): void {
    const inFlight = {
      name: 'upgrades_in_flight',
      help: 'Upgrades not ended, by the stage that acts next',
      labels: ['stage'] as const,
    };
    metrics.gaugeBy(inFlight, () => this.byStage(this.rows));
    const overdue = {
      name: 'upgrades_overdue',
      help: 'Upgrades in flight past the deadline of their stage that nothing has settled yet',
      labels: ['stage'] as const,
    };
    metrics.gaugeBy(overdue, () => this.byStage(this.overdue));
    const builds = {
      name: 'builds_in_flight',
      help: 'Upgrades whose build or script was begun and has not ended, by Lagoon core',
      labels: ['core'] as const,
    };
    metrics.gaugeBy(builds, () => this.builds());
    const waiting = {
      name: 'upgrades_waiting',
      help: 'Upgrades that say they wait, by what for',
      labels: ['wait', 'core'] as const,
    };
    metrics.gaugeBy(waiting, () => this.waits((rows) => rows.length));
    const oldest = {
      name: 'upgrades_waiting_oldest_seconds',
      help: 'Since when the one that waits longest waits',
      labels: ['wait', 'core'] as const,
    };
    metrics.gaugeBy(oldest, () => this.waits((rows) => this.ageOf(rows.map(waitsSince))));
  }

  private showConsumers(metrics: Metrics): void {
    const gauge = (name: string, help: string, read: (state: ConsumerState) => number) =>
      metrics.gaugeBy({ name: `consumer_${name}`, help, labels: ['consumer'] }, () =>
        this.ofConsumers(read),
      );
    gauge(
      'pending_messages',
      'Messages on the bus that were never handed to a worker',
      ({ undelivered }) => undelivered,
    );
    gauge(
      'in_hand_messages',
      'Messages that were handed to a worker and not acknowledged',
      ({ inHand }) => inHand,
    );
    const oldest = {
      name: 'consumer_oldest_seconds',
      help: 'Age of the oldest event that a stage is offered and has not begun with, by the store',
      labels: ['consumer'] as const,
    };
    metrics.gaugeBy(oldest, () => this.oldestOffers());
  }

  private showStatistics(metrics: Metrics): void {
    const { statistics } = this.options;
    const ended = {
      name: 'upgrades_total',
      help: 'Upgrades that have ended, by outcome and class of the reason; a retried one counts at each end',
      labels: ['outcome', 'reason_class', 'strategy'] as const,
    };
    metrics.counterBy(ended, () => (this.isComplete ? statistics.ended : []));
    const stages = [
      ['duration', 'From the event that opened a stage to its end'],
      ['active', 'Of that, from its begin to its end'],
      ['queue', 'Of that, from the event that opened it to its begin'],
    ] as const;
    for (const [name, help] of stages) {
      const options = {
        name: `stage_${name}_seconds`,
        help,
        labels: ['stage', 'outcome'] as const,
      };
      metrics.histogramBy(options, () => (this.isComplete ? statistics[name] : null));
    }
  }

  private get rows(): readonly DeadlineRow[] {
    return this.options.view.deadlines.all;
  }

  private get overdue(): readonly DeadlineRow[] {
    const { deadlines, storeClock } = this.options.view;
    return deadlines.overdue(storeClock.now()).filter(({ waitingFor }) => waitingFor === null);
  }

  private byStage(rows: readonly DeadlineRow[]): readonly LabelledValue<'stage'>[] {
    if (!this.isComplete) return [];
    const groups = grouped(rows, ({ owner }) => owner);
    return UPGRADE_STAGES.map((stage) => [{ stage }, groups.get(stage)?.length ?? 0]);
  }

  private builds(): readonly LabelledValue<'core'>[] {
    if (!this.isComplete) return [];
    const building = this.rows.filter(({ status }) => status === 'upgrade-running');
    const groups = grouped(building, (row) => this.coreOf(row));
    const cores = new Set([...this.options.cores.names, ...groups.keys()]);
    return [...cores].map((core) => [{ core }, groups.get(core)?.length ?? 0]);
  }

  private waits(
    value: (rows: readonly DeadlineRow[]) => number,
  ): readonly LabelledValue<WaitLabel>[] {
    if (!this.isComplete) return [];
    const waiting = this.rows.filter(({ waitingFor }) => waitingFor !== null);
    return [...grouped(waiting, waitOf)].flatMap(([wait, ofWait]) =>
      [...grouped(ofWait, (row) => this.coreOf(row))].map(
        ([core, rows]) => [{ wait, core }, value(rows)] as const,
      ),
    );
  }

  private oldestOffers(): readonly LabelledValue<'consumer'>[] {
    if (!this.isComplete) return [];
    const offers = this.rows.flatMap(({ offer }) => (offer === null ? [] : [offer]));
    return CONSUMERS.map(({ durable }) => {
      const times = offers.filter((offer) => offer.durable === durable).map(({ at }) => at);
      return [{ consumer: durable }, this.ageOf(times)];
    });
  }

  /** Nothing of a consumer that the bus does not tell of in time. */
  private async ofConsumers(
    read: (state: ConsumerState) => number,
  ): Promise<readonly LabelledValue<'consumer'>[]> {
    const states = await Promise.all(
      CONSUMERS.map(async ({ durable }) => ({
        consumer: durable,
        state: await this.options.view.queues.look(durable),
      })),
    );
    return states.flatMap(({ consumer, state }) =>
      state === null ? [] : [[{ consumer }, read(state)] as const],
    );
  }

  private coreOf({ order }: DeadlineRow): string {
    return knownCore(this.options.cores, order.profile.core)?.name ?? UNKNOWN;
  }

  /** Of the oldest time; 0 if there is none. */
  private ageOf(times: readonly number[]): number {
    const { view, clock } = this.options;
    const now = view.storeClock.now() ?? clock.wall();
    const oldest = times.reduce((one, other) => Math.min(one, other), now);
    return (now - oldest) / 1_000;
  }
}

function grouped(
  rows: readonly DeadlineRow[],
  keyOf: (row: DeadlineRow) => string,
): ReadonlyMap<string, readonly DeadlineRow[]> {
  const groups = new Map<string, DeadlineRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

function waitOf({ waitingFor }: DeadlineRow): string {
  const [kind] = waitingFor?.target.split(':') ?? [];
  return WAITS.find((wait) => wait === kind) ?? 'other';
}

function waitsSince({ waitingFor, touchedAt }: DeadlineRow): number {
  return waitingFor === null ? touchedAt : Date.parse(waitingFor.since);
}

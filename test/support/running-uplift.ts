import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { EsdbEventStore } from '@uplift/event-store';
import type { StackOptions } from '../../tools/stack/src';
import { Stack } from '../../tools/stack/src';
import type { FleetInstance } from './fleet';
import { LagoonControl } from './lagoon-control';
import { StoreLog } from './store-log';
import { acknowledged, UpliftClient } from './uplift-client';
import type { Accepted } from './uplift-client';
import type { Finished } from './uplift-process';
import { runUplift } from './uplift-process';

const SHORT_WAITS = {
  UPLIFT_POLL_INTERVAL_MS: '200',
  UPLIFT_TASK_POLL_INTERVAL_MS: '100',
  UPLIFT_PROBE_INTERVAL_MS: '50',
  UPLIFT_PROBE_WINDOW_MS: '1000',
  UPLIFT_RECONCILE_INTERVAL_MS: '200',
  UPLIFT_NOT_FOUND_GAP_MS: '500',
  UPLIFT_SETTLE_WINDOW_MS: '1500',
  UPLIFT_WATCHDOG_INTERVAL_MS: '200',
  UPLIFT_CALL_TIMEOUT_MS: '5000',
};

export interface UpliftOptions extends Pick<StackOptions, 'serviceEnv' | 'services' | 'dir'> {
  /** Simulated seconds per real second: a build takes 480 simulated seconds, more or less. */
  readonly clockSpeed: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** All of Uplift as processes of its own, and a place beside each of its doors to watch from. */
export class RunningUplift {
  private constructor(
    readonly stack: Stack,
    readonly bus: BusConnection,
    readonly store: EsdbEventStore,
    readonly log: StoreLog,
  ) {}

  static async start({ clockSpeed, env, ...options }: UpliftOptions): Promise<RunningUplift> {
    const simulator = { UPLIFT_SIMULATOR_CLOCK_SPEED: String(clockSpeed) };
    const stack = await Stack.start({ ...options, simulator, env: { ...SHORT_WAITS, ...env } });
    const bus = await connectBus({ servers: stack.url('nats'), name: 'spec' });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    return new RunningUplift(stack, bus, store, new StoreLog(store));
  }

  get client(): UpliftClient {
    return new UpliftClient(this.stack.apiUrl, this.bus);
  }

  get lagoon(): LagoonControl {
    return new LagoonControl(this.stack.url('lagoon'));
  }

  /** The settings by which a command line finds this Uplift. */
  get settings(): Readonly<Record<string, string>> {
    const { UPLIFT_EVENTSTORE_URL = '', UPLIFT_POSTGRES_URL = '' } = this.stack.env;
    return { UPLIFT_API_URL: this.stack.apiUrl, UPLIFT_EVENTSTORE_URL, UPLIFT_POSTGRES_URL };
  }

  cli(...args: readonly string[]): Promise<Finished> {
    return runUplift(this.settings, ...args);
  }

  /** In Lagoon and in Uplift. */
  async place(fleet: readonly FleetInstance[]): Promise<void> {
    await this.lagoon.place(fleet);
    await acknowledged(() => this.client.registerAll(fleet));
  }

  /** Waits for the end, whatever it is, of each instance's upgrade. */
  async ended(accepted: readonly Accepted[], withinMs?: number): Promise<void> {
    const ids = accepted.map(({ instanceId }) => instanceId);
    const isRequested = () => this.log.count('UpgradeRequested', ids) === ids.length;
    await this.log.until(
      () => isRequested() && this.log.inFlight(ids).length === 0,
      () =>
        `end of ${this.log
          .inFlight(ids)
          .map((id) => this.describe(id))
          .join('\n')}`,
      withinMs,
    );
  }

  /** Waits until the read model shows the newest event of the store. */
  async readModelCaughtUp(): Promise<void> {
    const newest = (await this.store.lastPosition()) ?? 0n;
    await this.client.ask(QUERY_SUBJECTS.instanceStats, { minPosition: newest.toString() });
  }

  async stop(): Promise<void> {
    await this.log.close();
    await Promise.all([this.bus.close(), this.store.close()]);
    await this.stack.stop();
  }

  private describe(instanceId: string): string {
    return `${instanceId}: ${this.log.typesOf(instanceId).join(' → ')}`;
  }
}

/** One Uplift for every suite of a spec file; call it within `describe`, and what it returns within a test. */
export function upliftForAll(options: UpliftOptions): () => RunningUplift {
  let uplift: RunningUplift | undefined;
  beforeAll(async () => {
    uplift = await RunningUplift.start(options);
  });
  afterAll(() => uplift?.stop());
  return () => {
    if (uplift === undefined) throw new Error('Uplift has not started');
    return uplift;
  };
}

import { randomUUID } from 'node:crypto';
import type { HttpFollowOptions, UpliftClient } from '@uplift/client';
import { overHttp } from '@uplift/client';
import type { RegisterInstanceInput } from '@uplift/contracts';
import { SimulatorClient } from '../../lagoon-simulator/src';
import type { InfrastructureName, ServiceName } from '../../stack/src';
import { mintRootToken, QUICK_STEPS, SERVICE_NAMES, Stack } from '../../stack/src';
import type { StateName, WayIntoState } from './states';
import { STATES } from './states';

export interface UpliftOptions {
  /** Which services run, each as a process; all if absent. The servers that they need are started with them. */
  readonly services?: readonly ServiceName[];
  /** Settings of the services, `UPLIFT_…`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Simulated seconds of Lagoon per second; 600 if absent. A build takes 480 simulated seconds, more or less. */
  readonly lagoonSpeed?: number;
  /** `open`, if absent: whoever asks may do everything. `token`: who asks has to show `token`. */
  readonly access?: 'open' | 'token';
}

/** An instance that a test has asked for. */
export interface GivenInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly environment: string;
  /** Of its upgrade, if the state has one. */
  readonly upgradeId: string | undefined;
  /** Of the event that brought it into the state. */
  readonly position: string;
}

const LAGOON_SPEED = 600;
const REACHED_WITHIN_MS = 120_000;
/** What takes an instance into any state. */
const FOR_STATES: readonly ServiceName[] = ['command-api', 'relay', 'stages'];
const STAGES: readonly ServiceName[] = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'];

/** Starts services of Uplift, and what they stand on, from a test. Everything ends with the process, or by `stop()`. */
export async function startUplift(options: UpliftOptions = {}): Promise<UpliftUnderTest> {
  const { services = SERVICE_NAMES, settings, lagoonSpeed = LAGOON_SPEED, access } = options;
  const root = access === 'token' ? mintRootToken() : undefined;
  const infrastructure: InfrastructureName[] = ['eventstore', 'nats', 'lagoon'];
  if (services.includes('projector')) infrastructure.push('postgres');
  const stack = await Stack.start({
    ...{ services, infrastructure },
    simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: String(lagoonSpeed) },
    env: { ...QUICK_STEPS, ...root?.env, ...settings },
  });
  return new UpliftUnderTest(stack, services, root?.token);
}

/** Uplift, or a part of it, as a test sees it. */
export class UpliftUnderTest {
  /** The simulated Lagoon: places environments, lets builds fail, moves its time on. */
  readonly lagoon: SimulatorClient;
  private readonly running: Set<ServiceName>;
  private last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(
    private readonly stack: Stack,
    services: readonly ServiceName[],
    /** What opens the API, if it is not open. */
    readonly token: string | undefined,
  ) {
    this.running = new Set(services);
    this.lagoon = new SimulatorClient(stack.url('lagoon'));
  }

  /** Where the command API is. */
  get apiUrl(): string {
    return this.stack.apiUrl;
  }

  /** Where the bus is, with a user that may do everything. */
  get natsUrl(): string {
    return this.stack.url('nats');
  }

  /** The settings by which a process of Uplift, as its command line, finds all this. */
  get settings(): Readonly<Record<string, string>> {
    const api = this.running.has('command-api') ? { UPLIFT_API_URL: this.apiUrl } : {};
    return { ...this.stack.env, ...api, ...(this.token ? { UPLIFT_TOKEN: this.token } : {}) };
  }

  /** A client of the command API. */
  get client(): UpliftClient<HttpFollowOptions> {
    const { apiUrl: url, token } = this;
    return overHttp(token === undefined ? { url } : { url, token });
  }

  /** Where the logs of the services lie, until all is stopped. */
  get logs(): string {
    return `${this.stack.dir}/logs`;
  }

  /**
   * Brings a new instance into a state, by what leads there in earnest: services that it takes and that do not run are
   * started for it and stopped again. What is not said of the instance is chosen.
   */
  given(state: StateName, about: Partial<RegisterInstanceInput> = {}): Promise<GivenInstance> {
    const way = STATES[state];
    return this.inTurn(() => this.withServices(() => this.bringInto(way, about)));
  }

  /** Starts one more service, or one that was stopped. */
  async startService(name: ServiceName): Promise<void> {
    await this.stack.startService(name);
    this.running.add(name);
  }

  /** Stops a service as a new release does: it finishes what it has in hand. */
  async stopService(name: ServiceName): Promise<void> {
    await this.runningService(name).stop();
    this.running.delete(name);
  }

  /** Kills a service and starts it again, at the same address. */
  async crashService(name: ServiceName): Promise<void> {
    const service = this.runningService(name);
    await service.kill();
    await service.restart();
  }

  /** Ends every process, and removes what they have written. */
  stop(): Promise<void> {
    return this.stack.stop();
  }

  private runningService(name: ServiceName) {
    if (!this.running.has(name)) throw new Error(`${name} does not run`);
    return this.stack.service(name);
  }

  private async bringInto(way: WayIntoState, about: Partial<RegisterInstanceInput>) {
    const registration: RegisterInstanceInput = {
      ...{ project: `shop-${randomUUID().slice(0, 8)}`, environment: 'main', app: 'shop' },
      ...{ status: 'running-healthy-claimed', healthProbe: { path: '/health' } },
      ...{ ...way.registration, ...about },
    };
    const { project, environment } = registration;
    await this.lagoon.placeEnvironments({ project, environment, ...way.lagoon });
    const { instanceId, position } = await this.client.command('registerInstance', registration);
    const given = { instanceId, project, environment };
    const reached = await this.upgraded(way, { instanceId, position });
    if (way.lagoonAfterwards) {
      await this.lagoon.placeEnvironments({ project, environment, ...way.lagoonAfterwards });
    }
    await this.shown(instanceId, reached.position);
    return { ...given, ...reached };
  }

  /** Triggers the upgrade, and waits until it has come to where it is to be. */
  private async upgraded(
    { until }: WayIntoState,
    { instanceId, position }: Pick<GivenInstance, 'instanceId' | 'position'>,
  ): Promise<Pick<GivenInstance, 'upgradeId' | 'position'>> {
    if (until === undefined) return { upgradeId: undefined, position };
    const { client } = this;
    const reason = 'asked for by a test';
    const { upgradeId } = await client.command('triggerUpgrade', { instanceId, reason });
    const signal = AbortSignal.timeout(REACHED_WITHIN_MS);
    const types: string[] = [];
    for await (const event of client.follow({ instanceId, after: position, signal })) {
      types.push(event.type);
      if (event.type === until) return { upgradeId, position: event.position };
    }
    throw new Error(`${instanceId} has not come to ${until}: ${types.join(' → ')}`);
  }

  /** Waits until queries show it, where there is somebody to ask. */
  private async shown(instanceId: string, minPosition: string): Promise<void> {
    if (!this.running.has('projector')) return;
    await this.client.query('instanceGet', { instanceId, minPosition });
  }

  private async withServices<T>(work: () => Promise<T>): Promise<T> {
    const missing = FOR_STATES.filter((name) => !this.isServed(name));
    for (const name of missing) await this.startService(name);
    try {
      return await work();
    } finally {
      for (const name of missing) await this.stopService(name);
    }
  }

  private isServed(name: ServiceName): boolean {
    const isWhole = name === 'stages' && STAGES.every((stage) => this.running.has(stage));
    return isWhole || this.running.has(name);
  }

  /** One after the other: each starts and stops services. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

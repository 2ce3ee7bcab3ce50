import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import { isInstanceStream } from '@uplift/contracts';
import { EsdbEventStore } from '@uplift/event-store';
import type { ServiceName } from '../../tools/stack/src';
import { NatsCluster, Stack } from '../../tools/stack/src';
import type { StoreRestore } from '../history/run-history';
import { KeptAlive } from '../support/kept-alive';
import { LagoonControl } from '../support/lagoon-control';
import { SmallDisk } from '../support/small-disk';
import { StoreLog } from '../support/store-log';
import { SERVICES } from './fault-plan';
import { NetworkLink } from './network-link';
import { SkewedClock } from './skewed-clock';

/**
 * Short pauses, and windows that are longer than any fault lasts: a call that is late all the same must have landed,
 * or never land, before it counts as settled.
 */
const settingsAt = (pace: number) => ({
  UPLIFT_POLL_INTERVAL_MS: '250',
  UPLIFT_TASK_POLL_INTERVAL_MS: '150',
  UPLIFT_PROBE_INTERVAL_MS: '50',
  UPLIFT_PROBE_WINDOW_MS: '60000',
  UPLIFT_RECONCILE_INTERVAL_MS: '300',
  UPLIFT_CALL_TIMEOUT_MS: '5000',
  UPLIFT_CALL_LEASE_MS: '8000',
  UPLIFT_NOT_FOUND_GAP_MS: '2000',
  UPLIFT_SETTLE_WINDOW_MS: String(Math.round(25_000 * pace)),
  UPLIFT_LATE_INTERVAL_MS: '1000',
  UPLIFT_WATCHDOG_INTERVAL_MS: '250',
  UPLIFT_ACK_WAIT_MS: '2000',
  UPLIFT_BUS_REPLICAS: '3',
});

/** Simulated seconds per second: a build takes 480 simulated seconds, more or less. */
const CLOCK_SPEED = '240';

/** A name of a disk is that of its folder, too. */
const MEGABYTES = { eventstore: 1_024, nats: 768, postgres: 768 };
export type DiskName = keyof typeof MEGABYTES;

export interface RigOptions {
  /** Files and logs; its owner removes it. */
  readonly dir: string;
  /** Whether file systems of their own are mounted, which takes root. */
  readonly hasSmallDisks: boolean;
  /** That of the plan of faults: see there. */
  readonly pace: number;
}

/** A service and the lines between it and each server. */
export type LinkName = `${string}>${string}`;
type Settings = Readonly<Record<string, string>>;

interface Parts {
  readonly dir: string;
  readonly disks: ReadonlyMap<DiskName, SmallDisk>;
  readonly clocks: ReadonlyMap<string, SkewedClock>;
  readonly cluster: NatsCluster;
  readonly stack: Stack;
  readonly links: ReadonlyMap<LinkName, readonly NetworkLink[]>;
  /** Addresses by which each service finds its servers, over lines of its own. */
  readonly addresses: ReadonlyMap<string, Settings>;
}

/** All of Uplift as processes on a bus of three nodes, every process, line, clock and disk within reach of faults. */
export class Rig {
  /** When each event was seen, milliseconds of `performance.now()`. */
  readonly seenAt = new Map<string, number>();
  /** When upgrades went on, in order. */
  readonly progress: number[] = [];
  /** Each time that the store was put back to an older copy. */
  readonly restores: StoreRestore[] = [];
  log: StoreLog;
  private readonly kept: ReadonlyMap<string, KeptAlive>;

  private constructor(
    private readonly parts: Parts,
    readonly bus: BusConnection,
    readonly store: EsdbEventStore,
    readonly pace: number,
  ) {
    const { stack, cluster } = parts;
    const nodes = cluster.nodes.map((node, n) => [`node-${n + 1}`, node] as const);
    const others = stack.parts.map((part) => [part.name, part] as const);
    this.kept = new Map([...nodes, ...others].map(([name, part]) => [name, new KeptAlive(part)]));
    this.log = this.openLog();
  }

  static async start(options: RigOptions): Promise<Rig> {
    const { dir, hasSmallDisks } = options;
    const disks = hasSmallDisks ? await mountDisks(dir) : new Map<DiskName, SmallDisk>();
    try {
      return await Rig.startOn(options, disks);
    } catch (error) {
      await removeAll(disks);
      throw error;
    }
  }

  private static async startOn({ dir, pace }: RigOptions, disks: Parts['disks']): Promise<Rig> {
    const clocks = await makeClocks(join(dir, 'clocks'));
    const cluster = await NatsCluster.start(join(dir, 'nats'), { isAdvertised: false });
    const stack = await Stack.start({
      dir,
      infrastructure: ['eventstore', 'postgres', 'lagoon'],
      services: [],
      simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: CLOCK_SPEED },
      eventStore: clocks.get('eventstore')!.env,
      env: { ...settingsAt(pace), UPLIFT_NATS_URL: cluster.url },
    });
    const lines = await Promise.all(SERVICES.map((service) => openLines(service, stack)));
    const links = new Map(lines.flatMap((each) => [...each.links]));
    const addresses = new Map(lines.map(({ service, env }) => [service, env]));
    const parts = { dir, disks, clocks, cluster, stack, links, addresses };
    await Promise.all(SERVICES.map((service) => startService(parts, service)));
    const bus = await connectBus({ servers: cluster.url, name: 'rig' });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    return new Rig(parts, bus, store, pace);
  }

  get dir(): string {
    return this.parts.dir;
  }

  get cluster(): NatsCluster {
    return this.parts.cluster;
  }

  get apiUrl(): string {
    return this.parts.stack.apiUrl;
  }

  get databaseUrl(): string {
    return this.parts.stack.url('postgres');
  }

  /** The same with the role that may change tables. */
  get ownerUrl(): string {
    const url = new URL(this.databaseUrl);
    url.username = 'postgres';
    return url.href;
  }

  get lagoon(): LagoonControl {
    return new LagoonControl(this.parts.stack.url('lagoon'));
  }

  /** Of a service, a server or a node of the bus. */
  process(name: string): KeptAlive {
    const kept = this.kept.get(name);
    if (kept) return kept;
    throw new Error(`${name} does not run here`);
  }

  get processes(): readonly KeptAlive[] {
    return [...this.kept.values()];
  }

  get nodes(): readonly KeptAlive[] {
    return this.cluster.nodes.map((_, n) => this.process(`node-${n + 1}`));
  }

  link(name: string): readonly NetworkLink[] {
    const link = this.parts.links.get(name as LinkName);
    if (link) return link;
    throw new Error(`There is no line ${name}`);
  }

  clock(name: string): SkewedClock {
    return this.parts.clocks.get(name)!;
  }

  disk(name: DiskName): SmallDisk {
    const disk = this.parts.disks.get(name);
    if (disk) return disk;
    throw new Error(`${name} has no disk of its own`);
  }

  /** Starts a second process of a service, from the script of another build. */
  startBeside(service: ServiceName, root: string) {
    const { stack } = this.parts;
    const as = `${service}-older`;
    return stack.startService(service, as, this.settingsOf(service), root);
  }

  /** Names of the services that are not ready, each with what it says; empty if all are. */
  async notReady(): Promise<readonly string[]> {
    const answers = await Promise.all(
      SERVICES.map(async (name) => {
        const said = await this.saidBy(name);
        return said === null ? [] : [`${name}: ${said}`];
      }),
    );
    return answers.flat();
  }

  /** After the store was put back everything is read anew. */
  async readAnew(): Promise<void> {
    await this.log.close();
    this.log = this.openLog();
  }

  async stop(): Promise<void> {
    for (const { part } of this.processes) part.signal('SIGCONT');
    await this.log.close();
    await Promise.all(this.processes.map((kept) => kept.leave()));
    await Promise.all([this.bus.close(), this.store.close()]);
    const { stack, cluster, links, disks } = this.parts;
    await stack.stop();
    await cluster.stop();
    await Promise.all([...links.values()].flat().map((link) => link.close()));
    await this.collectLogs();
    await removeAll(disks);
  }

  /** What is written beside the data goes with its disk. */
  private async collectLogs(): Promise<void> {
    const { dir, nodes } = this;
    const logs = [
      ...nodes.map((_, n) => [`nats/node-${n + 1}/nats-server.log`, `node-${n + 1}.log`] as const),
      ['postgres/postgres.log', 'postgres.log'] as const,
    ];
    await Promise.all(logs.map(([from, to]) => copyFile(join(dir, from), join(dir, 'logs', to))));
  }

  private settingsOf(service: string): Settings {
    return settingsOf(this.parts, service);
  }

  private openLog(): StoreLog {
    return new StoreLog(this.store, ({ id, stream }) => {
      if (this.seenAt.has(id)) return;
      const now = performance.now();
      this.seenAt.set(id, now);
      if (isInstanceStream(stream)) this.progress.push(now);
    });
  }

  private async saidBy(name: ServiceName): Promise<string | null> {
    const port = this.parts.stack.service(name).port('health');
    try {
      const signal = AbortSignal.timeout(READY_LIMIT_MS);
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal });
      return response.ok ? null : await response.text();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

const READY_LIMIT_MS = 1_500;

async function mountDisks(dir: string): Promise<ReadonlyMap<DiskName, SmallDisk>> {
  const disks = new Map<DiskName, SmallDisk>();
  for (const name of Object.keys(MEGABYTES) as DiskName[]) {
    const at = { path: join(dir, name), remove: () => Promise.resolve() };
    disks.set(name, await SmallDisk.mountAt(at, MEGABYTES[name]));
  }
  return disks;
}

async function removeAll(disks: Parts['disks']): Promise<void> {
  for (const disk of disks.values()) await disk.remove();
}

async function makeClocks(dir: string): Promise<ReadonlyMap<string, SkewedClock>> {
  await mkdir(dir, { recursive: true });
  const names = [...SERVICES, 'eventstore'];
  return new Map(names.map((name) => [name, new SkewedClock(dir, name)]));
}

/** A line of its own for each server of a service; to a bus of three nodes three. */
async function openLines(service: ServiceName, stack: Stack) {
  const links = new Map<LinkName, readonly NetworkLink[]>();
  const env: Record<string, string> = {};
  for (const server of ['eventstore', 'nats', 'postgres', 'lagoon'] as const) {
    const urls = stack.url(server).split(',');
    const lines = await Promise.all(urls.map((url) => NetworkLink.open(portOf(url))));
    links.set(`${service}>${server}`, lines);
    const over = urls.map((url, n) => url.replace(`:${portOf(url)}`, `:${lines[n]!.port}`));
    env[`UPLIFT_${server.toUpperCase()}_URL`] = over.join(',');
  }
  return { service, links, env };
}

function portOf(url: string): number {
  return Number(/:(\d+)(?:[/?]|$)/.exec(url)?.[1]);
}

function startService(parts: Pick<Parts, 'stack' | 'addresses' | 'clocks'>, service: ServiceName) {
  return parts.stack.startService(service, service, settingsOf(parts, service));
}

function settingsOf({ addresses, clocks }: Pick<Parts, 'addresses' | 'clocks'>, service: string) {
  return { ...addresses.get(service), ...clocks.get(service)?.env };
}

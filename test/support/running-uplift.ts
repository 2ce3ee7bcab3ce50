import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import type { InstanceDocument } from '@uplift/contracts';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import { EsdbEventStore } from '@uplift/event-store';
import type { ServiceName, StackOptions } from '../../tools/stack/src';
import { ManagedProcess, projectRoot, QUICK_STEPS, Stack } from '../../tools/stack/src';
import type { FleetInstance } from './fleet';
import { idsOf } from './fleet';
import { LagoonControl } from './lagoon-control';
import { StoreLog } from './store-log';
import { acknowledged, UpliftClient } from './uplift-client';
import type { Accepted } from './uplift-client';

/** Simulated seconds. */
const LONGER_THAN_A_BUILD = 1_000;

export const STAGE_WORKERS = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'] as const;

type Settings = Readonly<Record<string, string>>;

export interface UpliftOptions extends Pick<
  StackOptions,
  'dir' | 'infrastructure' | 'services' | 'serviceEnv' | 'eventStore' | 'store'
> {
  /** Simulated seconds per real second: a build takes 480 simulated seconds, more or less. */
  readonly clockSpeed: number;
  readonly env?: Settings;
}

interface ShownInstance extends InstanceDocument {
  /** Commands that would be accepted now. */
  readonly allowed: readonly string[];
}

/** All of Uplift as processes of its own, with clients of its interfaces, its store and its bus. */
export class RunningUplift {
  private constructor(
    readonly stack: Stack,
    readonly bus: BusConnection,
    readonly store: EsdbEventStore,
    readonly log: StoreLog,
  ) {}

  static async start({ clockSpeed, env, ...options }: UpliftOptions): Promise<RunningUplift> {
    const simulator = { UPLIFT_SIMULATOR_CLOCK_SPEED: String(clockSpeed) };
    const stack = await Stack.start({ ...options, simulator, env: { ...QUICK_STEPS, ...env } });
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
  get settings(): Settings {
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
    const ids = idsOf(accepted);
    const isRequested = () => this.log.count('UpgradeRequested', ids) === ids.length;
    await this.log.until(
      () => isRequested() && this.log.inFlight(ids).length === 0,
      () => `end of ${this.describeInFlight(ids)}`,
      withinMs,
    );
  }

  /** The same where simulated time goes by slowly: no script and no build that begins lasts. */
  async endedByAdvancing(accepted: readonly Accepted[]): Promise<void> {
    const ids = idsOf(accepted);
    const { log } = this;
    await this.advanceUntil(
      () => log.count('UpgradeRequested', ids) === ids.length && log.inFlight(ids).length === 0,
      () => `end of ${this.describeInFlight(ids)}`,
      LONGER_THAN_A_BUILD,
    );
  }

  /** Moves simulated time on whenever something has happened, until it holds. */
  async advanceUntil(holds: () => boolean, what: () => string, bySeconds: number): Promise<void> {
    let seen = -1;
    while (!holds()) {
      const before = seen;
      await this.log.until(() => holds() || this.log.events.length > before, what);
      seen = this.log.events.length;
      await this.lagoon.advance(bySeconds);
    }
  }

  /** Waits until as many of the instances, or all of them, have an event of the type. */
  reached(type: string, instanceIds: readonly string[], least = instanceIds.length) {
    const count = () => this.log.count(type, instanceIds);
    return this.log.until(
      () => count() >= least,
      () => `${type} of ${least} instances, so far ${count()}`,
      60_000,
    );
  }

  /** Waits until the read model shows the newest event of the store. */
  async readModelCaughtUp(): Promise<void> {
    const newest = (await this.store.lastPosition()) ?? 0n;
    await this.client.ask(QUERY_SUBJECTS.instanceStats, { minPosition: newest.toString() });
  }

  /** An instance as the read model shows it once it knows the whole store. */
  async shown({ instanceId }: Pick<FleetInstance, 'instanceId'>): Promise<ShownInstance> {
    await this.readModelCaughtUp();
    const path = `/v1/instances/${instanceId}`;
    const { instance } = await this.client.get<{ instance: InstanceDocument }>(path);
    const allowed = instance.allowedCommands.filter((each) => each.allowed);
    return { ...instance, allowed: allowed.map(({ command }) => command).sort() };
  }

  /** Waits for the n-th event of a type of one instance. */
  async happened(
    type: InstanceEventType,
    { instanceId }: Pick<FleetInstance, 'instanceId'>,
    n = 1,
  ): Promise<void> {
    const types = () => this.log.typesOf(instanceId);
    await this.log.until(
      () => types().filter((each) => each === type).length >= n,
      () => `${n} x ${type}: ${types().join(' → ')}`,
      60_000,
    );
  }

  /** Starts services, each as a process of its own, with settings of their own. */
  async startServices(names: readonly ServiceName[], own: Settings = {}): Promise<void> {
    await Promise.all(names.map((name) => this.stack.startService(name, name, own)));
  }

  /** One process that works on every stage, and is the watchdog. */
  startAllStages(own: Settings = {}): Promise<ManagedProcess> {
    return ManagedProcess.start({
      name: 'all-stages',
      script: 'dist/apps/stage-workers/src/main.js',
      dir: join(this.stack.dir, 'logs'),
      env: { ...this.stack.env, ...own },
    });
  }

  async stopServices(names: readonly string[]): Promise<void> {
    const running = this.stack.runningServices.filter(({ name }) => names.includes(name));
    await Promise.all(running.map((service) => service.stop()));
  }

  async stop(): Promise<void> {
    await this.log.close();
    await Promise.all([this.bus.close(), this.store.close()]);
    await this.stack.stop();
  }

  private describeInFlight(instanceIds: readonly string[]): string {
    const { log } = this;
    return log
      .inFlight(instanceIds)
      .map((id) => `${id}: ${log.typesOf(id).join(' → ')}`)
      .join('\n');
  }
}

/** One Uplift for every suite of a spec file; call it within `describe`, and what it returns within a test. */
export function upliftForAll(options: UpliftOptions | (() => UpliftOptions)): () => RunningUplift {
  let uplift: RunningUplift | undefined;
  beforeAll(async () => {
    uplift = await RunningUplift.start(typeof options === 'function' ? options() : options);
  });
  afterAll(() => uplift?.stop());
  return () => {
    if (uplift === undefined) throw new Error('Uplift has not started');
    return uplift;
  };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a person would: its own process. */
export async function runUplift(settings: Settings, ...args: readonly string[]): Promise<Finished> {
  const child = startUplift(settings, args);
  return finished(child, child.stdout);
}

/** The same, for what goes on meanwhile: known once it has printed the word. */
export async function runUpliftTo(
  word: string,
  settings: Settings,
  ...args: readonly string[]
): Promise<{ readonly end: Promise<Finished> }> {
  const child = startUplift(settings, args);
  const shown = child.stdout.pipe(new PassThrough());
  const end = finished(child, child.stdout.pipe(new PassThrough()));
  for await (const line of createInterface({ input: shown })) if (line.includes(word)) break;
  shown.resume();
  return { end };
}

async function finished(child: Running, printed: Readable): Promise<Finished> {
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(printed),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** The same, in a pipe to a program that has gone: `uplift … | true`. */
export async function runUnread(
  settings: Settings,
  ...args: readonly string[]
): Promise<Omit<Finished, 'stdout'>> {
  const child = startUplift(settings, args);
  child.stdout.destroy();
  const [[code], stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stderr),
  ]);
  return { code, stderr };
}

type Running = ReturnType<typeof startUplift>;

function startUplift(settings: Settings, args: readonly string[]) {
  const script = join(projectRoot(), 'dist/apps/cli/src/main.js');
  return spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

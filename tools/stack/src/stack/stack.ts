import { join } from 'node:path';
import { ensureBuilt } from '../workspace/workspace';
import { ManagedProcess } from '../process/managed-process';
import { createTempFolder } from '../process/temp-folder';
import type { InfrastructureName } from './infrastructure';
import { INFRASTRUCTURE_NAMES, startInfrastructure } from './infrastructure';
import type { ServiceName } from './services';
import { HEAP_LIMITS, SERVICE_NAMES, developmentSettings, serviceEntry } from './services';
import type { StackPart } from '../process/stack-part';

const PINNED = { http: 'UPLIFT_HTTP_PORT', health: 'UPLIFT_HEALTH_PORT' };

type Settings = Readonly<Record<string, string>>;

export interface StackOptions {
  /** Kept after the end when given; else a temporary folder that goes with the stack. */
  readonly dir?: string;
  /** All of it when not given. */
  readonly infrastructure?: readonly InfrastructureName[];
  /** All of them when not given. */
  readonly services?: readonly ServiceName[];
  /** Settings of the embedded event store (`UPLIFT_EMBEDDED_EVENTSTORE_*`). */
  readonly eventStore?: Settings;
  /** Settings of the Lagoon simulator (`UPLIFT_SIMULATOR_*`). */
  readonly simulator?: Settings;
  /** Settings of every service. */
  readonly env?: Settings;
  /** Settings of one service. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceName, Settings>>>;
}

/** Uplift and what it stands on, each part an operating-system process of its own. */
export class Stack {
  private readonly infrastructure = new Map<InfrastructureName, StackPart>();
  private readonly services = new Map<string, ManagedProcess>();
  private addresses: Readonly<Record<string, string>> = {};
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly options: StackOptions,
    /** Where logs and files lie. */
    readonly dir: string,
    private readonly removeDir: () => Promise<void>,
  ) {}

  /** Every part is ready when it returns; when one is not, all are stopped and it throws. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    await ensureBuilt();
    const stack = await Stack.inFolder(options);
    try {
      await settleAll((options.infrastructure ?? INFRASTRUCTURE_NAMES).map((n) => stack.begin(n)));
      await settleAll((options.services ?? SERVICE_NAMES).map((n) => stack.startService(n)));
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** The settings by which any Uplift process finds this stack. */
  get env(): Readonly<Record<string, string>> {
    return { ...this.addresses, ...developmentSettings(this.options.env) };
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.service('command-api').port('http')}`;
  }

  /** Address of one infrastructure part. */
  url(name: InfrastructureName): string {
    const setting = `UPLIFT_${name === 'eventstore' ? 'EVENTSTORE' : name.toUpperCase()}_URL`;
    const url = this.env[setting];
    if (url === undefined) throw new Error(`${name} is not part of this stack`);
    return url;
  }

  service(name: string): ManagedProcess {
    const service = this.services.get(name);
    if (!service) throw new Error(`${name} does not run in this stack`);
    return service;
  }

  part(name: InfrastructureName): StackPart {
    const part = this.infrastructure.get(name);
    if (!part) throw new Error(`${name} is not run by this stack`);
    return part;
  }

  /** Every process, infrastructure first. */
  get parts(): readonly StackPart[] {
    return [...this.infrastructure.values(), ...this.services.values()];
  }

  get runningServices(): readonly ManagedProcess[] {
    return [...this.services.values()];
  }

  /** Starts a service, or under another name a second process of it with settings of its own. */
  async startService(
    name: ServiceName,
    as: string = name,
    own: Readonly<Record<string, string>> = {},
  ): Promise<ManagedProcess> {
    const { script, args = [], env = {} } = serviceEntry(name);
    const service = await ManagedProcess.start({
      name: as,
      script,
      args,
      nodeArgs: HEAP_LIMITS,
      dir: join(this.dir, 'logs'),
      env: { ...this.env, ...env, ...this.options.serviceEnv?.[name], ...own },
      pinnedPorts: PINNED,
    });
    this.services.set(as, service);
    return service;
  }

  /** Services first, then what they stand on; removes the folder unless it was given. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private static async inFolder(options: StackOptions): Promise<Stack> {
    if (options.dir !== undefined) {
      return new Stack(options, options.dir, () => Promise.resolve());
    }
    const folder = await createTempFolder('uplift-stack');
    return new Stack(options, folder.path, () => folder.remove());
  }

  private async begin(name: InfrastructureName): Promise<void> {
    const { eventStore, simulator } = this.options;
    const { part, env } = await startInfrastructure(name, { dir: this.dir, eventStore, simulator });
    this.addresses = { ...this.addresses, ...env };
    if (part) this.infrastructure.set(name, part);
  }

  private async stopAll(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => service.stop()));
    await Promise.all([...this.infrastructure.values()].map((part) => part.stop()));
    await this.removeDir();
  }
}

/** Waits for all, so that nothing is still starting when the first failure is thrown. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}

export function startStack(options: StackOptions = {}): Promise<Stack> {
  return Stack.start(options);
}

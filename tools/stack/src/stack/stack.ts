import { join } from 'node:path';
import { ManagedProcess } from '../process/managed-process';
import type { StackPart } from '../process/stack-part';
import type { TempFolder } from '../process/temp-folder';
import { createTempFolder } from '../process/temp-folder';
import { ensureBuilt, projectRoot } from '../workspace/workspace';
import type { InfrastructureName, InfrastructureOptions } from './infrastructure';
import { INFRASTRUCTURE_NAMES, START_INFRASTRUCTURE } from './infrastructure';
import type { ServiceEntry, ServiceName, Settings } from './services';
import { accessSettings, SERVICES, SERVICE_NAMES, developmentSettings } from './services';

const PINNED = { http: 'UPLIFT_HTTP_PORT', health: 'UPLIFT_HEALTH_PORT' };

export interface StackOptions extends InfrastructureOptions {
  /** Kept after the end when given; else a temporary folder that goes with the stack. */
  readonly dir?: string;
  /** All of it when not given. */
  readonly infrastructure?: readonly InfrastructureName[];
  /** All of them when not given. */
  readonly services?: readonly ServiceName[];
  /** Settings of every service. */
  readonly env?: Settings;
  /** Settings of one service. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceName, Settings>>>;
}

/** Uplift and what it stands on, each part an operating-system process of its own. */
export class Stack {
  private readonly infrastructure = new Map<InfrastructureName, StackPart>();
  private readonly services = new Map<string, ManagedProcess>();
  private addresses: Settings = {};
  private readonly ownAddresses: ((service: string) => Settings)[] = [];
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly options: StackOptions,
    private readonly folder: TempFolder,
  ) {}

  /** Every part is ready when it returns; when one is not, all are stopped and it throws. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    await ensureBuilt();
    const { dir, infrastructure = INFRASTRUCTURE_NAMES, services = SERVICE_NAMES } = options;
    const given = dir === undefined ? undefined : { path: dir, remove: () => Promise.resolve() };
    const stack = new Stack(options, given ?? (await createTempFolder('uplift-stack')));
    try {
      await settleAll(infrastructure.map((name) => stack.startInfrastructure(name)));
      await settleAll(services.map((name) => stack.startService(name)));
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** Where logs and files lie. */
  get dir(): string {
    return this.folder.path;
  }

  /** The settings by which any Uplift process finds this stack. */
  get env(): Settings {
    return { ...this.addresses, ...developmentSettings(this.options.env) };
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.service('command-api').port('http')}`;
  }

  /** Address of one infrastructure part. */
  url(name: InfrastructureName): string {
    const url = this.env[`UPLIFT_${name.toUpperCase()}_URL`];
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
    return [...this.infrastructure.values(), ...this.runningServices];
  }

  get runningServices(): readonly ManagedProcess[] {
    return [...this.services.values()];
  }

  /**
   * Starts a service, or under another name a second process of it with settings of its own, perhaps of the build in
   * another folder.
   */
  async startService(
    name: ServiceName,
    as: string = name,
    own: Settings = {},
    build = projectRoot(),
  ): Promise<ManagedProcess> {
    const { script, args = [], env = {} }: ServiceEntry = SERVICES[name];
    const service = await ManagedProcess.start({
      name: as,
      script: join(build, script),
      args,
      dir: join(this.dir, 'logs'),
      env: {
        ...(build === projectRoot() ? accessSettings(name, this.env) : {}),
        ...this.env,
        ...this.knownAs(name),
        ...env,
        ...this.options.serviceEnv?.[name],
        ...own,
      },
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

  /** Who a service is to the servers that know each one by itself. */
  private knownAs(service: string): Settings {
    return this.ownAddresses.reduce((known, of) => ({ ...known, ...of(service) }), {});
  }

  private async startInfrastructure(name: InfrastructureName): Promise<void> {
    const { part, env, envOf } = await START_INFRASTRUCTURE[name](this.dir, this.options);
    this.addresses = { ...this.addresses, ...env };
    if (envOf) this.ownAddresses.push(envOf);
    if (part) this.infrastructure.set(name, part);
  }

  private async stopAll(): Promise<void> {
    await Promise.all(this.runningServices.map((service) => service.stop()));
    await Promise.all([...this.infrastructure.values()].map((part) => part.stop()));
    await this.folder.remove();
  }
}

/** Waits for all, so that nothing is still starting when the first failure is thrown. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../workspace/workspace';
import { StackPart } from './stack-part';
import { SupervisedProcess } from './supervised-process';
import { upliftEnvironment } from './uplift-environment';

export type Ports = Readonly<Record<string, number>>;

export interface ManagedProcessOptions {
  readonly name: string;
  /** Built script, absolute or relative to the workspace, for example `dist/apps/relay/src/main.js`. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Options of Node. */
  readonly execArgv?: readonly string[];
  /** Settings; other `UPLIFT_*` variables are not inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where `<name>.log` goes. */
  readonly dir: string;
  readonly readyLimitMs?: number;
  /** Which setting fixes which announced port, so that a restart listens where the first start did. */
  readonly pinnedPorts?: Readonly<Record<string, string>>;
}

/** One Uplift process: started, ready, and restartable under the same settings. */
export class ManagedProcess extends StackPart {
  readonly logFile: string;
  private announced: Ports = {};

  private constructor(private readonly options: ManagedProcessOptions) {
    super();
    mkdirSync(options.dir, { recursive: true });
    this.logFile = join(options.dir, `${options.name}.log`);
  }

  /** Ready when it returns; else throws with the end of its log. */
  static async start(options: ManagedProcessOptions): Promise<ManagedProcess> {
    const managed = new ManagedProcess(options);
    await managed.launch();
    return managed;
  }

  get name(): string {
    return this.options.name;
  }

  get ports(): Ports {
    return this.announced;
  }

  port(name: string): number {
    const port = this.announced[name];
    if (port === undefined) throw new Error(`${this.name} announced no port named ${name}`);
    return port;
  }

  protected async launch(): Promise<void> {
    const { name, script, args = [], execArgv = [], readyLimitMs = 60_000 } = this.options;
    const root = projectRoot();
    this.current = await SupervisedProcess.start({
      name,
      command: process.execPath,
      args: [...execArgv, resolve(root, script), ...args],
      cwd: root,
      env: upliftEnvironment({ ...this.options.env, ...this.pinned() }),
      logFile: this.logFile,
      withChannel: true,
    });
    this.announced = await this.current.readyOrFailed(readyMessage(this.current), readyLimitMs);
  }

  private pinned(): Record<string, string> {
    const known = Object.entries(this.options.pinnedPorts ?? {}).filter(
      ([name]) => name in this.announced,
    );
    return Object.fromEntries(known.map(([name, setting]) => [setting, String(this.port(name))]));
  }
}

function readyMessage({ child }: SupervisedProcess): Promise<Ports> {
  return new Promise((resolve) => {
    child.on('message', (message: { readonly type?: unknown; readonly ports?: Ports }) => {
      if (message.type === 'ready') resolve(message.ports ?? {});
    });
  });
}

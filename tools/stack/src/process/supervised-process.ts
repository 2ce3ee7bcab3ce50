import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { supervisor } from './supervisor';

const STOP_LIMIT_MS = 27_000;
const LOOK_MS = 10;
const LOG_TAIL_LINES = 20;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Another account to run as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Needs root. */
  readonly account?: Account | undefined;
  readonly stopSignal?: NodeJS.Signals;
  /** Opens Node's message channel to the child. */
  readonly withChannel?: boolean;
}

/** A child in a process group of its own (a Ctrl-C reaches only us, we stop in order), watched by the supervisor. */
export class SupervisedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  private exit: Exit | undefined;

  private constructor(
    readonly launch: Launch,
    readonly child: ChildProcess,
    pid: number,
  ) {
    this.pid = pid;
    supervisor.watchProcess(pid, this.stopSignal);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        supervisor.release(pid);
        resolve(this.exit);
      });
    });
  }

  static async start(launch: Launch): Promise<SupervisedProcess> {
    const log = openSync(launch.logFile, 'a');
    const child = spawn(launch.command, [...launch.args], {
      cwd: launch.cwd,
      env: launch.env ?? process.env,
      detached: true,
      stdio: ['ignore', log, log, ...(launch.withChannel ? ['ipc' as const] : [])],
      ...launch.account,
    });
    closeSync(log);
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      throw new Error(`${launch.name} cannot be started: ${error.message}`, { cause: error });
    }
    return new SupervisedProcess(launch, child, child.pid);
  }

  get hasExited(): boolean {
    return this.exit !== undefined;
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.child.kill(signal);
  }

  /** Sends a deadly signal and waits for the end. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  /** Asks to stop, kills what does not listen, and waits for the end. */
  async stop(): Promise<Exit> {
    this.signal(this.stopSignal);
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Waits for `ready`, but not past the limit and not past the child's end. */
  async readyOrFailed<T>(ready: Promise<T>, limitMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = () => reject(this.failure(`was not ready after ${limitMs} ms`));
      timer = setTimeout(fail, limitMs);
    });
    const ended = this.exited.then(({ code, signal }) => {
      throw this.failure(`ended before it was ready (${signal ?? `exit code ${code}`})`);
    });
    try {
      return await Promise.race([ready, ended, late]);
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Looks again and again until there is an answer, but not past the limit and not past the child's end. */
  answerOrFailed<T>(look: () => Promise<T | undefined>, limitMs: number): Promise<T> {
    const looking = new AbortController();
    const answered = async (): Promise<T> => {
      for (;;) {
        const answer = await look();
        if (answer !== undefined) return answer;
        await pause(LOOK_MS, undefined, { signal: looking.signal });
      }
    };
    return this.readyOrFailed(answered(), limitMs).finally(() => looking.abort());
  }

  private failure(what: string): Error {
    const { name, logFile } = this.launch;
    return new Error(`${name} ${what}. The end of ${logFile}:\n${logTail(logFile)}`);
  }

  private get stopSignal(): NodeJS.Signals {
    return this.launch.stopSignal ?? 'SIGTERM';
  }
}

/** The last lines of a log, for messages. */
function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } catch {
    return '(no log)';
  }
}

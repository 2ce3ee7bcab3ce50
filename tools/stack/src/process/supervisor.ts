import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { projectRoot } from '../workspace/workspace';

const SCRIPT = 'dist/tools/stack/src/process/supervisor.main.js';

/** One line of JSON each, from a process to its supervisor. */
export type SupervisorOrder =
  | {
      readonly do: 'watch-process';
      readonly pid: number;
      /** Asks the process to stop. */
      readonly signal: NodeJS.Signals;
    }
  | { readonly do: 'watch-folder'; readonly path: string }
  /** A process, by its id, or a folder. */
  | { readonly do: 'release'; readonly target: number | string };

/**
 * A process of its own that outlives this one: when this process ends, however it ends, the supervisor sees its
 * standard input close, ends every watched process and removes every watched folder.
 */
class Supervisor {
  private child: ChildProcess | undefined;
  private readonly watched = new Set<number | string>();

  watchProcess(pid: number, signal: NodeJS.Signals): void {
    this.watched.add(pid);
    this.send({ do: 'watch-process', pid, signal });
  }

  watchFolder(path: string): void {
    this.watched.add(path);
    this.send({ do: 'watch-folder', path });
  }

  release(target: number | string): void {
    if (this.watched.delete(target)) this.send({ do: 'release', target });
    if (this.watched.size > 0) return;
    this.child?.stdin?.end();
    this.child = undefined;
  }

  private send(order: SupervisorOrder): void {
    this.child ??= launch();
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}

function launch(): ChildProcess {
  const child = spawn(process.execPath, [join(projectRoot(), SCRIPT)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}

export const supervisor = new Supervisor();

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { projectRoot } from '../workspace/workspace';

const SCRIPT = 'dist/tools/stack/src/process/supervisor.main.js';

/** One line of JSON each, from the guarded process to its supervisor. */
export type SupervisorOrder =
  | { readonly do: 'watch'; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly do: 'release'; readonly pid: number }
  | { readonly do: 'remove-at-end'; readonly folder: string }
  | { readonly do: 'keep'; readonly folder: string };

/**
 * A process of its own that outlives this one: when this process ends, however it ends, the supervisor sees its
 * standard input close, ends every watched process and removes the temporary folders.
 */
class Supervisor {
  private child: ChildProcess | undefined;
  private readonly kept = new Set<number | string>();

  watch(pid: number, signal: NodeJS.Signals): void {
    this.kept.add(pid);
    this.send({ do: 'watch', pid, signal });
  }

  release(pid: number): void {
    if (this.kept.delete(pid)) this.send({ do: 'release', pid });
    this.dismissIfIdle();
  }

  removeAtEnd(folder: string): void {
    this.kept.add(folder);
    this.send({ do: 'remove-at-end', folder });
  }

  keep(folder: string): void {
    if (this.kept.delete(folder)) this.send({ do: 'keep', folder });
    this.dismissIfIdle();
  }

  private send(order: SupervisorOrder): void {
    this.child ??= launch();
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  private dismissIfIdle(): void {
    if (this.kept.size > 0) return;
    this.child?.stdin?.end();
    this.child = undefined;
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

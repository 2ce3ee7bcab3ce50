import { watch } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './workspace/workspace';
import { projectRoot } from './workspace/workspace';
import type { Stack } from './stack/stack';

const QUIET_MS = 300;

/** Builds and restarts every service after each change of their sources; returns the function that ends it. */
export function restartOnChange(stack: Stack, say: (words: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();
  const onChange = (_event: string, file: string | null) => {
    if (file === null || !file.endsWith('.ts') || file.endsWith('.spec.ts')) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      turn = turn.then(() => restart(stack, file, say));
    }, QUIET_MS);
  };
  const watchers = ['apps', 'libs'].map((folder) =>
    watch(join(projectRoot(), folder), { recursive: true }, onChange),
  );
  return () => {
    clearTimeout(timer);
    watchers.forEach((watcher) => watcher.close());
  };
}

async function restart(stack: Stack, file: string, say: (words: string) => void): Promise<void> {
  say(`${file} changed`);
  try {
    await ensureBuilt();
    await Promise.all(stack.runningServices.map((service) => service.restart()));
    say('services restarted');
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

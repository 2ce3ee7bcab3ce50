import type { TaskScript, WorkOrder } from '@uplift/domain';
import type { Lagoon } from '@uplift/lagoon';
import { MARKER_ARGUMENT } from '@uplift/lagoon';
import type { RunnableScript } from './task.effect';

export type Runnable =
  | { readonly kind: 'runnable'; readonly script: RunnableScript }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Finds a registered task by its name; one that cannot carry our marker could not be found again. */
export async function runnableScript(
  lagoon: Lagoon,
  { located }: WorkOrder,
  script: TaskScript,
  signal: AbortSignal,
): Promise<Runnable> {
  if (located === null) return unusable('the environment was never located');
  if ('command' in script) return { kind: 'runnable', script };
  const { registeredTask } = script;
  const tasks = await lagoon.registeredTasksOf(located.environmentId, signal);
  const task = tasks.find(({ name }) => name === registeredTask);
  if (task === undefined) return unusable(`no task is registered as "${registeredTask}"`);
  return task.takesMarker
    ? { kind: 'runnable', script: { taskDefinitionId: task.id } }
    : unusable(`the registered task "${registeredTask}" takes no argument ${MARKER_ARGUMENT}`);
}

function unusable(reason: string): Runnable {
  return { kind: 'unusable', reason };
}

import type { TaskStep, TaskReference, TaskScript, WorkOrder } from '@uplift/domain';
import { scriptMarkerOf } from '@uplift/domain';
import type { Lagoon, LagoonCore, LagoonTask, TaskAnswer } from '@uplift/lagoon';
import { carriesMarker, finalRefusal, MARKER_ARGUMENT } from '@uplift/lagoon';
import type { InstanceSession } from '../runner/instance-session';
import { proveReachable } from '../runner/lagoon-outages';
import type { Effect, EffectAnswer, Landed } from './effect.port';

/** A script that can be run and found again. */
export type RunnableScript =
  { readonly service: string; readonly command: string } | { readonly taskDefinitionId: number };

const NEWEST_TASKS = 50;

/** The script of one step as a Lagoon task; its marker is the task's name, or travels with its command. */
export class TaskEffect implements Effect<TaskReference> {
  readonly name = 'task';
  private readonly marker: string;
  private readonly environmentId: number;

  constructor(
    private readonly core: LagoonCore,
    order: WorkOrder,
    private readonly step: TaskStep,
    private readonly script: Runnable,
  ) {
    this.marker = scriptMarkerOf(order, step);
    this.environmentId = order.located?.environmentId ?? 0;
  }

  proveReachable(signal: AbortSignal): Promise<void> {
    return proveReachable(this.core, signal);
  }

  get isTrigger(): boolean {
    return this.step === 'upgrade';
  }

  async send(signal: AbortSignal): Promise<EffectAnswer<TaskReference>> {
    const answer = await this.call(signal);
    if (answer.kind !== 'accepted') return answer;
    const { taskId, taskName } = answer;
    return { kind: 'accepted', trace: { taskId, taskName: taskName ?? this.marker } };
  }

  lookUp(signal: AbortSignal): Promise<readonly TaskReference[]> {
    return taskLookUp(this.core, this.environmentId, this.marker, signal);
  }

  async accept(session: InstanceSession, [task]: Landed<TaskReference>): Promise<void> {
    const data = { ...session.attempt, step: this.step, task };
    await session.submit({ type: 'AcceptScript', data });
  }

  private async call(signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId, marker, script } = this;
    const { lagoon } = this.core;
    if (script.kind === 'unusable') return finalRefusal('configuration', script.reason);
    const { script: wanted } = script;
    return 'taskDefinitionId' in wanted
      ? lagoon.invokeRegisteredTask({ environmentId, marker, ...wanted }, signal)
      : lagoon.addTask({ environmentId, name: marker, ...wanted }, signal);
  }
}

/** Every task that carries the marker, newest first. Throws as reads of Lagoon do. */
export async function taskLookUp(
  { lagoon }: LagoonCore,
  environmentId: number,
  marker: string,
  signal: AbortSignal,
): Promise<readonly TaskReference[]> {
  const tasks = await lagoon.tasksOf(environmentId, { limit: NEWEST_TASKS }, signal);
  return tasks.filter((task) => carriesMarker(task, marker)).map(referenceOf);
}

function referenceOf({ id, taskName, name }: LagoonTask): TaskReference {
  return { taskId: id, taskName: taskName ?? name };
}

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

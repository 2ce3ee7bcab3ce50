import type { ScriptStep, TaskReference, WorkOrder } from '@uplift/domain';
import { scriptMarkerOf } from '@uplift/domain';
import type { LagoonCore, LagoonTask, TaskAnswer } from '@uplift/lagoon';
import { carriesMarker } from '@uplift/lagoon';
import type { InstanceCursor } from '../runner/instance-cursor';
import { proveReachable } from './core-reach';
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
    private readonly order: WorkOrder,
    private readonly step: ScriptStep,
    private readonly script: RunnableScript,
  ) {
    this.marker = scriptMarkerOf(order, step);
    this.environmentId = order.located?.environmentId ?? 0;
  }

  proveReachable(signal: AbortSignal): Promise<void> {
    return proveReachable(this.core, signal);
  }

  async send(signal: AbortSignal): Promise<EffectAnswer<TaskReference>> {
    const answer = await this.call(signal);
    if (answer.kind !== 'accepted') return answer;
    const { taskId, taskName } = answer;
    return { kind: 'accepted', trace: { taskId, taskName: taskName ?? this.marker } };
  }

  async lookUp(signal: AbortSignal): Promise<readonly TaskReference[]> {
    const { lagoon } = this.core;
    const tasks = await lagoon.tasksOf(this.environmentId, { limit: NEWEST_TASKS }, signal);
    return tasks.filter((task) => carriesMarker(task, this.marker)).map(referenceOf);
  }

  async accept(cursor: InstanceCursor, [task]: Landed<TaskReference>): Promise<void> {
    const { upgradeId, attempt } = this.order;
    const { step } = this;
    await cursor.submit({ type: 'AcceptScript', data: { upgradeId, attempt, step, task } });
  }

  private call(signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId, marker, script } = this;
    const { lagoon } = this.core;
    return 'taskDefinitionId' in script
      ? lagoon.invokeRegisteredTask({ environmentId, marker, ...script }, signal)
      : lagoon.addTask({ environmentId, name: marker, ...script }, signal);
  }
}

function referenceOf({ id, taskName, name }: LagoonTask): TaskReference {
  return { taskId: id, taskName: taskName ?? name };
}

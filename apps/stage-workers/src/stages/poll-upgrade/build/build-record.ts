import type { WorkerCommand } from '@uplift/domain';
import { failpoint } from '@uplift/runtime';
import type { InstanceCursor, Submission } from '../../../runner/instance-cursor';

/** Records what was seen of a build that goes on. */
export async function recordSight(
  cursor: InstanceCursor,
  command: WorkerCommand,
): Promise<Submission> {
  await failpoint('deploy.E8');
  return cursor.submit(command);
}

/** Records how it ended. */
export async function recordEnd(cursor: InstanceCursor, command: WorkerCommand): Promise<void> {
  await failpoint('deploy.E8');
  await failpoint('deploy.E9');
  await cursor.submit(command);
}

import type { AddTaskRequest, InvokeTaskRequest } from '../lagoon.requests';
import { MARKER_ARGUMENT } from '../task-marker';
import type { InMemoryEnvironment } from './in-memory.environment';

/** What Lagoon makes of an invocation: a task under the definition's name. Null: it is not registered. */
export function invocationOf(
  { registeredTasks }: InMemoryEnvironment,
  { taskDefinitionId, marker }: InvokeTaskRequest,
): Omit<AddTaskRequest, 'environmentId'> | null {
  const definition = registeredTasks.find(({ id }) => id === taskDefinitionId);
  if (definition === undefined) return null;
  const { name, takesMarker } = definition;
  const command = takesMarker ? ` ${MARKER_ARGUMENT}="${marker}"; true` : 'true';
  return { name, service: 'cli', command };
}

import type { InstanceEventType, InstanceStatus, Transition } from '@uplift/domain';
import { destinationsOf, labelOf, LIFECYCLE } from '@uplift/domain';

/** Between upgrades: they would hide the path. */
const LEFT_OUT: readonly InstanceEventType[] = ['InstanceRegistered', 'HealthReported'];

interface Edge {
  readonly from: InstanceStatus;
  readonly to: InstanceStatus;
  readonly event: InstanceEventType;
}

/** A mermaid state diagram, line by line. */
export function lifecycleDiagram(): readonly string[] {
  const edges = edgesOf();
  const statuses = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  return [
    'stateDiagram-v2',
    ...statuses.map((status) => `  state "${labelOf(status)}" as ${idOf(status)}`),
    ...arrows(edges),
  ];
}

function edgesOf(): readonly Edge[] {
  const rows = Object.entries(LIFECYCLE) as [InstanceEventType, Transition][];
  return rows
    .filter(([event]) => !LEFT_OUT.includes(event))
    .flatMap(([event, row]) =>
      row.from.flatMap((from) =>
        from === 'absent' ? [] : destinationsOf(event).map((to) => ({ from, to, event })),
      ),
    );
}

/** Events that lead the same way share an arrow. */
function arrows(edges: readonly Edge[]): readonly string[] {
  const labels = new Map<string, string[]>();
  for (const { from, to, event } of edges) {
    const arrow = `  ${idOf(from)} --> ${idOf(to)}`;
    labels.set(arrow, [...(labels.get(arrow) ?? []), event]);
  }
  return [...labels].map(([arrow, events]) => `${arrow} : ${events.join(', ')}`);
}

function idOf(status: InstanceStatus): string {
  return status.replaceAll('-', '_');
}

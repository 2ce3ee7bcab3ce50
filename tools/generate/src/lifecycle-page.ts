import type { InstanceEventType, InstanceStatus, Transition } from '@uplift/domain';
import {
  destinationsOf,
  IN_FLIGHT_STATUSES,
  INSTANCE_STATUSES,
  isHealthy,
  isInFlight,
  labelOf,
  LIFECYCLE_ROWS,
} from '@uplift/domain';

const OWNER = { 'named-in-data': 'the stage named in the event' } as const;

/** docs/lifecycle.md: the lifecycle table for people. */
export function lifecyclePage(): string {
  return [
    '# Lifecycle of an instance',
    '',
    'Generated from the lifecycle table in `libs/domain` by `npm run generate`: do not edit.',
    '',
    'An upgrade begins and ends in a `running-healthy-*` status, and it ends in the one it began in.',
    'An event is legal in the statuses of its row only; a history that says otherwise is refused.',
    '',
    '## The path of an upgrade',
    '',
    '```mermaid',
    ...lifecycleDiagram(),
    '```',
    '',
    'Registration and health reports between upgrades are left out of the picture.',
    '',
    '## Events',
    '',
    'The owner is the stage that must act next. The deadline begins with the event and is named here; its length is',
    'a setting (`UPLIFT_DEADLINE_*`, see [configuration](configuration.md)). "kept": the deadline that runs goes on.',
    '"suspended": it stands still, and so does the time of the whole attempt. "resumed": both go on with what was left.',
    '',
    ...markdownTable(
      ['Event', 'Legal in', 'Status after', 'Owner', 'Deadline'],
      LIFECYCLE_ROWS.map(([type, row]) => eventRow(type, row)),
    ),
    '',
    '## Statuses',
    '',
    'All statuses of Polydock. Those outside the upgrade path are legal as imported state.',
    '',
    ...markdownTable(
      ['Status', 'Label', 'Part in an upgrade'],
      INSTANCE_STATUSES.map((status) => [`\`${status}\``, labelOf(status), partOf(status)]),
    ),
    '',
  ].join('\n');
}

function eventRow(type: InstanceEventType, row: Transition): readonly string[] {
  return [
    `\`${type}\``,
    legalIn(row.from),
    statusAfter(row),
    row.owner === 'named-in-data' ? OWNER[row.owner] : (row.owner ?? 'nobody'),
    row.deadline ?? 'none',
  ];
}

function statusAfter({ to, owner }: Transition): string {
  if (to === 'unchanged') return 'as before';
  if (typeof to === 'string') return `\`${to}\``;
  if ('whenHealthy' in to) return `\`${to.whenHealthy}\` of a healthy app, else as before`;
  return owner === 'named-in-data'
    ? 'waiting for the stage named in the event'
    : 'named in the event';
}

function legalIn(from: Transition['from']): string {
  if (from === IN_FLIGHT_STATUSES) return 'every status of an upgrade in flight';
  return from
    .map((status) => (status === 'absent' ? 'not registered' : `\`${status}\``))
    .join(', ');
}

function partOf(status: string): string {
  if (isInFlight(status)) return 'in flight';
  if (isHealthy(status)) return 'start and end';
  const isEnd = LIFECYCLE_ROWS.some(([, { to }]) => to === status);
  return isEnd ? 'end of a failed upgrade' : '';
}

/** Between upgrades: they would hide the path. */
const LEFT_OUT: readonly InstanceEventType[] = ['InstanceRegistered', 'HealthReported'];

interface Edge {
  readonly from: InstanceStatus;
  readonly to: InstanceStatus;
  readonly event: InstanceEventType;
}

/** A mermaid state diagram, line by line. */
function lifecycleDiagram(): readonly string[] {
  const edges = edgesOf();
  const statuses = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  return [
    'stateDiagram-v2',
    ...statuses.map((status) => `  state "${labelOf(status)}" as ${idOf(status)}`),
    ...arrows(edges),
  ];
}

function edgesOf(): readonly Edge[] {
  return LIFECYCLE_ROWS.filter(([event]) => !LEFT_OUT.includes(event)).flatMap(([event, row]) =>
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

export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

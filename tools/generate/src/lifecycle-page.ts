import type { InstanceEventType, Transition } from '@uplift/domain';
import {
  IN_FLIGHT_STATUSES,
  INSTANCE_STATUSES,
  isInFlight,
  isHealthy,
  labelOf,
  LIFECYCLE,
} from '@uplift/domain';
import { lifecycleDiagram } from './lifecycle-diagram';
import { markdownTable } from './markdown-table';

const ROWS = Object.entries(LIFECYCLE) as [InstanceEventType, Transition][];

const OWNER = { 'named-in-data': 'the stage named in the event' } as const;

const TO = {
  'from-data': 'named in the event',
  'before-stage-in-data': 'waiting for the stage named in the event',
  unchanged: 'as before',
} as const;

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
    '"suspended": it stands still, and only the end of the whole attempt counts. "resumed": it goes on with what was left.',
    '',
    ...markdownTable(
      ['Event', 'Legal in', 'Status after', 'Owner', 'Deadline'],
      ROWS.map(([type, row]) => eventRow(type, row)),
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
    row.to in TO ? TO[row.to as keyof typeof TO] : `\`${row.to}\``,
    row.owner === 'named-in-data' ? OWNER[row.owner] : (row.owner ?? 'nobody'),
    row.deadline ?? 'none',
  ];
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
  const isEnd = ROWS.some(([, { to }]) => to === status);
  return isEnd ? 'end of a failed upgrade' : '';
}

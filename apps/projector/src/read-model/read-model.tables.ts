import type {
  FindingDocument,
  InstanceDocument,
  StageDocument,
  Stop,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { queryParameters } from '@uplift/contracts';
import type {
  FindingView,
  InstanceView,
  SwitchView,
  TimelineEntry,
  UpgradeView,
} from '@uplift/domain';
import { durationOf, labelOf, TIMED_STAGES } from '@uplift/domain';
import type { ShownOfInstance } from './next-steps';
import { commandsOf, waitOf } from './next-steps';
import type { Column } from './table';
import {
  flag,
  hidden,
  id,
  integer,
  isoTime,
  json,
  nullable,
  number,
  sealed,
  Table,
  text,
  time,
} from './table';

/**
 * Raised when a fold makes other rows of the same events, or rows get another column: older rows must be rebuilt,
 * never mixed.
 */
export const READ_MODEL_VERSION = 5;

const optionalTime = nullable(time);

/** In answers a list in the order of the path, of those stages that were reached. */
const stages: Column<UpgradeView['stages'], readonly StageDocument[]> = {
  ...json<UpgradeView['stages']>(),
  show: (reached) =>
    TIMED_STAGES.flatMap((stage) => {
      const times = reached[stage];
      if (!times) return [];
      return {
        stage,
        queuedAt: isoTime(times.queuedAt),
        startedAt: optionalTime.show(times.startedAt),
        endedAt: optionalTime.show(times.endedAt),
        ...durationOf(times),
      };
    }),
};

const unreadable: Column<InstanceView['unreadable'], InstanceDocument['unreadable']> = {
  ...nullable(json<InstanceView['unreadable']>()),
  show: (history) => history && { ...history, since: isoTime(history.since) },
};

/* The one place that names a column. Tables, rows, filters, pages and answers follow from these. */

export const INSTANCES = new Table<InstanceView, InstanceDocument>(
  'instances',
  {
    key: ['instanceId'],
    order: ['registeredAt', 'instanceId'],
    isNewestFirst: true,
    ofInstance: { field: 'instanceId' },
    listedBy: queryParameters('instanceList').map(({ member }) => member),
    // A project has few of them.
    unindexed: ['environment'],
  },
  {
    instanceId: id,
    project: text(),
    projectId: nullable(number),
    environment: text(),
    core: text(),
    app: text(),
    labels: json(),
    status: text(),
    statusLabel: { compute: ({ status }) => labelOf(status) },
    claimed: nullable(flag),
    currentUpgradeId: nullable(text()),
    lastUpgradeId: nullable(text()),
    failureReason: nullable(text()),
    reasonClass: nullable(text()),
    revision: integer,
    registeredAt: time,
    updatedAt: time,
    state: hidden(nullable(sealed())),
    unreadable,
    waitingFor: { derive: waitOf },
    allowedCommands: { derive: commandsOf },
  },
);

export const UPGRADES = new Table<UpgradeView, Omit<UpgradeDocument, keyof ShownOfInstance>>(
  'upgrades',
  {
    key: ['upgradeId'],
    order: ['requestedAt', 'upgradeId'],
    isNewestFirst: true,
    ofInstance: { field: 'instanceId' },
    listedBy: queryParameters('upgradeList').map(({ member }) => member),
    sortedBy: ['endedAt'],
  },
  {
    upgradeId: id,
    instanceId: id,
    attempt: integer,
    strategy: text(),
    target: nullable(json()),
    originStatus: text(),
    requestedBy: text(),
    reason: text(),
    rolloutId: nullable(text()),
    priority: nullable(text()),
    startBy: nullable(text()),
    repairs: nullable(text()),
    rollsBack: nullable(text()),
    outcome: text(),
    stage: nullable(text()),
    stages,
    calls: integer,
    buildName: nullable(text()),
    buildStatus: nullable(text()),
    buildStep: nullable(text()),
    warnings: flag,
    failure: nullable(json()),
    reasonClass: hidden(nullable(text())),
    requestedAt: time,
    endedAt: nullable(time),
    isAbandoned: hidden(flag),
    revision: integer,
  },
);

export const TIMELINE = new Table<TimelineEntry, TimelineEntryDocument>(
  'timeline',
  {
    key: ['instanceId', 'revision'],
    order: ['revision'],
    isAppendOnly: true,
    ofInstance: { field: 'instanceId' },
  },
  {
    instanceId: id,
    revision: integer,
    eventId: text(),
    at: time,
    eventType: text(),
    status: text(),
    upgradeId: nullable(text()),
    note: nullable(text()),
  },
);

export const SWITCHES = new Table<SwitchView, Stop>(
  'switches',
  { key: ['switchId'], order: ['switchId'] },
  {
    switchId: hidden(id),
    core: nullable(text()),
    isStopped: hidden(flag),
    since: time,
    requestedBy: text(),
    reason: text(),
  },
);

export const FINDINGS = new Table<FindingView, FindingDocument>(
  'findings',
  {
    key: ['findingId'],
    order: ['lastAt', 'findingId'],
    isNewestFirst: true,
    ofInstance: { field: 'subject', prefix: 'instance-' },
    listedBy: queryParameters('systemFindings').map(({ member }) => member),
  },
  {
    findingId: id,
    kind: text(),
    subject: text(),
    detail: text(),
    evidence: json(),
    count: integer,
    open: flag,
    firstAt: time,
    lastAt: time,
    closedAt: nullable(time),
    closedBy: nullable(text()),
    closeReason: nullable(text()),
  },
);

export const TABLES = [INSTANCES, UPGRADES, TIMELINE, SWITCHES, FINDINGS] as const;

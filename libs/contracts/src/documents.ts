import {
  FINDING_KINDS,
  HEALTHY_STATUSES,
  INSTANCE_STATUSES,
  REASON_CLASS_NAMES,
  RUNNING_STATUSES,
  TIMED_STAGES,
  UPGRADE_OUTCOMES,
  UPGRADE_STRATEGIES,
} from '@uplift/domain';
import { upgradeTarget } from './events/work-order.schema';
import { ALLOWED_COMMAND_SCHEMA, evidence, WAITING_SCHEMA } from './next-steps';
import type { Schema } from './schema';
import {
  count,
  dateTime,
  documented,
  flag,
  list,
  named,
  nullable,
  object,
  oneOf,
  plain,
  record,
  revision,
  text,
  uuid,
  wholeNumber,
} from './schema';

/* What the read model shows. Times are RFC 3339, positions decimal text. */

export const position: Schema<string> = plain({ type: 'string', pattern: '^\\d+$' });
export const status = oneOf(INSTANCE_STATUSES);
const reason = documented('By its present name, see docs/reasons.md', text);
const reasonClass = oneOf(REASON_CLASS_NAMES);
const timedStage = oneOf(TIMED_STAGES);

/** Why a read model does not follow the store. */
const STALE_REASONS = [
  /** It was made from another store, or from a later state of this one. */
  'store-diverged',
  /** It has stopped, and goes on only as another build or after a rebuild. */
  'projection-halted',
  /** Store or database are away: it goes on by itself. */
  'projection-interrupted',
] as const;

export type StaleReason = (typeof STALE_REASONS)[number];

const asOf = named(
  'AsOf',
  object(
    {
      position: documented('The answer reflects the store up to here', position),
      at: documented('Up to this moment the answer is known to be complete', dateTime),
      ageMs: documented('From then to the answer', revision),
    },
    {
      reason: documented(
        'Why the read model does not follow the store; absent while it does',
        oneOf(STALE_REASONS),
      ),
      detail: documented('The reason in words', text),
    },
  ),
);

/** A switch that forbids starts. */
const stop = named(
  'Stop',
  object({
    core: documented('Lagoon core whose starts are stopped; null: all of them', nullable(text)),
    since: dateTime,
    requestedBy: text,
    reason: text,
  }),
);
const stops = documented('Switches in force: what they cover starts nothing', list(stop));

const NEXT_STEPS = {
  waitingFor: documented('Null if nothing holds it up', nullable(WAITING_SCHEMA)),
  allowedCommands: list(ALLOWED_COMMAND_SCHEMA),
};

const unreadable = nullable(
  named(
    'UnreadableHistory',
    object({
      eventId: uuid,
      eventType: text,
      revision,
      reason: documented('A code, for example newer-version', text),
      detail: text,
      since: documented('Time of the event', dateTime),
      laterEvents: documented('Events that came after it, and changed nothing', wholeNumber),
    }),
  ),
);

export const instance = named(
  'Instance',
  object({
    instanceId: uuid,
    project: text,
    projectId: nullable(wholeNumber),
    environment: text,
    core: text,
    app: text,
    labels: record(text),
    status,
    statusLabel: text,
    claimed: nullable(flag),
    currentUpgradeId: nullable(uuid),
    lastUpgradeId: nullable(uuid),
    failureReason: nullable(reason),
    reasonClass: nullable(reasonClass),
    revision,
    registeredAt: dateTime,
    updatedAt: dateTime,
    unreadable: documented(
      'Null while the history can be read; else the event that cannot, and the rest is as it was before it',
      unreadable,
    ),
    ...NEXT_STEPS,
  }),
);

export const timelineEntry = named(
  'TimelineEntry',
  object({
    instanceId: uuid,
    revision,
    eventId: uuid,
    at: dateTime,
    eventType: text,
    status,
    upgradeId: nullable(uuid),
    note: nullable(text),
  }),
);

const stage = named(
  'Stage',
  object({
    stage: timedStage,
    queuedAt: dateTime,
    startedAt: nullable(dateTime),
    endedAt: nullable(dateTime),
    queuedMs: nullable(wholeNumber),
    activeMs: nullable(wholeNumber),
  }),
);

const INSTANCE_OF_UPGRADE = {
  project: text,
  environment: text,
  core: text,
  app: text,
  status: documented('Of its instance, as that is: a later upgrade may have changed it', status),
};

export const upgrade = named(
  'Upgrade',
  object({
    upgradeId: uuid,
    instanceId: uuid,
    ...INSTANCE_OF_UPGRADE,
    attempt: count,
    strategy: oneOf(UPGRADE_STRATEGIES),
    target: nullable(upgradeTarget),
    originStatus: oneOf(HEALTHY_STATUSES),
    requestedBy: text,
    reason: text,
    rolloutId: nullable(text),
    priority: nullable(oneOf(['urgent'])),
    startBy: documented('It expires if it has not begun by then', nullable(dateTime)),
    repairs: documented('The ill status that it is to mend', nullable(oneOf(RUNNING_STATUSES))),
    rollsBack: documented('The upgrade whose deployment it takes back', nullable(uuid)),
    outcome: oneOf(UPGRADE_OUTCOMES),
    stage: nullable(timedStage),
    stages: documented('In the order of the path; only those that were reached', list(stage)),
    calls: documented('Deploy calls made to Lagoon', wholeNumber),
    buildName: nullable(text),
    buildStatus: nullable(text),
    buildStep: nullable(text),
    warnings: flag,
    failure: nullable(
      named('UpgradeFailure', object({ reason, reasonClass, evidence, retryable: flag })),
    ),
    requestedAt: dateTime,
    endedAt: nullable(dateTime),
    revision,
    unreadable: documented('Of its instance, while this is its last upgrade', unreadable),
    ...NEXT_STEPS,
  }),
);

const percentile: Schema<number | null> = nullable(plain<number>({ type: 'number' }));
const percentiles = named('Percentiles', object({ p50: percentile, p95: percentile }));

const stageStats = named(
  'StageStats',
  object({
    stage: timedStage,
    count: documented('Upgrades that began the stage', wholeNumber),
    queuedMs: percentiles,
    activeMs: percentiles,
  }),
);

export const stats = {
  instances: named('InstanceCounts', object({ total: wholeNumber, byStatus: record(wholeNumber) })),
  upgrades: named('UpgradeCounts', object({ total: wholeNumber, byOutcome: record(wholeNumber) })),
  stages: list(stageStats),
};

export const finding = named(
  'Finding',
  object({
    findingId: uuid,
    kind: documented('See docs/operations.md for what to do about each', oneOf(FINDING_KINDS)),
    subject: documented('A stream, a category, an epoch of the bus, a setting, a process', text),
    detail: text,
    evidence,
    count: documented('How often it was come upon in all', count),
    open: documented('Nobody has looked after it, and it has not ended by itself', flag),
    firstAt: dateTime,
    lastAt: documented('When it was told last', dateTime),
    closedAt: nullable(dateTime),
    closedBy: nullable(text),
    closeReason: nullable(text),
  }),
);

/** What every answer of the read model ends with. */
export const READ = { stops, asOf };

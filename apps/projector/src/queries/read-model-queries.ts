import type {
  InstanceDocument,
  Query,
  QueryAnswer,
  Stats,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { DEFAULT_PAGE_LENGTH, refusal } from '@uplift/contracts';
import type { FindingView, InstanceView, TimelineEntry, UpgradeView } from '@uplift/domain';
import { TIMED_STAGES, UPGRADE_OUTCOMES } from '@uplift/domain';
import type { Snapshot } from '../read-model/read-model.port';
import type { ShownOfInstance } from '../read-model/next-steps';
import { NO_STATE } from '../read-model/next-steps';
import { FINDINGS, INSTANCES, TIMELINE, UPGRADES } from '../read-model/read-model.tables';
import type { Page } from './cursor';
import { readCursor, toPage } from './cursor';

/** Upgrades whose durations are measured: the newest. */
const MEASURED_UPGRADES = 10_000;
const OF_INSTANCES = ['project', 'environment', 'core', 'app', 'status'] as const;
const NO_OUTCOME = Object.fromEntries(UPGRADE_OUTCOMES.map((outcome) => [outcome, 0]));
const NO_TIME = { p50: null, p95: null };
const NOT_REACHED = { count: 0, queuedMs: NO_TIME, activeMs: NO_TIME };

export async function instanceById(
  snapshot: Snapshot,
  instanceId: string,
): Promise<InstanceDocument> {
  const view = await snapshot.find(INSTANCES, instanceId);
  if (view) return INSTANCES.show(view);
  const detail = `No instance ${instanceId} is known. If it was registered just now, ask with minPosition.`;
  throw refusal('instance-not-found', detail, { instanceId });
}

export async function instancePage(
  snapshot: Snapshot,
  { cursor, limit = DEFAULT_PAGE_LENGTH, sort, ...query }: Query<'instanceList'>,
  maxBytes: number,
): Promise<Page<InstanceDocument>> {
  const where = INSTANCES.filterOf(query);
  const order = INSTANCES.orderBy(sort);
  const after = readCursor(INSTANCES, cursor, order);
  const views = await snapshot.page(INSTANCES, { where, order, after, limit: limit + 1 });
  const show = (view: InstanceView) => INSTANCES.show(view);
  return toPage(INSTANCES, views, { limit, maxBytes, order, show });
}

/** Oldest first. */
export async function timelinePage(
  snapshot: Snapshot,
  { instanceId, cursor, limit = DEFAULT_PAGE_LENGTH }: Query<'instanceTimeline'>,
  maxBytes: number,
): Promise<Page<TimelineEntryDocument> & { readonly instanceId: string }> {
  const after = readCursor(TIMELINE, cursor);
  const views = await snapshot.page(TIMELINE, { where: { instanceId }, after, limit: limit + 1 });
  if (views.length === 0) await instanceById(snapshot, instanceId);
  const show = (view: TimelineEntry) => TIMELINE.show(view);
  return { instanceId, ...toPage(TIMELINE, views, { limit, maxBytes, show }) };
}

export async function upgradeById(snapshot: Snapshot, upgradeId: string): Promise<UpgradeDocument> {
  const view = await snapshot.find(UPGRADES, upgradeId);
  if (view) return showUpgrade(view, await snapshot.find(INSTANCES, view.instanceId));
  const detail = `No upgrade ${upgradeId} is known. If it was requested just now, ask with minPosition.`;
  throw refusal('upgrade-not-found', detail);
}

export async function upgradePage(
  snapshot: Snapshot,
  { cursor, limit = DEFAULT_PAGE_LENGTH, sort, ...query }: Query<'upgradeList'>,
  maxBytes: number,
): Promise<Page<UpgradeDocument>> {
  const order = UPGRADES.orderBy(sort);
  const after = readCursor(UPGRADES, cursor, order);
  const views = await snapshot.ofInstances(instancesIn(query)).page(UPGRADES, {
    where: UPGRADES.filterOf(query),
    within: { field: 'requestedAt', from: timeIn(query.since), before: timeIn(query.until) },
    ...{ order, after, limit: limit + 1 },
  });
  const ids = new Set(views.map(({ instanceId }) => instanceId));
  const found = await snapshot.findAll(INSTANCES, [...ids]);
  const instances = new Map(found.map((instance) => [instance.instanceId, instance]));
  const show = (view: UpgradeView) => showUpgrade(view, instances.get(view.instanceId));
  return toPage(UPGRADES, views, { limit, maxBytes, order, show });
}

function timeIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** The instances that a query about something else names. */
function instancesIn(
  query: Partial<Pick<InstanceView, (typeof OF_INSTANCES)[number]>>,
): Partial<InstanceView> {
  const named = OF_INSTANCES.filter((field) => query[field] !== undefined);
  return Object.fromEntries(named.map((field) => [field, query[field]]));
}

function showUpgrade(view: UpgradeView, instance: InstanceView | undefined): UpgradeDocument {
  const { upgradeId, instanceId } = view;
  if (!instance) throw new Error(`Upgrade ${upgradeId} is of ${instanceId}, which has no row`);
  return { ...UPGRADES.show(view), ...shownOf(instance, upgradeId) };
}

/** What is possible, and waited for, as long as no other upgrade has followed. */
function shownOf(instance: InstanceView, upgradeId: string): ShownOfInstance {
  const { project, environment, core, app, status } = instance;
  const names = { project, environment, core, app, status };
  if (instance.lastUpgradeId !== upgradeId) return { ...names, ...NO_STATE };
  const { waitingFor, allowedCommands, unreadable } = INSTANCES.show(instance);
  return { ...names, waitingFor, allowedCommands, unreadable };
}

/** Those that were told last come first. */
export async function findingPage(
  snapshot: Snapshot,
  { cursor, limit = DEFAULT_PAGE_LENGTH, ...query }: Query<'systemFindings'>,
  maxBytes: number,
): Promise<Omit<QueryAnswer<'systemFindings'>, 'stops' | 'asOf'>> {
  const openByKind = await snapshot.countBy(FINDINGS, 'kind', { open: true });
  const where = FINDINGS.filterOf(query);
  const after = readCursor(FINDINGS, cursor);
  const views = await snapshot.page(FINDINGS, { where, after, limit: limit + 1 });
  const show = (view: FindingView) => FINDINGS.show(view);
  return { ...toPage(FINDINGS, views, { limit, maxBytes, show }), openByKind };
}

/** Durations are of the newest 10,000 upgrades. */
export async function stats(whole: Snapshot, query: Query<'instanceStats'>): Promise<Stats> {
  const snapshot = whole.ofInstances(instancesIn(query));
  const byStatus = await snapshot.countBy(INSTANCES, 'status');
  const byOutcome = await snapshot.countBy(UPGRADES, 'outcome');
  const measured = await snapshot.stageStats(MEASURED_UPGRADES);
  return {
    instances: { total: sum(byStatus), byStatus },
    upgrades: { total: sum(byOutcome), byOutcome: { ...NO_OUTCOME, ...byOutcome } },
    stages: TIMED_STAGES.map(
      (stage) => measured.find((each) => each.stage === stage) ?? { stage, ...NOT_REACHED },
    ),
  };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

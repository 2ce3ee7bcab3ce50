import type {
  InstanceDocument,
  Query,
  QueryAnswer,
  Stats,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import { DEFAULT_PAGE_LENGTH, refusal } from '@uplift/contracts';
import type { UpgradeView } from '@uplift/domain';
import { TIMED_STAGES, UPGRADE_OUTCOMES } from '@uplift/domain';
import type { Snapshot } from '../read-model/read-model.port';
import type { StateOfInstance } from '../read-model/next-steps';
import { NO_STATE } from '../read-model/next-steps';
import { FINDINGS, INSTANCES, TIMELINE, UPGRADES } from '../read-model/read-model.tables';
import type { Page } from './cursor';
import { readCursor, toPage } from './cursor';

/** Upgrades whose durations are measured: the newest. */
const MEASURED_UPGRADES = 10_000;
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

/** Newest first. */
export async function instancePage(
  snapshot: Snapshot,
  { cursor, limit = DEFAULT_PAGE_LENGTH, ...query }: Query<'instanceList'>,
  maxBytes: number,
): Promise<Page<InstanceDocument>> {
  const where = INSTANCES.filterOf(query);
  const after = readCursor(INSTANCES, cursor);
  const views = await snapshot.page(INSTANCES, { where, after, limit: limit + 1 });
  return toPage(INSTANCES, views, { limit, maxBytes });
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
  return { instanceId, ...toPage(TIMELINE, views, { limit, maxBytes }) };
}

export async function upgradeById(snapshot: Snapshot, upgradeId: string): Promise<UpgradeDocument> {
  const view = await snapshot.find(UPGRADES, upgradeId);
  if (view) return { ...UPGRADES.show(view), ...(await stateOfInstance(snapshot, view)) };
  const detail = `No upgrade ${upgradeId} is known. If it was requested just now, ask with minPosition.`;
  throw refusal('upgrade-not-found', detail);
}

/** As long as no other upgrade has followed. */
async function stateOfInstance(
  snapshot: Snapshot,
  { instanceId, upgradeId }: UpgradeView,
): Promise<StateOfInstance> {
  const instance = await snapshot.find(INSTANCES, instanceId);
  if (instance?.lastUpgradeId !== upgradeId) return NO_STATE;
  const { waitingFor, allowedCommands, unreadable } = INSTANCES.show(instance);
  return { waitingFor, allowedCommands, unreadable };
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
  return { ...toPage(FINDINGS, views, { limit, maxBytes }), openByKind };
}

/** Durations are of the newest 10,000 upgrades. */
export async function stats(snapshot: Snapshot): Promise<Stats> {
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

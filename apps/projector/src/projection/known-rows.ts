import type { FindingView, InstanceEvent, InstanceView, UpgradeView } from '@uplift/domain';
import { findingIdIn, upgradeIdOf } from '@uplift/domain';
import type { ReadModel, ReadModelChanges } from '../read-model/read-model.port';
import { FINDINGS, INSTANCES, UPGRADES } from '../read-model/read-model.tables';
import type { Table } from '../read-model/table';
import type { KnownRows } from './read-model-fold';
import type { ReadableEvent } from './readable-event';

const CACHED_ROWS = 20_000;

/** The rows a fold starts from: those of recent batches, the others fetched in one query per table. */
export class CachedRows implements KnownRows {
  private readonly instances: RowCache<InstanceView>;
  private readonly upgrades: RowCache<UpgradeView>;
  private readonly findings: RowCache<FindingView>;

  constructor(readModel: ReadModel) {
    this.instances = new RowCache(readModel, INSTANCES, CACHED_ROWS);
    this.upgrades = new RowCache(readModel, UPGRADES, CACHED_ROWS);
    this.findings = new RowCache(readModel, FINDINGS, CACHED_ROWS);
  }

  instance(instanceId: string): InstanceView | undefined {
    return this.instances.get(instanceId);
  }

  upgrade(upgradeId: string): UpgradeView | undefined {
    return this.upgrades.get(upgradeId);
  }

  finding(findingId: string): FindingView | undefined {
    return this.findings.get(findingId);
  }

  async prepare(events: readonly ReadableEvent[]): Promise<void> {
    const { instances, upgrades, findings } = idsIn(events);
    await Promise.all([
      this.instances.fetch(instances),
      this.upgrades.fetch(upgrades),
      this.findings.fetch(findings),
    ]);
  }

  /** To be called once the changes are in the database. */
  remember({ instances, upgrades, findings }: ReadModelChanges): void {
    this.instances.remember(instances);
    this.upgrades.remember(upgrades);
    this.findings.remember(findings);
  }

  /** To be called whenever somebody else may have written. */
  forget(): void {
    this.instances.clear();
    this.upgrades.clear();
    this.findings.clear();
  }
}

/** The rows of a table used last. Right only while nobody else writes them: cleared when that is in doubt. */
export class RowCache<View> {
  private readonly rows = new Map<string, View>();

  constructor(
    private readonly readModel: Pick<ReadModel, 'load'>,
    private readonly table: Table<View>,
    private readonly limit: number,
  ) {}

  get(id: string): View | undefined {
    return this.rows.get(id);
  }

  /** Those of the rows that are not here yet; one that does not exist stays absent. */
  async fetch(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.rows.has(id));
    if (missing.length === 0) return;
    for (const view of await this.readModel.load(this.table, missing)) this.set(view);
  }

  /** Over the limit those are forgotten that were not written for the longest time. */
  remember(views: readonly View[]): void {
    for (const view of views) this.set(view);
    for (const id of this.rows.keys()) {
      if (this.rows.size <= this.limit) return;
      this.rows.delete(id);
    }
  }

  clear(): void {
    this.rows.clear();
  }

  private set(view: View): void {
    const id = this.table.idOf(view);
    this.rows.delete(id);
    this.rows.set(id, view);
  }
}

/** Rows that may exist before the batch: those that it does not itself create first. */
function idsIn(events: readonly ReadableEvent[]) {
  const instances = new Map<string, boolean>();
  const upgrades = new Map<string, boolean>();
  const findings = new Set<string>();
  for (const event of events) {
    if (event.kind === 'instance' || event.kind === 'unreadable') {
      first(instances, event.instanceId, event.stored.revision > 0);
    }
    if (event.kind === 'instance') noteUpgrade(upgrades, event.recorded.event);
    const findingId = event.kind === 'system' ? findingIdIn(event.recorded) : null;
    if (findingId !== null) findings.add(findingId);
  }
  return { instances: wanted(instances), upgrades: wanted(upgrades), findings: [...findings] };
}

function noteUpgrade(upgrades: Map<string, boolean>, event: InstanceEvent): void {
  const upgradeId = upgradeIdOf(event);
  if (upgradeId !== null) first(upgrades, upgradeId, event.type !== 'UpgradeRequested');
}

function first(ids: Map<string, boolean>, id: string, mayExist: boolean): void {
  if (!ids.has(id)) ids.set(id, mayExist);
}

function wanted(ids: ReadonlyMap<string, boolean>): string[] {
  return [...ids].filter(([, mayExist]) => mayExist).map(([id]) => id);
}

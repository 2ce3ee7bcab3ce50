import type { InstanceView, UpgradeView } from '@uplift/domain';
import { upgradeIdOf } from '@uplift/domain';
import type { ReadModel, ReadModelChanges } from '../read-model/read-model.port';
import { INSTANCES, UPGRADES } from '../read-model/read-model.tables';
import type { Table } from '../read-model/table';
import type { KnownRows, ReadableEvent } from './read-model-fold';

const CACHED_ROWS = 20_000;

/** The rows a fold starts from: those of recent batches, the others fetched in one query per table. */
export class CachedRows implements KnownRows {
  private readonly instances = new RowCache<InstanceView>(CACHED_ROWS);
  private readonly upgrades = new RowCache<UpgradeView>(CACHED_ROWS);

  constructor(private readonly readModel: ReadModel) {}

  instance(instanceId: string): InstanceView | undefined {
    return this.instances.get(instanceId);
  }

  upgrade(upgradeId: string): UpgradeView | undefined {
    return this.upgrades.get(upgradeId);
  }

  async prepare(events: readonly ReadableEvent[]): Promise<void> {
    const { instanceIds, upgradeIds } = idsIn(events);
    const [instances, upgrades] = await Promise.all([
      this.fetch(
        INSTANCES,
        instanceIds.filter((id) => !this.instances.has(id)),
      ),
      this.fetch(
        UPGRADES,
        upgradeIds.filter((id) => !this.upgrades.has(id)),
      ),
    ]);
    this.keep(instances, upgrades);
  }

  /** To be called once the changes are in the database. */
  remember({ instances, upgrades }: ReadModelChanges): void {
    this.keep(instances, upgrades);
    this.instances.trim();
    this.upgrades.trim();
  }

  /** To be called whenever somebody else may have written. */
  forget(): void {
    this.instances.clear();
    this.upgrades.clear();
  }

  private keep(instances: readonly InstanceView[], upgrades: readonly UpgradeView[]): void {
    for (const view of instances) this.instances.set(view.instanceId, view);
    for (const view of upgrades) this.upgrades.set(view.upgradeId, view);
  }

  private async fetch<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    return ids.length === 0 ? [] : this.readModel.load(table, ids);
  }
}

/** The rows used last, by key. Right only while nobody else writes them: cleared when that is in doubt. */
export class RowCache<Row> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly limit: number) {}

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  has(key: string): boolean {
    return this.rows.has(key);
  }

  set(key: string, row: Row): void {
    this.rows.delete(key);
    this.rows.set(key, row);
  }

  /** Forgets the rows that were not written for the longest time. */
  trim(): void {
    for (const key of this.rows.keys()) {
      if (this.rows.size <= this.limit) return;
      this.rows.delete(key);
    }
  }

  clear(): void {
    this.rows.clear();
  }
}

/** Rows that must exist before the batch: those that it does not itself create first. */
function idsIn(events: readonly ReadableEvent[]) {
  const instances = new Map<string, boolean>();
  const upgrades = new Map<string, boolean>();
  for (const { recorded } of events) {
    const { instanceId, revision, event } = recorded;
    const upgradeId = upgradeIdOf(event);
    if (!instances.has(instanceId)) instances.set(instanceId, revision > 0);
    if (upgradeId === null || upgrades.has(upgradeId)) continue;
    upgrades.set(upgradeId, event.type !== 'UpgradeRequested');
  }
  return { instanceIds: wanted(instances), upgradeIds: wanted(upgrades) };
}

function wanted(ids: ReadonlyMap<string, boolean>): string[] {
  return [...ids].filter(([, mustExist]) => mustExist).map(([id]) => id);
}

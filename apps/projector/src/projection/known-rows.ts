import type { InstanceView, UpgradeView } from '@uplift/domain';
import { upgradeIdOf } from '@uplift/domain';
import { sql } from 'kysely';
import { toInstanceView } from '../database/instance.row';
import type { ReadModelDatabase } from '../database/read-model.tables';
import { toUpgradeView } from '../database/upgrade.row';
import type { KnownRows, ReadableEvent, ReadModelFold } from './read-model-fold';
import { RowCache } from './row-cache';

const CACHED_ROWS = 20_000;

/** The rows a fold starts from: those of recent batches, the others fetched in one query per table. */
export class CachedRows implements KnownRows {
  private readonly instances = new RowCache<InstanceView>(CACHED_ROWS);
  private readonly upgrades = new RowCache<UpgradeView>(CACHED_ROWS);

  constructor(private readonly database: ReadModelDatabase) {}

  instance(instanceId: string): InstanceView | undefined {
    return this.instances.get(instanceId);
  }

  upgrade(upgradeId: string): UpgradeView | undefined {
    return this.upgrades.get(upgradeId);
  }

  async prepare(events: readonly ReadableEvent[]): Promise<void> {
    const { instanceIds, upgradeIds } = namesIn(events);
    await Promise.all([
      this.fetchInstances(instanceIds.filter((id) => !this.instances.has(id))),
      this.fetchUpgrades(upgradeIds.filter((id) => !this.upgrades.has(id))),
    ]);
  }

  /** To be called once the fold is in the database. */
  remember({ instances, upgrades }: Pick<ReadModelFold, 'instances' | 'upgrades'>): void {
    for (const [id, view] of instances) this.instances.set(id, view);
    for (const [id, view] of upgrades) this.upgrades.set(id, view);
    this.instances.trim();
    this.upgrades.trim();
  }

  /** To be called whenever somebody else may have written. */
  forget(): void {
    this.instances.clear();
    this.upgrades.clear();
  }

  private async fetchInstances(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const query = this.database.selectFrom('instances').selectAll();
    const rows = await query.where(sql<boolean>`instance_id = any(${ids})`).execute();
    for (const row of rows) this.instances.set(row.instance_id, toInstanceView(row));
  }

  private async fetchUpgrades(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const query = this.database.selectFrom('upgrades').selectAll();
    const rows = await query.where(sql<boolean>`upgrade_id = any(${ids})`).execute();
    for (const row of rows) this.upgrades.set(row.upgrade_id, toUpgradeView(row));
  }
}

/** Rows that must exist before the batch: those that it does not itself create first. */
function namesIn(events: readonly ReadableEvent[]) {
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

function wanted(names: ReadonlyMap<string, boolean>): string[] {
  return [...names].filter(([, mustExist]) => mustExist).map(([name]) => name);
}

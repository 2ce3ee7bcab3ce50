import type { ReadModelDatabase } from '../database/read-model.tables';
import { toUpgradeView } from '../database/upgrade.row';
import type { UpgradeAnswer } from './answers';
import { upgradeAnswer } from './answers';
import { QUERY_PROBLEMS } from './query-problems';

export async function upgradeById(
  snapshot: ReadModelDatabase,
  upgradeId: string,
): Promise<UpgradeAnswer> {
  const query = snapshot.selectFrom('upgrades').selectAll();
  const row = await query.where('upgrade_id', '=', upgradeId).executeTakeFirst();
  if (!row) throw QUERY_PROBLEMS.upgradeNotFound(upgradeId);
  return upgradeAnswer(toUpgradeView(row));
}

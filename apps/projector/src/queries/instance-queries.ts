import { instanceAnswer, timelineEntryAnswer } from './answers';
import type { InstanceAnswer, TimelineEntryAnswer } from './answers';
import { toInstanceView } from '../database/instance.row';
import type { InstancesTable, ReadModelDatabase } from '../database/read-model.tables';
import { toTimelineEntry } from '../database/timeline.row';
import { sql } from 'kysely';
import { decodeCursor, encodeCursor, isAgeKey, isRevisionKey } from './cursor';
import type { Page } from './page';
import { toPage } from './page';
import type { InstanceListQuery, InstanceTimelineQuery } from './query-bodies';
import { QUERY_PROBLEMS } from './query-problems';

const FILTERS = ['status', 'project', 'app', 'core'] as const;

export async function instanceById(
  snapshot: ReadModelDatabase,
  instanceId: string,
): Promise<InstanceAnswer> {
  const query = snapshot.selectFrom('instances').selectAll();
  const row = await query.where('instance_id', '=', instanceId).executeTakeFirst();
  if (!row) throw QUERY_PROBLEMS.instanceNotFound(instanceId);
  return instanceAnswer(toInstanceView(row));
}

/** Newest first. */
export async function instancePage(
  snapshot: ReadModelDatabase,
  query: InstanceListQuery,
): Promise<Page<InstanceAnswer>> {
  let select = snapshot.selectFrom('instances').selectAll();
  for (const filter of FILTERS) {
    const value = query[filter];
    if (value !== undefined) select = select.where(filter, '=', value);
  }
  if (query.cursor !== undefined) {
    const [at, id] = decodeCursor(query.cursor, isAgeKey);
    select = select.where(sql<boolean>`(registered_at, instance_id) < (${at}::timestamptz, ${id})`);
  }
  const ordered = select.orderBy('registered_at', 'desc').orderBy('instance_id', 'desc');
  const rows = await ordered.limit(query.limit + 1).execute();
  return toPage(rows, query.limit, (row) => instanceAnswer(toInstanceView(row)), cursorAfter);
}

/** Oldest first. */
export async function timelinePage(
  snapshot: ReadModelDatabase,
  { instanceId, cursor, limit }: InstanceTimelineQuery,
): Promise<Page<TimelineEntryAnswer> & { readonly instanceId: string }> {
  const [after] = cursor === undefined ? [-1] : decodeCursor(cursor, isRevisionKey);
  const select = snapshot.selectFrom('timeline').selectAll();
  const rows = await select
    .where('instance_id', '=', instanceId)
    .where('revision', '>', after)
    .orderBy('revision')
    .limit(limit + 1)
    .execute();
  if (rows.length === 0) await instanceById(snapshot, instanceId);
  const page = toPage(
    rows,
    limit,
    (row) => timelineEntryAnswer(toTimelineEntry(row)),
    ({ revision }) => encodeCursor([revision]),
  );
  return { instanceId, ...page };
}

function cursorAfter({ registered_at, instance_id }: InstancesTable): string {
  return encodeCursor([registered_at.toISOString(), instance_id]);
}

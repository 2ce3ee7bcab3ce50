import type { InstanceStatus, TimedStage, UpgradeOutcome } from '@uplift/domain';
import { TIMED_STAGES } from '@uplift/domain';
import { sql } from 'kysely';
import type { ReadModelDatabase } from '../database/read-model.tables';

/** Upgrades whose durations are measured: the newest. */
const MEASURED_UPGRADES = 10_000;

/** Whole milliseconds; null without a value. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface StageStats {
  readonly stage: TimedStage;
  /** Upgrades that began the stage. */
  readonly count: number;
  readonly queuedMs: Percentiles;
  readonly activeMs: Percentiles;
}

export interface Stats {
  readonly instances: {
    readonly total: number;
    readonly byStatus: Partial<Record<InstanceStatus, number>>;
  };
  readonly upgrades: {
    readonly total: number;
    readonly byOutcome: Record<UpgradeOutcome, number>;
  };
  /** Over the newest 10,000 upgrades. */
  readonly stages: readonly StageStats[];
}

export async function stats(snapshot: ReadModelDatabase): Promise<Stats> {
  const byStatus = await countsOf(snapshot, 'instances', 'status');
  const byOutcome = await countsOf(snapshot, 'upgrades', 'outcome');
  return {
    instances: { total: sum(byStatus), byStatus },
    upgrades: {
      total: sum(byOutcome),
      byOutcome: { 'in-flight': 0, succeeded: 0, failed: 0, cancelled: 0, ...byOutcome },
    },
    stages: await stageStats(snapshot),
  };
}

async function countsOf(
  snapshot: ReadModelDatabase,
  table: 'instances' | 'upgrades',
  column: 'status' | 'outcome',
): Promise<Record<string, number>> {
  const { rows } = await sql<{ readonly name: string; readonly count: string }>`
    select ${sql.ref(column)} as name, count(*) as count
    from ${sql.table(table)} group by 1 order by 1`.execute(snapshot);
  return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
}

interface StageRow {
  readonly stage: TimedStage;
  readonly count: string;
  readonly queued: readonly [number, number] | null;
  readonly active: readonly [number, number] | null;
}

async function stageStats(snapshot: ReadModelDatabase): Promise<StageStats[]> {
  const { rows } = await sql<StageRow>`
    with durations as (
      select entry.key as stage,
        (value->>'startedAt')::bigint - (value->>'queuedAt')::bigint as queued,
        (value->>'endedAt')::bigint - (value->>'startedAt')::bigint as active
      from (
        select stages from upgrades order by requested_at desc, upgrade_id desc
        limit ${sql.lit(MEASURED_UPGRADES)}
      ) as newest, jsonb_each(newest.stages) as entry(key, value)
    )
    select stage, count(queued) as count,
      to_jsonb(percentile_disc(array[0.5, 0.95]) within group (order by queued)) as queued,
      to_jsonb(percentile_disc(array[0.5, 0.95]) within group (order by active)) as active
    from durations group by stage`.execute(snapshot);
  const byStage = new Map(rows.map((row) => [row.stage, row]));
  return TIMED_STAGES.map((stage) => toStageStats(stage, byStage.get(stage)));
}

function toStageStats(stage: TimedStage, row: StageRow | undefined): StageStats {
  return {
    stage,
    count: Number(row?.count ?? 0),
    queuedMs: percentiles(row?.queued),
    activeMs: percentiles(row?.active),
  };
}

function percentiles(values: readonly number[] | null | undefined): Percentiles {
  return { p50: values?.[0] ?? null, p95: values?.[1] ?? null };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

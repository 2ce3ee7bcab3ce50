import type { InstanceView, TimelineEntry, UpgradeView } from '@uplift/domain';
import type { Kysely } from 'kysely';

export interface InstancesTable {
  readonly instance_id: string;
  readonly project: string;
  readonly project_id: number | null;
  readonly environment: string;
  readonly core: string;
  readonly app: string;
  readonly labels: InstanceView['labels'];
  readonly status: InstanceView['status'];
  readonly claimed: boolean | null;
  readonly current_upgrade_id: string | null;
  readonly last_upgrade_id: string | null;
  readonly failure_reason: string | null;
  readonly revision: number;
  readonly registered_at: Date;
  readonly updated_at: Date;
}

export interface UpgradesTable {
  readonly upgrade_id: string;
  readonly instance_id: string;
  readonly attempt: number;
  readonly strategy: UpgradeView['strategy'];
  readonly target: UpgradeView['target'];
  readonly origin_status: UpgradeView['originStatus'];
  readonly requested_by: string;
  readonly reason: string;
  readonly rollout_id: string | null;
  readonly outcome: UpgradeView['outcome'];
  readonly stage: UpgradeView['stage'];
  readonly stages: UpgradeView['stages'];
  readonly calls: number;
  readonly build_name: string | null;
  readonly build_status: string | null;
  readonly build_step: string | null;
  readonly warnings: boolean;
  readonly waiting_for: string | null;
  readonly failure: UpgradeView['failure'];
  readonly requested_at: Date;
  readonly ended_at: Date | null;
  readonly revision: number;
}

export interface TimelineTable {
  readonly instance_id: string;
  readonly revision: number;
  readonly event_id: string;
  readonly at: Date;
  readonly event_type: string;
  readonly status: TimelineEntry['status'];
  readonly upgrade_id: string | null;
  readonly note: string | null;
}

/** One row: what the other tables reflect. */
export interface CheckpointTable {
  readonly only_row: boolean;
  /** Changes with every rebuild: a projector that knew the old tables loses its next write. */
  readonly generation: string;
  readonly version: number;
  /** 64 bit as decimal string; null before the first event. */
  readonly position: string | null;
  readonly events: string;
  readonly last_event_id: string | null;
  readonly last_event_at: Date | null;
  readonly updated_at: Date;
}

export interface ReadModelTables {
  readonly instances: InstancesTable;
  readonly upgrades: UpgradesTable;
  readonly timeline: TimelineTable;
  readonly checkpoint: CheckpointTable;
}

export type ReadModelDatabase = Kysely<ReadModelTables>;

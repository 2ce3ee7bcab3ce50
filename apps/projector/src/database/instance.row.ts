import type { InstanceView } from '@uplift/domain';
import { labelOf } from '@uplift/domain';
import { isoTime } from './iso-time';
import type { InstancesTable } from './read-model.tables';
import type { RowSet } from './row-set';

export const INSTANCE_ROWS: RowSet<InstanceView, InstancesTable> = {
  table: 'instances',
  key: ['instance_id'],
  columns: {
    instance_id: 'text',
    project: 'text',
    project_id: 'double precision',
    environment: 'text',
    core: 'text',
    app: 'text',
    labels: 'jsonb',
    status: 'text',
    claimed: 'boolean',
    current_upgrade_id: 'text',
    last_upgrade_id: 'text',
    failure_reason: 'text',
    revision: 'integer',
    registered_at: 'timestamptz',
    updated_at: 'timestamptz',
  },
  toRow: (view) => ({
    instance_id: view.instanceId,
    project: view.project,
    project_id: view.projectId,
    environment: view.environment,
    core: view.core,
    app: view.app,
    labels: view.labels,
    status: view.status,
    claimed: view.claimed,
    current_upgrade_id: view.currentUpgradeId,
    last_upgrade_id: view.lastUpgradeId,
    failure_reason: view.failureReason,
    revision: view.revision,
    registered_at: isoTime(view.registeredAt),
    updated_at: isoTime(view.updatedAt),
  }),
};

export function toInstanceView(row: InstancesTable): InstanceView {
  return {
    instanceId: row.instance_id,
    project: row.project,
    projectId: row.project_id,
    environment: row.environment,
    core: row.core,
    app: row.app,
    labels: row.labels,
    status: row.status,
    statusLabel: labelOf(row.status),
    claimed: row.claimed,
    currentUpgradeId: row.current_upgrade_id,
    lastUpgradeId: row.last_upgrade_id,
    failureReason: row.failure_reason,
    revision: row.revision,
    registeredAt: row.registered_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}

import type { TimelineEntry } from '@uplift/domain';
import { isoTime } from './iso-time';
import type { TimelineTable } from './read-model.tables';
import type { RowSet } from './row-set';

export const TIMELINE_ROWS: RowSet<TimelineEntry, TimelineTable> = {
  table: 'timeline',
  key: ['instance_id', 'revision'],
  columns: {
    instance_id: 'text',
    revision: 'integer',
    event_id: 'text',
    at: 'timestamptz',
    event_type: 'text',
    status: 'text',
    upgrade_id: 'text',
    note: 'text',
  },
  toRow: (entry) => ({
    instance_id: entry.instanceId,
    revision: entry.revision,
    event_id: entry.eventId,
    at: isoTime(entry.at),
    event_type: entry.eventType,
    status: entry.status,
    upgrade_id: entry.upgradeId,
    note: entry.note,
  }),
};

export function toTimelineEntry(row: TimelineTable): TimelineEntry {
  return {
    instanceId: row.instance_id,
    revision: row.revision,
    eventId: row.event_id,
    at: row.at.getTime(),
    eventType: row.event_type,
    status: row.status,
    upgradeId: row.upgrade_id,
    note: row.note,
  };
}

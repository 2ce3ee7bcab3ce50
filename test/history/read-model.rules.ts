import type { InstanceView } from '@uplift/domain';
import type { Breach, Facts } from './facts';
import type { RowRecord } from './run-history';
import { ROW_FIELDS } from './run-history';

/** I-27: rows are what the events up to the checkpoint make of them. */
export function isFold({ instances, history: { rows } }: Facts): Breach[] {
  if (rows === undefined) return [];
  const { checkpoint } = rows;
  const left = new Map(rows.instances.map((row) => [row.instanceId, row]));
  const breaches = instances.flatMap(({ instanceId: subject, steps, fault }): Breach[] => {
    const row = left.get(subject);
    left.delete(subject);
    const isFolded = (position: bigint) => checkpoint !== null && position <= checkpoint;
    const view = steps.findLast(({ stored }) => isFolded(stored.position))?.view;
    // What stands behind a fault is marked unreadable in the row: not compared here.
    if (fault !== null) return [];
    if (view === undefined)
      return row ? [{ subject, what: 'has a row before its first event' }] : [];
    return row ? differences(subject, row, view) : [{ subject, what: 'has no row' }];
  });
  const strangers = [...left.keys()].map((subject) => ({ subject, what: 'is not in the store' }));
  return [...breaches, ...strangers];
}

function differences(subject: string, row: RowRecord, view: InstanceView): Breach[] {
  const different = ROW_FIELDS.filter((field) => row[field] !== view[field]);
  if (different.length === 0) return [];
  const what = different.map((field) => `${field} ${row[field]}, folded ${view[field]}`);
  return [{ subject, what: `the row has ${what.join('; ')}` }];
}

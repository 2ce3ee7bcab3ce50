import type { StoredEvent } from '@uplift/contracts';
import { isOurs } from '@uplift/contracts';
import type { Breach, Facts } from './facts';
import type { BusRecord } from './run-history';

/**
 * I-07: message k of an epoch is event k. The newest epoch has every event of the store; of an earlier one only what
 * the store has, or has lost.
 */
export function isStoreInOrder(facts: Facts): Breach[] {
  const { history, lost } = facts;
  const { store, forgedMessages = 0 } = history;
  if (history.bus === undefined) return [];
  const bus = withoutLost(facts);
  const epochs = epochsOf(forgedMessages > 0 ? withoutMisplaced(bus, store) : bus);
  const known = new Map([...store, ...lost].map((event) => [event.id, event]));
  const earlier = epochs
    .slice(0, -1)
    .flatMap((records) => [
      ...inOrder(records),
      ...records
        .filter((record) => !isOf(known.get(record.eventId), record))
        .map((record) => about(record, 'carries an event that the store never had')),
      ...records
        .filter(({ position }, n) => n > 0 && position <= records[n - 1]!.position)
        .map((record) => about(record, 'is not in the order of the store')),
    ]);
  const newest = epochs.at(-1) ?? [];
  return [...earlier, ...inOrder(newest), ...sameAs(store.filter(isOurs), newest)];
}

/**
 * A message of others can take the place of one that is on its way: those behind it are stored all the same, are passed
 * over by everybody, and come again.
 */
function withoutMisplaced(bus: readonly BusRecord[], store: readonly StoredEvent[]): BusRecord[] {
  const due = store.filter(isOurs);
  const newest = bus.at(-1)?.epoch;
  let epoch: string | undefined;
  let next = 0;
  return bus.filter((record) => {
    if (record.epoch !== epoch) next = 0;
    epoch = record.epoch;
    const isNext = record.ordinal === next + 1;
    const isDue = isNext && (epoch !== newest || isOf(due[next], record));
    if (isDue) next += 1;
    return isDue || (epoch === newest && next >= due.length);
  });
}

/**
 * In the newest epoch two kinds of events that the store has lost are passed over like messages of others: what nobody of
 * ours has written, and what was written anew, as the watchdog writes a finding: there the last message counts.
 */
function withoutLost({ history, lost }: Facts): readonly BusRecord[] {
  const { forged = new Set(), store, bus = [] } = history;
  const kept = new Set(store.map(({ id }) => id));
  const gone = new Set(lost.map(({ id }) => id));
  const lastOf = new Map(bus.map((record) => [record.eventId, record]));
  const newest = bus.at(-1)?.epoch;
  const isLost = (record: BusRecord) => {
    const { eventId } = record;
    if (!kept.has(eventId)) return forged.has(eventId);
    return gone.has(eventId) && lastOf.get(eventId) !== record;
  };
  return bus.filter((record) => record.epoch !== newest || !isLost(record));
}

/** Runs of messages of one epoch: one that comes back is another run. */
function epochsOf(bus: readonly BusRecord[]): BusRecord[][] {
  const epochs: BusRecord[][] = [];
  for (const record of bus) {
    const run = epochs.at(-1);
    if (run?.[0]?.epoch === record.epoch) run.push(record);
    else epochs.push([record]);
  }
  return epochs;
}

function inOrder(records: readonly BusRecord[]): Breach[] {
  const wrong = records.find(({ ordinal }, n) => ordinal !== n + 1);
  if (wrong === undefined) return [];
  return [about(wrong, `has ordinal ${wrong.ordinal}, due is ${records.indexOf(wrong) + 1}`)];
}

/** The first difference only: all that follows differs too. */
function sameAs(events: readonly StoredEvent[], records: readonly BusRecord[]): Breach[] {
  const first = events.findIndex((event, n) => !isOf(event, records[n]));
  if (first < 0) {
    const surplus = records[events.length];
    return surplus ? [about(surplus, 'carries no further event of the store')] : [];
  }
  const due = events[first]!;
  const found = records[first];
  const what = `event ${first + 1} of the store, ${due.type} at ${due.stream}@${due.revision}, `;
  return found
    ? [about(found, `differs from ${what.slice(0, -2)}`)]
    : [{ subject: due.stream, what: `${what}has no message` }];
}

function isOf(event: StoredEvent | undefined, record: BusRecord | undefined): boolean {
  return (
    event !== undefined &&
    record?.eventId === event.id &&
    record.stream === event.stream &&
    record.revision === event.revision &&
    record.position === event.position
  );
}

function about({ sequence, epoch }: BusRecord, what: string): Breach {
  return { subject: `${epoch}/message ${sequence}`, what };
}

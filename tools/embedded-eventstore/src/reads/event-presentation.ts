import { TOMBSTONE_REVISION, type LogRecord, type RecordLog } from '../persistence/record-log.port';
import { streams, structuredUuid } from '../protocol/messages';
import { visibleRangeOf } from '../streams/stream-metadata';
import type { ReadPlan } from './read-request';

const LINK_TYPE = '$>';
/** Revision and stream of the event that a link names. */
const LINK = /^(\d+)@(.+)$/s;

export type Presentation = (record: LogRecord) => Uint8Array;

type ReadEvent = streams.ReadResp.ReadEvent;
type RecordedEvent = streams.ReadResp.ReadEvent.RecordedEvent;

/** How records become messages: as stored, unless the client asked for something rarer. */
export function presentationFor(log: RecordLog, plan: ReadPlan): Presentation {
  if (!plan.resolveLinks && !plan.structuredIds) return (record) => record.message;
  return (record) => {
    const response = streams.ReadResp.deserializeBinary(record.message);
    const delivered = response.getEvent();
    if (!delivered) return record.message;
    if (plan.resolveLinks && record.type === LINK_TYPE) resolveLink(log, delivered);
    if (plan.structuredIds) structureIds(delivered);
    return response.serializeBinary();
  };
}

function resolveLink(log: RecordLog, delivered: ReadEvent): void {
  const link = delivered.getEvent();
  delivered.setLink(link);
  const target = link && targetOf(link);
  // What names no event is given as it is.
  if (!target) return void delivered.clearLink();
  const record = visibleTarget(log, target);
  if (record) delivered.setEvent(record);
  else delivered.clearEvent();
}

interface Target {
  readonly stream: string;
  readonly revision: number;
}

function targetOf(link: RecordedEvent): Target | undefined {
  const [, revision, stream] = LINK.exec(Buffer.from(link.getData_asU8()).toString()) ?? [];
  if (revision === undefined || stream === undefined) return undefined;
  return Number.isSafeInteger(Number(revision))
    ? { stream, revision: Number(revision) }
    : undefined;
}

/** Undefined where the event does not exist, or is deleted or truncated. */
function visibleTarget(log: RecordLog, { stream, revision }: Target): RecordedEvent | undefined {
  if (revision >= TOMBSTONE_REVISION || log.lastRevision(stream) === TOMBSTONE_REVISION) {
    return undefined;
  }
  const { first, isSoftDeleted } = visibleRangeOf(log, stream, 0);
  const record = isSoftDeleted || revision < first ? undefined : log.recordAt(stream, revision);
  return record && streams.ReadResp.deserializeBinary(record.message).getEvent()?.getEvent();
}

function structureIds(delivered: ReadEvent): void {
  for (const event of [delivered.getEvent(), delivered.getLink()]) {
    const id = event?.getId()?.getString();
    if (id) event?.setId(structuredUuid(id));
  }
}

import type { LogRecord, RecordLog } from '../persistence/record-log.port';
import { streams, structuredUuid } from '../protocol/messages';
import type { ReadPlan } from './read-request';

const LINK_TYPE = '$>';

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
  const target = link && targetOf(log, link);
  if (target) delivered.setEvent(target);
  else delivered.clearEvent();
}

function targetOf(log: RecordLog, link: RecordedEvent): RecordedEvent | undefined {
  const text = Buffer.from(link.getData_asU8()).toString();
  const at = text.indexOf('@');
  const revision = Number(text.slice(0, at));
  if (at < 1 || !Number.isSafeInteger(revision)) return undefined;
  const record = log.recordAt(text.slice(at + 1), revision);
  return record && streams.ReadResp.deserializeBinary(record.message).getEvent()?.getEvent();
}

function structureIds(delivered: ReadEvent): void {
  for (const event of [delivered.getEvent(), delivered.getLink()]) {
    const id = event?.getId()?.getString();
    if (id) event?.setId(structuredUuid(id));
  }
}

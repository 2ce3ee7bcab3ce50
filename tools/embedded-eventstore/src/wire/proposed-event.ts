import type { Refusal } from '../writing/append-request';
import type { ProposedEvent } from './event-message';
import type { streams } from './generated';
import { uuidText } from './uuid';

type ProposedMessage = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

/** The event a client proposes, or why it cannot be taken. */
export function parseProposedEvent(message: ProposedMessage): ProposedEvent | Refusal {
  const id = uuidText(message.getId());
  if (id === undefined) return { kind: 'bad-request', message: 'the event id is not a UUID' };
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (!type || !contentType) return { kind: 'missing-property' };
  const customMetadata = message.getCustomMetadata_asU8();
  return { id, type, contentType, customMetadata, body: message.getData_asU8() };
}

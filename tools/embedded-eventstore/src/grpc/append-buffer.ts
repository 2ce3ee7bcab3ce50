import { NIL_UUID, uuidText, type streams } from '../protocol/messages';
import type {
  AppendRequest,
  ExpectedVersion,
  ProposedEvent,
  Refusal,
} from '../streams/append-request';

/** Largest sum of event bodies in one append; the real server does not count metadata. */
const MAX_APPEND_BYTES = 1024 * 1024;

type ProposedMessage = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

/** Gathers the events of one append as its messages arrive. */
export class AppendBuffer {
  private readonly events: ProposedEvent[] = [];
  private bytes = 0;

  constructor(
    readonly stream: string,
    private readonly expected: ExpectedVersion,
  ) {}

  add(message: ProposedMessage): Refusal | undefined {
    const event = parseProposedEvent(message);
    if ('kind' in event) return event;
    this.events.push(event);
    this.bytes += event.body.length;
    if (this.bytes <= MAX_APPEND_BYTES) return undefined;
    return { kind: 'too-large', maxBytes: MAX_APPEND_BYTES };
  }

  finished(): AppendRequest {
    return { stream: this.stream, expected: this.expected, events: this.events };
  }
}

/** The event a client proposes, or why it cannot be taken. */
function parseProposedEvent(message: ProposedMessage): ProposedEvent | Refusal {
  const id = uuidText(message.getId());
  if (id === undefined || id === NIL_UUID) {
    return { kind: 'bad-request', message: 'the event id is not a UUID' };
  }
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (!type || !contentType) return { kind: 'missing-property' };
  const customMetadata = message.getCustomMetadata_asU8();
  return { id, type, contentType, customMetadata, body: message.getData_asU8() };
}

import { streams, uuidText } from '../protocol/messages';
import type {
  AppendRequest,
  ExpectedVersion,
  ProposedEvent,
  Refusal,
} from '../streams/append-request';

/** Largest sum of event bodies in one append; the real server does not count metadata. */
const MAX_APPEND_BYTES = 1024 * 1024;

type ProposedMessage = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;
type Options = streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options;
type BatchOptions = streams.BatchAppendReq.Options;

/** Gathers the events of one append as its messages arrive; the first refusal is final. */
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

/** Expectation of the calls that share one numbering of its cases. */
export function expectedVersionOf(options: Options | undefined): ExpectedVersion {
  const Case = streams.AppendReq.Options.ExpectedStreamRevisionCase;
  switch (Number(options?.getExpectedStreamRevisionCase())) {
    case Number(Case.REVISION):
      return Number(options?.getRevision());
    case Number(Case.NO_STREAM):
      return 'no-stream';
    case Number(Case.STREAM_EXISTS):
      return 'stream-exists';
    default:
      return 'any';
  }
}

export function batchExpectedVersionOf(options: BatchOptions | undefined): ExpectedVersion {
  const Case = streams.BatchAppendReq.Options.ExpectedStreamPositionCase;
  switch (options?.getExpectedStreamPositionCase()) {
    case Case.STREAM_POSITION:
      return Number(options.getStreamPosition());
    case Case.NO_STREAM:
      return 'no-stream';
    case Case.STREAM_EXISTS:
      return 'stream-exists';
    default:
      return 'any';
  }
}

/** The event a client proposes, or why it cannot be taken. */
function parseProposedEvent(message: ProposedMessage): ProposedEvent | Refusal {
  const id = uuidText(message.getId());
  if (id === undefined) return { kind: 'bad-request', message: 'the event id is not a UUID' };
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (!type || !contentType) return { kind: 'missing-property' };
  const customMetadata = message.getCustomMetadata_asU8();
  return { id, type, contentType, customMetadata, body: message.getData_asU8() };
}

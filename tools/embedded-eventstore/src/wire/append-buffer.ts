import type { AppendRequest, ExpectedVersion, Refusal } from '../writing/append-request';
import type { ProposedEvent } from './event-message';
import { parseProposedEvent } from './proposed-event';

type ProposedMessage = Parameters<typeof parseProposedEvent>[0];

/** Gathers the events of one append as its messages arrive; the first refusal is final. */
export class AppendBuffer {
  private readonly events: ProposedEvent[] = [];
  private bytes = 0;

  constructor(
    readonly stream: string,
    private readonly expected: ExpectedVersion,
    private readonly maxBytes: number,
  ) {}

  add(message: ProposedMessage): Refusal | undefined {
    const event = parseProposedEvent(message);
    if ('kind' in event) return event;
    this.events.push(event);
    // The real server counts the body alone, without metadata.
    this.bytes += event.body.length;
    return this.bytes > this.maxBytes ? { kind: 'too-large', maxBytes: this.maxBytes } : undefined;
  }

  finished(): AppendRequest {
    return { stream: this.stream, expected: this.expected, events: this.events };
  }
}

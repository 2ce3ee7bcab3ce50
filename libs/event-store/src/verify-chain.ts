import { NO_STREAM } from './event-store.port';
import type { StreamHead } from './event-store.port';
import { hashOfEvent } from './hash-chain';
import type { ChainedEvent } from './hash-chain';

export type ChainFault =
  /** Revisions are missing: events were removed. */
  | 'gap'
  /** The revision was seen before: events were inserted or put in another order. */
  | 'order'
  /** The event belongs to another stream. */
  | 'foreign'
  /** Content, hash or predecessor differ from what was written. */
  | 'hash';

export type ChainVerdict =
  | { readonly valid: true; readonly head: StreamHead }
  | { readonly valid: false; readonly revision: number; readonly reason: ChainFault };

/**
 * Checks events of one stream in the order given, from its beginning or from a head that is trusted.
 * A cut tail leaves a valid chain: compare the verdict's head with one known from elsewhere.
 */
export function verifyChain(
  events: Iterable<ChainedEvent>,
  from: StreamHead = NO_STREAM,
): ChainVerdict {
  let head = from;
  let stream: string | undefined;
  for (const event of events) {
    stream ??= event.stream;
    const reason = faultOf(event, head, stream);
    if (reason) return { valid: false, revision: event.revision, reason };
    head = { revision: event.revision, hash: event.metadata.hash };
  }
  return { valid: true, head };
}

function faultOf(event: ChainedEvent, head: StreamHead, stream: string): ChainFault | undefined {
  if (event.stream !== stream) return 'foreign';
  if (event.revision > head.revision + 1) return 'gap';
  if (event.revision < head.revision + 1) return 'order';
  if (hashOfEvent(head.hash, event) !== event.metadata.hash) return 'hash';
  return undefined;
}

import type { AllStreamResolvedEvent } from '@eventstore/db-client';
import { isForeign, isOurs } from '@uplift/contracts';
import { fromEsdbEvent } from './esdb.event-codec';
import type { AllEventsPage } from './event-store.port';
import { streamCutIn } from './stream-cut';

/** What a read of `maxCount` events from a position on has found behind it. */
export function pageOf(
  found: readonly AllStreamResolvedEvent[],
  { after, maxCount }: { readonly after: bigint | null; readonly maxCount: number },
): AllEventsPage {
  const all = found.flatMap(({ event }) => (event ? [event] : []));
  const looked = all
    .filter(({ position }) => after === null || position.commit > after)
    .map((event) => {
      const { streamId: stream, type, data, metadata, position } = event;
      return { event, stream, type, data, metadata, position: position.commit };
    });
  return {
    events: looked.filter(isOurs).map(({ event, position }) => fromEsdbEvent(event, position)),
    foreign: looked
      .filter(isForeign)
      .map(({ stream, type, position }) => ({ stream, type, position })),
    cuts: looked.map(streamCutIn).filter((cut) => cut !== null),
    upTo: looked.at(-1)?.position ?? after,
    isEnd: found.length < maxCount,
  };
}

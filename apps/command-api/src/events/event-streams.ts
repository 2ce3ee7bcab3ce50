import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { Authenticator, isCounted } from '@uplift/access';
import { refusal } from '@uplift/contracts';
import { Metrics } from '@uplift/runtime';
import type { Holder } from '../access/shared-places';
import { SharedPlaces } from '../access/shared-places';

/** Why a stream of events ended. */
export type StreamEnd =
  'client-gone' | 'slow-reader' | 'stopping' | 'failed' | 'refused' | 'access-ended';

const MOST_IN_ALL = 200;
const WATCHERS = 'clients may watch one process';

/** How many streams one client may have open; 0: no limit. */
export class StreamLimit {
  private readonly perToken: number;
  private readonly perAddress: number;

  constructor(settings: { readonly streamsPerToken: number; readonly streamsPerClient: number }) {
    this.perToken = settings.streamsPerToken;
    this.perAddress = settings.streamsPerClient;
  }

  /** By the token where it is that of somebody, else by the address. */
  of(principal: Principal, address: string): Holder {
    return isCounted(principal)
      ? { name: principal.actor.id, most: this.perToken }
      : { name: address, most: this.perAddress };
  }
}

/** A place in the list of open streams. */
export interface OpenStream {
  close(end: StreamEnd): void;
  /** Calls `onEnd` when the client may watch no more, unless the stream is closed before. */
  follow(onEnd: () => void): void;
}

/** The streams of events that are open, by client: bounded for each, so that nobody takes the places of all. */
@Injectable()
export class EventStreams {
  private readonly logger = new Logger('event-streams');
  private readonly places = new SharedPlaces(MOST_IN_ALL, (most, ofWhom) => {
    const words = ofWhom === 'one' ? 'streams may be open for one client' : WATCHERS;
    return refusal('too-many-streams', `At most ${most} ${words}`);
  });
  private readonly ended;

  constructor(
    private readonly limit: StreamLimit,
    private readonly authenticator: Authenticator,
    metrics: Metrics,
  ) {
    metrics.gauge(
      { name: 'event_streams', help: 'Streams of server-sent events that are open' },
      () => this.places.taken,
    );
    this.ended = metrics.counter({
      name: 'event_streams_ended_total',
      help: 'Streams of server-sent events that have ended, by reason',
      labels: ['reason'],
    });
  }

  /** Throws `too-many-streams`. */
  open(principal: Principal, address: string): OpenStream {
    const client = this.limit.of(principal, address);
    const giveBack = this.places.take(client);
    let isOpen = true;
    let stopFollowing = () => undefined as void;
    return {
      close: (end) => {
        stopFollowing();
        giveBack();
        if (isOpen) this.tell(client, end);
        isOpen = false;
      },
      follow: (onEnd) => {
        stopFollowing = this.authenticator.follow(principal, onEnd);
      },
    };
  }

  private tell({ name: client }: Holder, end: StreamEnd): void {
    this.ended.inc({ reason: end });
    if (end === 'slow-reader') this.logger.warn('event stream dropped: slow reader', { client });
  }
}

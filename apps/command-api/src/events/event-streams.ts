import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { Authenticator, isCounted } from '@uplift/access';
import { refusal } from '@uplift/contracts';
import { Metrics } from '@uplift/runtime';

/** Why a stream of events ended. */
export type StreamEnd =
  'client-gone' | 'slow-reader' | 'stopping' | 'failed' | 'refused' | 'access-ended';

const MOST_IN_ALL = 200;

/** How many streams one client may have open; 0: no limit. */
export class StreamLimit {
  private readonly perToken: number;
  private readonly perAddress: number;

  constructor(settings: { readonly streamsPerToken: number; readonly streamsPerClient: number }) {
    this.perToken = settings.streamsPerToken;
    this.perAddress = settings.streamsPerClient;
  }

  /** By the token where it is that of somebody, else by the address. */
  of(principal: Principal, address: string): Client {
    return isCounted(principal)
      ? { name: principal.actor.id, most: this.perToken }
      : { name: address, most: this.perAddress };
  }
}

interface Client {
  readonly name: string;
  readonly most: number;
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
  private readonly byClient = new Map<string, number>();
  private readonly ended;
  private count = 0;

  constructor(
    private readonly limit: StreamLimit,
    private readonly authenticator: Authenticator,
    metrics: Metrics,
  ) {
    metrics.gauge(
      { name: 'event_streams', help: 'Streams of server-sent events that are open' },
      () => this.count,
    );
    this.ended = metrics.counter({
      name: 'event_streams_ended_total',
      help: 'Streams of server-sent events that have ended, by reason',
      labels: ['reason'],
    });
  }

  /** Throws `too-many-streams`. */
  open(principal: Principal, address: string): OpenStream {
    const { name: client, most } = this.limit.of(principal, address);
    const ofClient = this.byClient.get(client) ?? 0;
    if (most > 0 && ofClient >= most) {
      throw refusal('too-many-streams', `At most ${most} streams may be open for one client`);
    }
    if (this.count >= MOST_IN_ALL) {
      throw refusal('too-many-streams', `At most ${MOST_IN_ALL} clients may watch one process`);
    }
    this.count += 1;
    this.byClient.set(client, ofClient + 1);
    let isOpen = true;
    let stopFollowing = () => undefined as void;
    return {
      close: (end) => {
        stopFollowing();
        if (isOpen) this.close(client, end);
        isOpen = false;
      },
      follow: (onEnd) => {
        stopFollowing = this.authenticator.follow(principal, onEnd);
      },
    };
  }

  private close(client: string, end: StreamEnd): void {
    const left = (this.byClient.get(client) ?? 1) - 1;
    this.count -= 1;
    if (left > 0) this.byClient.set(client, left);
    else this.byClient.delete(client);
    this.ended.inc({ reason: end });
    if (end === 'slow-reader') this.logger.warn('event stream dropped: slow reader', { client });
  }
}

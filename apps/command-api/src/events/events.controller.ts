import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@uplift/access';
import { knownPrincipalOf } from '@uplift/access';
import type { EventPage, ProblemError, Query } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import type { AllTail } from '@uplift/event-store';
import { EventStore } from '@uplift/event-store';
import { Clock } from '@uplift/runtime';
import { Needs } from '../access/route-access';
import { InstanceLimits, unknownInstance } from '../commands/instance-limits';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { headerOf } from '../http/http-exchange';
import { HttpPrincipal, HttpQuery } from '../http/http-requests';
import {
  DescribedAnswer,
  DescribedIds,
  DescribedParameters,
  DescribedProblems,
} from '../http/routes';
import { EVENT_STREAM_HEADERS, FrameSink } from './event-frames';
import type { StreamEnd } from './event-streams';
import { EventStreams } from './event-streams';
import { EventPages } from './event-pages';
import type { WatchOptions } from './event-watch';
import { EventWatch } from './event-watch';
import { WatchedEvents } from './watched-events';

const START_LIMIT_MS = 5_000;
/** How often, and for how long, a position is waited for that nobody has seen here. */
const LOOK_MS = 100;
const MOST_LOOKS = 10;
const POSITION = /^\d{1,19}$/;
const FRAMES = { 'text/event-stream': { schema: { type: 'string' } } };
const WATCHING = {
  summary: 'Events as they happen (server-sent events)',
  description:
    'Frames named event carry one stored event each, their id is its position. Of the events that are not about instances a token is sent those that its scopes allow to read, and of the others those of the instances that it reaches. A frame named resync says that events were left out: read the present state, then go on. A frame named closed says why the service ends the stream.',
};
const SEEN_LAST = {
  name: 'Last-Event-ID',
  required: false,
  description: 'Position seen last',
  schema: { type: 'string' as const, pattern: POSITION.source },
};

@ApiTags('events')
@Controller('v1')
export class InstanceEventsController {
  private readonly pages: EventPages;

  constructor(
    store: EventStore,
    private readonly limits: InstanceLimits,
  ) {
    this.pages = new EventPages(store);
  }

  @Needs('instances:read', { limits: 'held' })
  @Get('instances/:id/events')
  @ApiOperation({ summary: 'Raw events of an instance, from the store itself' })
  @DescribedIds('instances/:id')
  @DescribedParameters('instanceEvents')
  @DescribedAnswer(200, 'eventPage', 'In order of revision, or against it')
  @DescribedProblems(400, 404, 410, 503)
  instanceEvents(
    @HttpQuery('instanceEvents') query: Query<'instanceEvents'>,
    @HttpPrincipal() { labels: limit }: Principal,
  ): Promise<EventPage> {
    const { instanceId } = query;
    return this.limits.hiding({ limit, instanceId }, async () => {
      if (await this.limits.covers(limit, instanceId)) return this.pages.page(query);
      throw unknownInstance(instanceId);
    });
  }
}

@ApiTags('events')
@Controller('v1')
export class EventsController {
  private readonly logger = new Logger('watch');

  constructor(
    private readonly watched: WatchedEvents,
    private readonly clock: Clock,
    private readonly limits: InstanceLimits,
    private readonly streams: EventStreams,
  ) {}

  @Needs('instances:read', { more: 'audit:read', limits: 'held' })
  @Get('events')
  @ApiOperation(WATCHING)
  @DescribedParameters('eventStream')
  @ApiHeader(SEEN_LAST)
  @ApiResponse({ status: 200, description: 'Until the client goes', content: FRAMES })
  @DescribedProblems(400, 410, 429, 503)
  async watchEvents(
    @HttpQuery('eventStream') query: Query<'eventStream'>,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const after = lastSeen(request, query);
    const principal = knownPrincipalOf(request);
    const stream = this.streams.open(principal, request.raw.socket.remoteAddress ?? 'unknown');
    const { tail, replay, leave } = this.watched.join();
    const close = (end: StreamEnd) => {
      leave();
      stream.close(end);
    };
    try {
      await this.refuseAhead(tail, after);
      const { clock, limits } = this;
      const sink = new FrameSink(reply.raw, clock);
      const options = await this.optionsOf(principal, query, after);
      const watch = new EventWatch({ tail, replay, clock, limits }, sink, options);
      await watch.begin();
      reply.hijack();
      reply.raw.writeHead(200, EVENT_STREAM_HEADERS);
      stream.follow(() => sink.close('access-ended'));
      void this.follow(watch, close);
    } catch (error) {
      close('refused');
      throw isNoPosition(error) ? noPosition() : error;
    }
  }

  /** Of an instance that it does not reach a client has missed nothing: how much there is must not show. */
  private async optionsOf(
    watcher: Principal,
    { instanceId }: Query<'eventStream'>,
    after: bigint | undefined,
  ): Promise<WatchOptions> {
    if (instanceId === undefined) return { watcher, ...seenLast(after) };
    const isCovered =
      after === undefined || (await this.limits.coversUntold(watcher.labels, instanceId));
    return { watcher, instanceId, ...seenLast(isCovered ? after : undefined) };
  }

  private async follow(watch: EventWatch, close: (end: StreamEnd) => void): Promise<void> {
    try {
      close(await watch.run());
    } catch (error) {
      close('failed');
      this.logger.warn(error);
    }
  }

  /** Another process, or another program, may have written what this one has not come to yet. */
  private async refuseAhead(tail: AllTail, after: bigint | undefined): Promise<void> {
    if (!(await tail.startedWithin(START_LIMIT_MS))) {
      throw refusal('event-store-unavailable', 'Events cannot be followed now: ask again later');
    }
    if (after === undefined || after <= tail.position) return;
    if (await this.watched.hasReached(after)) return;
    for (let n = 0; n < MOST_LOOKS; n += 1) {
      await this.clock.pause(LOOK_MS);
      if (after <= tail.position) return;
    }
    throw noPosition();
  }
}

function seenLast(after: bigint | undefined): Pick<WatchOptions, 'after'> {
  return after === undefined ? {} : { after };
}

/** The position that the client has seen last; of both ways to tell it, the header counts. */
function lastSeen(
  request: HttpRequest,
  { after }: Pick<Query<'eventStream'>, 'after'>,
): bigint | undefined {
  const header = headerOf(request, 'last-event-id');
  if (header === undefined) return after === undefined ? undefined : BigInt(after);
  if (POSITION.test(header)) return BigInt(header);
  throw refusal('invalid-input', 'Last-Event-ID takes the id of the frame that was seen last', {
    errors: [{ pointer: '/headers/last-event-id', detail: 'must be a position: 1 to 19 digits' }],
  });
}

function isNoPosition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'position-not-found';
}

function noPosition(): ProblemError {
  return refusal(
    'position-ahead',
    'The event store has no event at this position: leave out Last-Event-ID, read the present state and go on from there',
  );
}

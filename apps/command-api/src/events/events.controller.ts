import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { EventPage, Query } from '@uplift/contracts';
import { DEFAULT_PAGE_LENGTH, instanceStream, readQueryString, refusal } from '@uplift/contracts';
import { AllTail, EventStore, loadOrEmpty } from '@uplift/event-store';
import { Clock } from '@uplift/runtime';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { headerOf } from '../http/http-exchange';
import { HttpQuery } from '../http/http-requests';
import {
  DescribedAnswer,
  DescribedIds,
  DescribedParameters,
  DescribedProblems,
} from '../http/routes';
import { EVENT_STREAM_HEADERS, eventDocument, FrameSink } from './event-frames';
import { EventReplay, EventWatch } from './event-watch';

const MOST_WATCHERS = 200;
const START_LIMIT_MS = 5_000;
const FRAMES = { 'text/event-stream': { schema: { type: 'string' } } };

@ApiTags('events')
@Controller('v1')
export class EventsController {
  private readonly logger = new Logger('watch');
  private readonly replay: EventReplay;

  constructor(
    private readonly store: EventStore,
    private readonly tail: AllTail,
    private readonly clock: Clock,
  ) {
    this.replay = new EventReplay(store);
  }

  @Get('instances/:id/events')
  @ApiOperation({ summary: 'Raw events of an instance, from the store itself' })
  @DescribedIds('instances/:id')
  @DescribedParameters('instanceEvents')
  @DescribedAnswer(200, 'eventPage', 'In order of revision')
  @DescribedProblems(400, 404, 503)
  async instanceEvents(
    @HttpQuery('instanceEvents') query: Query<'instanceEvents'>,
  ): Promise<EventPage> {
    const { instanceId, from = 0, limit = DEFAULT_PAGE_LENGTH } = query;
    const next = from + limit;
    // The whole stream: an unknown instance can then be told from a page past the end.
    const events = await loadOrEmpty(this.store, instanceStream(instanceId));
    if (events.length === 0) {
      throw refusal('instance-unknown', 'The instance is not registered', { instanceId });
    }
    const items = events.slice(from, next).map(eventDocument);
    return { instanceId, items, nextRevision: next < events.length ? next : null };
  }

  @Get('events')
  @ApiOperation({
    summary: 'Events as they happen (server-sent events)',
    description:
      'Frames named event carry one stored event each, their id is its position. A frame named resync says that events were left out: read the present state, then go on.',
  })
  @DescribedParameters('eventStream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Position seen last' })
  @ApiResponse({ status: 200, description: 'Until the client goes', content: FRAMES })
  @DescribedProblems(400, 429, 503)
  async watchEvents(
    @HttpQuery('eventStream') query: Query<'eventStream'>,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const { instanceId } = query;
    const { after } = readQueryString('eventStream', {
      after: headerOf(request, 'last-event-id') ?? query.after,
    });
    if (!(await this.tail.startedWithin(START_LIMIT_MS))) {
      throw refusal('event-store-unavailable', 'Events cannot be followed now: ask again later');
    }
    if (this.tail.listenerCount >= MOST_WATCHERS) {
      throw refusal('too-many-streams', `At most ${MOST_WATCHERS} clients may watch one process`);
    }
    reply.hijack();
    reply.raw.writeHead(200, EVENT_STREAM_HEADERS);
    const { tail, replay, clock } = this;
    const watch = new EventWatch({ tail, replay, clock }, new FrameSink(reply.raw), {
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(after === undefined ? {} : { after: BigInt(after) }),
    });
    watch.run().catch((error: unknown) => this.logger.warn(error));
  }
}

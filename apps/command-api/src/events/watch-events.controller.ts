import { Controller, Get, Logger, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { headerOf } from '../http/http-caller';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { DtoPipe } from '../input/dto.pipe';
import { readDto } from '../input/read-dto';
import { DescribedProblem } from '../problems/described-problem';
import { refusal } from '../problems/problem';
import { EVENT_STREAM_HEADERS } from './event-frames';
import { EventReplay } from './event-replay';
import { EventTail } from './event-tail';
import { EventWatch } from './event-watch';
import { FrameSink } from './frame-sink';
import { WatchParametersDto } from './watch-parameters.dto';

const MOST_WATCHERS = 200;
const START_LIMIT_MS = 5_000;
const FRAMES = { 'text/event-stream': { schema: { type: 'string' } } };

@ApiTags('events')
@Controller('v1/events')
export class WatchEventsController {
  private readonly logger = new Logger('watch');

  constructor(
    private readonly tail: EventTail,
    private readonly replay: EventReplay,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Events as they happen (server-sent events)',
    description:
      'Frames named event carry one stored event each, their id is its position. A frame named resync says that events were left out: read the present state, then go on.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Position seen last' })
  @ApiResponse({ status: 200, description: 'Until the client goes', content: FRAMES })
  @DescribedProblem(400)
  @DescribedProblem(429)
  @DescribedProblem(503)
  async watch(
    @Query(DtoPipe) parameters: WatchParametersDto,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const after = headerOf(request, 'last-event-id') ?? parameters.after;
    const { instanceId } = parameters;
    if (after !== undefined) readDto(WatchParametersDto, { after });
    if (!(await this.tail.hasStarted(START_LIMIT_MS))) {
      throw refusal('event-store-unavailable', 'Events cannot be followed now: ask again later');
    }
    if (this.tail.listenerCount >= MOST_WATCHERS) {
      throw refusal('too-many-streams', `At most ${MOST_WATCHERS} clients may watch one process`);
    }
    reply.hijack();
    reply.raw.writeHead(200, EVENT_STREAM_HEADERS);
    const watch = new EventWatch(this.tail, this.replay, new FrameSink(reply.raw), {
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(after === undefined ? {} : { after: BigInt(after) }),
    });
    watch.run().catch((error: unknown) => this.logger.warn(error));
  }
}

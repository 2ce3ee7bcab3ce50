import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import { EventStore, loadOrEmpty } from '@uplift/event-store';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPipe } from '../input/uuid.pipe';
import { DescribedProblem } from '../problems/described-problem';
import { refusal } from '../problems/problem';
import type { EventDocument } from './event-document';
import { eventDocument } from './event-document';
import { EventPageParametersDto } from './event-page-parameters.dto';
import { EventPageDto } from './event.dto';

const DEFAULT_LIMIT = 50;

interface EventPage {
  readonly instanceId: string;
  readonly items: readonly EventDocument[];
  readonly nextRevision: number | null;
}

@ApiTags('events')
@Controller('v1/instances')
export class InstanceEventsController {
  constructor(private readonly store: EventStore) {}

  @Get(':id/events')
  @ApiOperation({ summary: 'Raw events of an instance, from the store itself' })
  @ApiResponse({ status: 200, type: EventPageDto, description: 'In order of revision' })
  @DescribedProblem(400)
  @DescribedProblem(404)
  @DescribedProblem(503)
  async page(
    @Param('id', UuidPipe) instanceId: string,
    @Query(DtoPipe) parameters: EventPageParametersDto,
  ): Promise<EventPage> {
    const from = Number(parameters.from ?? 0);
    const limit = Number(parameters.limit ?? DEFAULT_LIMIT);
    const events = await this.eventsOf(instanceId);
    if (events.length === 0) {
      throw refusal('instance-unknown', 'The instance is not registered', { instanceId });
    }
    const items = events.slice(from, from + limit).map(eventDocument);
    const next = from + limit;
    return { instanceId, items, nextRevision: next < events.length ? next : null };
  }

  /** A stream that shows up empty does not exist: that tells an unknown instance from a page past the end. */
  private eventsOf(instanceId: string): Promise<readonly StoredEvent[]> {
    return loadOrEmpty(this.store, instanceStream(instanceId));
  }
}

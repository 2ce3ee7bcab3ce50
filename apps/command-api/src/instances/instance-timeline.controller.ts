import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPipe } from '../input/uuid.pipe';
import { DescribedQuery } from '../queries/described-query';
import type { Freshness } from '../queries/query-options';
import { MinPosition, paging } from '../queries/query-options';
import { PageParametersDto } from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';
import { TimelinePageDto } from '../queries/timeline-answer.dto';

@ApiTags('instances')
@Controller('v1/instances')
export class InstanceTimelineController {
  constructor(private readonly readModel: ReadModel) {}

  @Get(':id/timeline')
  @DescribedQuery('What happened to an instance, oldest first', TimelinePageDto)
  timeline(
    @Param('id', UuidPipe) instanceId: string,
    @Query(DtoPipe) parameters: PageParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    const query = { instanceId, ...paging(parameters), ...freshness };
    return this.readModel.ask(QUERY_SUBJECTS.instanceTimeline, query);
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { DtoPipe } from '../input/dto.pipe';
import { DescribedQuery } from './described-query';
import type { Freshness } from './query-options';
import { MinPosition } from './query-options';
import { QueryParametersDto } from './query-parameters.dto';
import { ReadModel } from './read-model';
import { StatsAnswerDto } from './stats-answer.dto';

@ApiTags('instances')
@Controller('v1/stats')
export class InstanceStatsController {
  constructor(private readonly readModel: ReadModel) {}

  @Get()
  @DescribedQuery('Instances by status, upgrades by outcome, durations per stage', StatsAnswerDto)
  stats(
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    return this.readModel.ask(QUERY_SUBJECTS.instanceStats, { ...freshness });
  }
}

import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPipe } from '../input/uuid.pipe';
import { DescribedQuery } from '../queries/described-query';
import type { Freshness } from '../queries/query-options';
import { MinPosition } from '../queries/query-options';
import { QueryParametersDto } from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';
import { UpgradeAnswerDto } from '../queries/upgrade-answer.dto';

@ApiTags('upgrades')
@Controller('v1/upgrades')
export class GetUpgradeController {
  constructor(private readonly readModel: ReadModel) {}

  @Get(':id')
  @DescribedQuery('One upgrade with the durations of its stages', UpgradeAnswerDto)
  get(
    @Param('id', UuidPipe) upgradeId: string,
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    return this.readModel.ask(QUERY_SUBJECTS.upgradeGet, { upgradeId, ...freshness });
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { DtoPipe } from '../input/dto.pipe';
import { DescribedQuery } from '../queries/described-query';
import { InstancePageDto } from '../queries/instance-answer.dto';
import type { Freshness } from '../queries/query-options';
import { MinPosition, paging } from '../queries/query-options';
import { ListInstancesParametersDto } from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';

@ApiTags('instances')
@Controller('v1/instances')
export class ListInstancesController {
  constructor(private readonly readModel: ReadModel) {}

  @Get()
  @DescribedQuery('Instances, newest first', InstancePageDto)
  list(
    @Query(DtoPipe) parameters: ListInstancesParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    const { status, project, app, core } = parameters;
    const query = { status, project, app, core, ...paging(parameters), ...freshness };
    return this.readModel.ask(QUERY_SUBJECTS.instanceList, query);
  }
}

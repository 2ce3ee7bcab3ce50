import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import type { HttpReply } from '../http/http-exchange';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPipe } from '../input/uuid.pipe';
import { DescribedQuery } from '../queries/described-query';
import { InstanceAnswerDto } from '../queries/instance-answer.dto';
import type { Freshness } from '../queries/query-options';
import { MinPosition } from '../queries/query-options';
import { QueryParametersDto } from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';

@ApiTags('instances')
@Controller('v1/instances')
export class GetInstanceController {
  constructor(private readonly readModel: ReadModel) {}

  @Get(':id')
  @DescribedQuery('One instance', InstanceAnswerDto)
  async get(
    @Param('id', UuidPipe) instanceId: string,
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<object> {
    const query = { instanceId, ...freshness };
    const answer = await this.readModel.ask(QUERY_SUBJECTS.instanceGet, query);
    const { revision } = (answer as InstanceAnswerDto).instance;
    reply.header('etag', `"${revision}"`);
    return answer;
  }
}

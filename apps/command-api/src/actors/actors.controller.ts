import { Body, Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ActorAnswer, ActorNamesAnswer, Query } from '@uplift/contracts';
import { Needs } from '../access/route-access';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpQuery, UuidPipe } from '../http/http-requests';
import {
  DescribedAnswer,
  DescribedIds,
  DescribedParameters,
  DescribedProblems,
  PostSystemCommand,
} from '../http/routes';
import { ReasonDto } from '../upgrades/upgrades.dto';
import type { ActorResult } from './actor-commands';
import { ActorCommands } from './actor-commands';

@ApiTags('access')
@Controller('v1')
export class ActorsController {
  constructor(private readonly actors: ActorCommands) {}

  @Needs('instances:read')
  @Get('actors')
  @ApiOperation({ summary: 'Names of those whom events name by id, as far as they are kept' })
  @DescribedParameters('actorNames')
  @DescribedAnswer(200, 'actorNames', 'From the one table that has names')
  @DescribedProblems(400, 503)
  listNames(@HttpQuery('actorNames') { ids = '' }: Query<'actorNames'>): Promise<ActorNamesAnswer> {
    return this.actors.list(ids === '' ? [] : ids.split(','));
  }

  @Needs('instances:read')
  @Get('actors/:id')
  @ApiOperation({ summary: 'Name of an actor, if one is kept' })
  @DescribedIds('actors/:id')
  @DescribedAnswer(200, 'actor', 'From the one table that has names')
  @DescribedProblems(400, 503)
  showActor(@Param('id', UuidPipe) actorId: string): Promise<ActorAnswer> {
    return this.actors.show(actorId);
  }

  @PostSystemCommand(
    'actors/:id/erase',
    'Erase the name of an actor, for good: events go on naming it by id',
    {
      answer: 'actorCommand',
      ifMatch: 'Revision of the erasures: refuse with 412 if they have changed',
    },
  )
  eraseActor(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) actorId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<ActorResult> {
    return this.actors.erase(actorId, reason, caller);
  }
}

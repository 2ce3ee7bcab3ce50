import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CommandAnswer } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand } from '../commands/described-command';
import { replyToCommand } from '../http/command-reply';
import { HttpCaller } from '../http/http-caller';
import type { HttpReply } from '../http/http-exchange';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPipe } from '../input/uuid.pipe';
import { ReportHealth } from './report-health';
import { ReportHealthDto } from './report-health.dto';

@ApiTags('instances')
@Controller('v1/instances')
export class ReportHealthController {
  constructor(private readonly reportHealth: ReportHealth) {}

  @Post(':id/health')
  @DescribedCommand('Report the health of an instance')
  async report(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { status }: ReportHealthDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswer> {
    return replyToCommand(reply, await this.reportHealth.execute({ instanceId, status }, caller));
  }
}

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
import { TriggerUpgrade } from './trigger-upgrade';
import { TriggerUpgradeDto } from './trigger-upgrade.dto';

@ApiTags('upgrades')
@Controller('v1/instances')
export class TriggerUpgradeController {
  constructor(private readonly triggerUpgrade: TriggerUpgrade) {}

  @Post(':id/upgrades')
  @DescribedCommand('Upgrade an instance in place')
  async trigger(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) body: TriggerUpgradeDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswer> {
    const wish = { ...body, instanceId };
    return replyToCommand(reply, await this.triggerUpgrade.execute(wish, caller));
  }
}

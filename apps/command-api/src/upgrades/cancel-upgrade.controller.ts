import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CommandAnswer } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand } from '../commands/described-command';
import { replyToCommand } from '../http/command-reply';
import { HttpCaller } from '../http/http-caller';
import type { HttpReply } from '../http/http-exchange';
import { DtoPipe } from '../input/dto.pipe';
import { UuidPathPipe } from '../input/uuid.pipe';
import { CancelUpgrade } from './cancel-upgrade';
import { CancelUpgradeDto, UpgradePathDto } from './cancel-upgrade.dto';

@ApiTags('upgrades')
@Controller('v1/instances')
export class CancelUpgradeController {
  constructor(private readonly cancelUpgrade: CancelUpgrade) {}

  @Post(':id/upgrades/:upgradeId/cancel')
  @DescribedCommand('Cancel an upgrade before its deployment is complete')
  async cancel(
    @HttpCaller() caller: Caller,
    @Param(UuidPathPipe) { id: instanceId, upgradeId }: UpgradePathDto,
    @Body(DtoPipe) { reason }: CancelUpgradeDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswer> {
    const wish = { instanceId, upgradeId, reason };
    return replyToCommand(reply, await this.cancelUpgrade.execute(wish, caller));
  }
}

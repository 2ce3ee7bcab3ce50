import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CommandAnswer } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand } from '../commands/described-command';
import { replyToCommand } from '../http/command-reply';
import { HttpCaller } from '../http/http-caller';
import type { HttpReply } from '../http/http-exchange';
import { DtoPipe } from '../input/dto.pipe';
import { RegisterInstance } from './register-instance';
import { RegisterInstanceDto } from './register-instance.dto';

@ApiTags('instances')
@Controller('v1/instances')
export class RegisterInstanceController {
  constructor(private readonly registerInstance: RegisterInstance) {}

  @Post()
  @DescribedCommand('Register an instance that runs already')
  async register(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: RegisterInstanceDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswer> {
    return replyToCommand(reply, await this.registerInstance.execute(body, caller));
  }
}

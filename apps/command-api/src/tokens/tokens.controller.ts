import { Body, Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type {
  ApiTokenCommandAnswer,
  ApiTokenCreatedAnswer,
  ApiTokenList,
  IdentityAnswer,
} from '@uplift/contracts';
import type { Principal } from '@uplift/access';
import { readableName } from '@uplift/access';
import { ActorNameKeeper } from '../access/actor-name-keeper';
import { Needs, NeedsIdentity } from '../access/route-access';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpPrincipal, UuidPipe } from '../http/http-requests';
import { DescribedAnswer, DescribedProblems, PostSystemCommand } from '../http/routes';
import { ReasonDto } from '../upgrades/upgrades.dto';
import type { TokenResult } from './token-commands';
import { TokenCommands } from './token-commands';
import { CreateTokenDto } from './tokens.dto';

const IF_MATCH = 'Revision of the tokens: refuse with 412 if they have changed';

@ApiTags('access')
@Controller('v1')
export class TokensController {
  constructor(
    private readonly commands: TokenCommands,
    private readonly names: ActorNameKeeper,
  ) {}

  @NeedsIdentity()
  @Get('whoami')
  @ApiOperation({ summary: 'Who the caller is to this service, and what it may do' })
  @DescribedAnswer(200, 'identity', 'As the token says')
  @DescribedProblems(503)
  whoami(@HttpPrincipal() principal: Principal): IdentityAnswer {
    const { actor, scopes, labels, issuer, subject, expiresAt: at } = principal;
    const expiresAt = at === null ? null : new Date(at).toISOString();
    return { actor: { ...actor }, scopes, labels, issuer, subject, expiresAt };
  }

  @Needs('system:operate', { limits: 'held' })
  @Get('tokens')
  @ApiOperation({ summary: 'API tokens, without what their holders show' })
  @DescribedAnswer(200, 'tokenList', 'As the event store has them')
  @DescribedProblems(503)
  listTokens(@HttpPrincipal() { labels }: Principal): Promise<ApiTokenList> {
    return this.commands.list(labels);
  }

  @PostSystemCommand('tokens', 'Create an API token: it is shown this once', {
    answer: 'tokenCreated',
    ifMatch: IF_MATCH,
    limits: 'held',
  })
  async createToken(
    @HttpCaller() caller: Caller,
    @HttpPrincipal() principal: Principal,
    @Body(DtoPipe) body: CreateTokenDto,
  ): Promise<TokenResult<ApiTokenCreatedAnswer>> {
    const created = await this.commands.create(body, caller, principal);
    const { actor } = created.answer;
    const name = readableName(body.name);
    if (created.outcome === 'accepted') this.names.note(actor, name);
    // Nobody names it again: a process that ended before it wrote the name has lost it.
    else this.names.noteUnlessNamed(actor, name);
    return created;
  }

  @PostSystemCommand(
    'tokens/:id/revoke',
    'Revoke an API token and what was created with it: within a minute nobody takes them',
    {
      answer: 'tokenCommand',
      ifMatch: IF_MATCH,
      limits: 'held',
    },
  )
  revokeToken(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) tokenId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<TokenResult<ApiTokenCommandAnswer>> {
    return this.commands.revoke(tokenId, reason, caller);
  }
}

import { Injectable } from '@nestjs/common';
import type {
  ApiTokenCommandAnswer,
  ApiTokenCreatedAnswer,
  ApiTokenDocument,
  ApiTokenList,
} from '@uplift/contracts';
import type { ApiTokenCommand, ApiTokensState, ApiTokenState, Labels } from '@uplift/domain';
import { isInForce, isWithin, LONGEST_API_TOKEN_DAYS, rightsOf } from '@uplift/domain';
import { deterministicEventId } from '@uplift/event-store';
import { Clock, Randomness } from '@uplift/runtime';
import type { Principal } from '@uplift/access';
import { actorOfToken, ApiTokens, makeToken, tokenHash } from '@uplift/access';
import type { CommandOutcome } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { systemCommandIdOf } from '../commands/command-request';
import { SystemStream } from '../system/system-stream';
import type { CreateTokenDto } from './tokens.dto';

const DAY_MS = 86_400_000;
const MOST_SHOWN = 1_000;
const LINKS = { tokens: '/v1/tokens' };

export interface TokenResult<Answer> {
  readonly outcome: CommandOutcome;
  readonly answer: Answer;
}

/** The stream of the API tokens. */
export class ApiTokenStream extends SystemStream<ApiTokenCommand, ApiTokensState> {}

/** Creates API tokens, shows which there are, revokes them. */
@Injectable()
export class TokenCommands {
  constructor(
    private readonly stream: ApiTokenStream,
    private readonly tokens: ApiTokens,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  async create(
    { scopes, labels, expiresAt: given, reason }: CreateTokenDto,
    caller: Caller,
    { scopes: grantable, labels: within, expiresAt: rightEndsAt }: Principal,
  ): Promise<TokenResult<ApiTokenCreatedAnswer>> {
    const token = makeToken(this.randomness);
    const expiresAt = new Date(given).toISOString();
    const grant = labels === undefined ? { scopes } : { scopes: [], limited: { labels, scopes } };
    // A key that was used before there were limits still stands for the same content.
    const limit = labels === undefined ? {} : { labels };
    const content = { scopes, ...limit, expiresAt, reason };
    const tokenId = deterministicEventId(systemCommandIdOf(caller), 'token', 0);
    const data = {
      ...grant,
      expiresAt,
      reason,
      tokenId,
      hash: tokenHash(token).toString('hex'),
      requestedBy: caller.actor.id,
      grantable,
      within,
      now: this.timeIn(0),
      latestExpiry: this.latestExpiry(rightEndsAt),
    };
    const command = { type: 'CreateApiToken', data } as const;
    const { outcome, ...ledTo } = await this.execute({ command, content, caller });
    const shown = outcome === 'accepted' ? token : null;
    const answer = { tokenId, actor: actorOfToken(tokenId), token: shown, expiresAt, ...ledTo };
    return { outcome, answer };
  }

  async revoke(
    tokenId: string,
    reason: string,
    caller: Caller,
  ): Promise<TokenResult<ApiTokenCommandAnswer>> {
    const content = { tokenId, reason };
    const { actor, labels: within } = caller;
    const data = { ...content, requestedBy: actor.id, within, now: this.timeIn(0) };
    const command = { type: 'RevokeApiToken', data } as const;
    const { outcome, ...ledTo } = await this.execute({ command, content, caller });
    return { outcome, answer: { tokenId, ...ledTo } };
  }

  /** Those in force first, and so all of them: no more can be. The newest comes first of each kind. None that reaches further than `limit`. */
  async list(limit: Labels): Promise<ApiTokenList> {
    const all = [...(await this.tokens.all()).values()].reverse();
    const tokens = all.filter((token) => isWithin(rightsOf(token).labels, limit));
    const now = this.timeIn(0);
    const inForce = tokens.filter((token) => isInForce(token, now));
    const over = tokens.filter((token) => !isInForce(token, now));
    const items = [...inForce, ...over].slice(0, MOST_SHOWN);
    return { items: items.map((token) => documentOf(token, now)) };
  }

  private async execute(asked: Parameters<ApiTokenStream['execute']>[0]) {
    const { outcome, revision, position } = await this.stream.execute(asked);
    this.tokens.forget();
    return { outcome, revision, position: position.toString(), links: LINKS };
  }

  private latestExpiry(rightEndsAt: number | null): string {
    const longest = this.timeIn(LONGEST_API_TOKEN_DAYS * DAY_MS);
    if (rightEndsAt === null) return longest;
    const end = new Date(rightEndsAt).toISOString();
    return end < longest ? end : longest;
  }

  private timeIn(ms: number): string {
    return new Date(this.clock.wall() + ms).toISOString();
  }
}

function documentOf(token: ApiTokenState, now: string): ApiTokenDocument {
  const { tokenId, expiresAt, requestedBy: createdBy, reason } = token;
  return {
    tokenId,
    actor: actorOfToken(tokenId),
    ...rightsOf(token),
    expiresAt,
    state: stateOf(token, now),
    createdBy,
    reason,
  };
}

function stateOf(token: ApiTokenState, now: string): ApiTokenDocument['state'] {
  if (token.isRevoked) return 'revoked';
  return isInForce(token, now) ? 'in-force' : 'expired';
}

import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { ApiTokenGrant, Scope, SystemEvent, SystemEventOf } from './system.events';

/** Tokens that may be in force at once: a list that every request may have to be held against stays small. */
export const MOST_API_TOKENS = 1_000;
export const LONGEST_API_TOKEN_DAYS = 366;

export interface ApiTokenState extends ApiTokenGrant, AskedBy {
  readonly isRevoked: boolean;
}

/** What became of the tokens, the newest event first: one that follows shares all before it. Null where there is none. */
export type ApiTokensState = {
  readonly event: SystemEventOf<'ApiTokenCreated' | 'ApiTokenRevoked'>;
  readonly before: ApiTokensState;
} | null;

/** By id, oldest first. */
export type ApiTokens = ReadonlyMap<string, ApiTokenState>;

export interface ApiTokenCommandData {
  CreateApiToken: ApiTokenGrant &
    AskedBy & {
      /** Whoever creates a token gives no more than this. */
      readonly grantable: readonly Scope[];
      /** RFC 3339 in UTC with milliseconds, as every time here: so the order of texts is that of times. */
      readonly now: string;
      readonly latestExpiry: string;
    };
  RevokeApiToken: { readonly tokenId: string } & AskedBy;
}

export type ApiTokenCommandType = keyof ApiTokenCommandData;

export type ApiTokenCommand = {
  readonly [Type in ApiTokenCommandType]: {
    readonly type: Type;
    readonly data: ApiTokenCommandData[Type];
  };
}[ApiTokenCommandType];

export class ApiTokenUnknownError extends DomainError {
  readonly code = 'token-unknown';
  constructor(readonly tokenId: string) {
    super(`There is no API token ${tokenId}`);
  }
}

export class ApiTokenTooStrongError extends DomainError {
  readonly code = 'scope-missing';
  constructor(readonly missing: string) {
    super(`A token gets no scope that its creator does not have: ${missing}`);
  }
}

export class ApiTokenExpiryError extends DomainError {
  readonly code = 'token-expiry-not-usable';
  constructor() {
    super(`A token expires after the present time, and within ${LONGEST_API_TOKEN_DAYS} days`);
  }
}

export class TooManyApiTokensError extends DomainError {
  readonly code = 'too-many-tokens';
  constructor() {
    super(`${MOST_API_TOKENS} tokens are in force: revoke some first`);
  }
}

/** Idempotent: what is known already, or revoked already, leads to nothing. */
function decideApiToken(command: ApiTokenCommand, state: ApiTokensState): readonly SystemEvent[] {
  const tokens = apiTokensIn(state);
  return command.type === 'CreateApiToken'
    ? decideCreation(command.data, tokens)
    : decideRevocation(command.data, tokens);
}

function decideCreation(
  { grantable, now, latestExpiry, ...token }: ApiTokenCommandData['CreateApiToken'],
  tokens: ApiTokens,
): readonly SystemEvent[] {
  if (tokens.has(token.tokenId)) return [];
  const missing = token.scopes.filter((scope) => !grantable.includes(scope));
  if (missing.length > 0) throw new ApiTokenTooStrongError(missing.join(', '));
  if (token.expiresAt <= now || token.expiresAt > latestExpiry) throw new ApiTokenExpiryError();
  const inForce = [...tokens.values()].filter((each) => isInForce(each, now));
  if (inForce.length >= MOST_API_TOKENS) throw new TooManyApiTokensError();
  return [{ type: 'ApiTokenCreated', data: token }];
}

function decideRevocation(
  data: ApiTokenCommandData['RevokeApiToken'],
  tokens: ApiTokens,
): readonly SystemEvent[] {
  const known = tokens.get(data.tokenId);
  if (!known) throw new ApiTokenUnknownError(data.tokenId);
  return known.isRevoked ? [] : [{ type: 'ApiTokenRevoked', data }];
}

/** Whether a token is neither revoked nor expired at a time. */
export function isInForce(
  { isRevoked, expiresAt }: Pick<ApiTokenState, 'isRevoked' | 'expiresAt'>,
  now: string,
): boolean {
  return !isRevoked && expiresAt > now;
}

function evolveApiTokens(before: ApiTokensState, event: SystemEvent): ApiTokensState {
  const isOfToken = event.type === 'ApiTokenCreated' || event.type === 'ApiTokenRevoked';
  return isOfToken ? { event, before } : before;
}

/** Every token that was created, revoked and expired ones too. */
export function apiTokensIn(state: ApiTokensState): ApiTokens {
  const events: NonNullable<ApiTokensState>['event'][] = [];
  for (let each = state; each !== null; each = each.before) events.push(each.event);
  const tokens = new Map<string, ApiTokenState>();
  for (const { type, data } of events.reverse()) {
    const known = tokens.get(data.tokenId);
    if (type === 'ApiTokenCreated') tokens.set(data.tokenId, { ...data, isRevoked: false });
    else if (known !== undefined) tokens.set(data.tokenId, { ...known, isRevoked: true });
  }
  return tokens;
}

export const apiTokensDecider: Decider<ApiTokenCommand, ApiTokensState, SystemEvent> = {
  initialState: null,
  decide: decideApiToken,
  evolve: evolveApiTokens,
};

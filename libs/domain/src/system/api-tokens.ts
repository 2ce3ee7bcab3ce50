import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { ApiTokenGrant, Scope, SystemEvent } from './system.events';

/** Tokens that may be in force at once: a list that every request may have to be held against stays small. */
export const MOST_API_TOKENS = 1_000;
export const LONGEST_API_TOKEN_DAYS = 366;

export interface ApiTokenState extends ApiTokenGrant, AskedBy {
  readonly isRevoked: boolean;
}

/** By id, oldest first. */
export type ApiTokensState = ReadonlyMap<string, ApiTokenState>;

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
  return command.type === 'CreateApiToken'
    ? decideCreation(command.data, state)
    : decideRevocation(command.data, state);
}

function decideCreation(
  { grantable, now, latestExpiry, ...token }: ApiTokenCommandData['CreateApiToken'],
  state: ApiTokensState,
): readonly SystemEvent[] {
  if (state.has(token.tokenId)) return [];
  const missing = token.scopes.filter((scope) => !grantable.includes(scope));
  if (missing.length > 0) throw new ApiTokenTooStrongError(missing.join(', '));
  if (token.expiresAt <= now || token.expiresAt > latestExpiry) throw new ApiTokenExpiryError();
  const inForce = [...state.values()].filter((each) => isInForce(each, now));
  if (inForce.length >= MOST_API_TOKENS) throw new TooManyApiTokensError();
  return [{ type: 'ApiTokenCreated', data: token }];
}

function decideRevocation(
  data: ApiTokenCommandData['RevokeApiToken'],
  state: ApiTokensState,
): readonly SystemEvent[] {
  const known = state.get(data.tokenId);
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

function evolveApiTokens(state: ApiTokensState, event: SystemEvent): ApiTokensState {
  if (event.type === 'ApiTokenCreated') {
    return new Map(state).set(event.data.tokenId, { ...event.data, isRevoked: false });
  }
  if (event.type !== 'ApiTokenRevoked') return state;
  const known = state.get(event.data.tokenId);
  return known ? new Map(state).set(event.data.tokenId, { ...known, isRevoked: true }) : state;
}

export const apiTokensDecider: Decider<ApiTokenCommand, ApiTokensState, SystemEvent> = {
  initialState: new Map(),
  decide: decideApiToken,
  evolve: evolveApiTokens,
};

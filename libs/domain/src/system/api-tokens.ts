import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { Labels } from '../labels';
import { isLimit, isWithin, labelsInWords } from '../labels';
import type {
  ApiTokenGrant,
  LimitedGrant,
  Scope,
  SystemEvent,
  SystemEventOf,
} from './system.events';

/** Tokens that may be in force at once: a list that every request may have to be held against stays small. */
export const MOST_API_TOKENS = 1_000;
/** Whoever is limited to labels leaves this many of them to those who are not. */
export const API_TOKENS_FOR_UNLIMITED = 100;
/** Tokens in force that come from one with limits: its holder leaves room for those of others. */
export const MOST_API_TOKENS_FROM_LIMITED = 100;
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
      /** Nor for more instances than this. */
      readonly within: Labels;
      /** RFC 3339 in UTC with milliseconds, as every time here: so the order of texts is that of times. */
      readonly now: string;
      /** Within the days that any token has at most, and not after the right of whoever creates it has ended. */
      readonly latestExpiry: string;
    };
  RevokeApiToken: {
    readonly tokenId: string;
    /** Of whoever asks: tokens that reach further do not exist for him. */
    readonly within: Labels;
    readonly now: string;
  } & AskedBy;
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

export class ApiTokenCreatorOverError extends DomainError {
  readonly code = 'credentials-refused';
  constructor() {
    super('The token that asks for another one was revoked, or has expired: use one that is good');
  }
}

export class ApiTokenTooWideError extends DomainError {
  readonly code = 'token-limited';
  constructor(within: Labels) {
    super(
      `A token that is limited creates none that reaches further: give it the labels ${labelsInWords(within)}`,
    );
  }
}

export class ApiTokenExpiryError extends DomainError {
  readonly code = 'token-expiry-not-usable';
  constructor(latestExpiry: string) {
    super(
      `A token expires after the present time and no later than ${latestExpiry}: within ${LONGEST_API_TOKEN_DAYS} days, and not after the token that creates it`,
    );
  }
}

export class TooManyApiTokensError extends DomainError {
  readonly code = 'too-many-tokens';
  constructor(most: number, which = '') {
    super(`${most} tokens are in force${which}: revoke some first`);
  }
}

function decideCreation(
  { grantable, within, now, latestExpiry, ...token }: ApiTokenCommandData['CreateApiToken'],
  tokens: ApiTokens,
  actorOf: ActorOfToken,
): readonly SystemEvent[] {
  if (tokens.has(token.tokenId)) return [];
  const creator = [...tokens.values()].find((each) => actorOf(each.tokenId) === token.requestedBy);
  // A revocation takes along what stands before it: what is created behind it would stay.
  if (creator !== undefined && !isInForce(creator, now)) throw new ApiTokenCreatorOverError();
  refuseMore(rightsOf(token), { scopes: grantable, labels: within });
  if (token.expiresAt <= now || token.expiresAt > latestExpiry) {
    throw new ApiTokenExpiryError(latestExpiry);
  }
  const kin = creator === undefined ? [] : kinOf(creator, tokens, actorOf);
  const countInForce = (some: readonly ApiTokenState[]) =>
    some.filter((each) => isInForce(each, now)).length;
  refuseTooMany(countInForce([...tokens.values()]), countInForce(kin), within);
  return [{ type: 'ApiTokenCreated', data: token }];
}

function refuseMore(wanted: LimitedGrant, held: LimitedGrant): void {
  if (!isWithin(wanted.labels, held.labels)) throw new ApiTokenTooWideError(held.labels);
  const missing = wanted.scopes.filter((scope) => !held.scopes.includes(scope));
  if (missing.length > 0) throw new ApiTokenTooStrongError(missing.join(', '));
}

/** With a token goes what was created with it, and with that in turn. */
function decideRevocation(
  { now, within, ...data }: ApiTokenCommandData['RevokeApiToken'],
  tokens: ApiTokens,
  actorOf: ActorOfToken,
): readonly SystemEvent[] {
  const named = tokens.get(data.tokenId);
  if (!named || !isWithin(rightsOf(named).labels, within)) {
    throw new ApiTokenUnknownError(data.tokenId);
  }
  const reason = `The token ${data.tokenId} that created it was revoked`;
  const others = createdWith(named, tokens, actorOf).filter((each) => isInForce(each, now));
  const revoked = [
    ...(named.isRevoked ? [] : [data]),
    ...others.map(({ tokenId }) => ({ ...data, tokenId, reason })),
  ];
  return revoked.map((each) => ({ type: 'ApiTokenRevoked', data: each }));
}

/** All that come from the same limited token as this one, or from this one; none where it has no limit. */
function kinOf(
  token: ApiTokenState,
  tokens: ApiTokens,
  actorOf: ActorOfToken,
): readonly ApiTokenState[] {
  const isLimited = (each: ApiTokenState) => isLimit(rightsOf(each).labels);
  if (!isLimited(token)) return [];
  // A creator is older than what it creates.
  const newestFirst = [...tokens.values()].reverse();
  const first = newestFirst.reduce(
    (known, each) =>
      isLimited(each) && actorOf(each.tokenId) === known.requestedBy ? each : known,
    token,
  );
  return createdWith(first, tokens, actorOf);
}

function refuseTooMany(inForce: number, kinInForce: number, within: Labels): void {
  const most = isLimit(within) ? MOST_API_TOKENS - API_TOKENS_FOR_UNLIMITED : MOST_API_TOKENS;
  if (inForce >= most) throw new TooManyApiTokensError(most);
  if (kinInForce < MOST_API_TOKENS_FROM_LIMITED) return;
  const which = ' that come from this limited token, or from the one that it comes from';
  throw new TooManyApiTokensError(MOST_API_TOKENS_FROM_LIMITED, which);
}

/** Oldest first, so that whatever creates a token comes before it. */
function createdWith(
  { tokenId }: ApiTokenState,
  tokens: ApiTokens,
  actorOf: ActorOfToken,
): readonly ApiTokenState[] {
  const creators = new Set([actorOf(tokenId)]);
  return [...tokens.values()].filter((each) => {
    const isCreated = creators.has(each.requestedBy);
    if (isCreated) creators.add(actorOf(each.tokenId));
    return isCreated;
  });
}

/** What a token lets its holder do, and for which instances. */
export function rightsOf({
  scopes,
  limited,
}: Pick<ApiTokenGrant, 'scopes' | 'limited'>): LimitedGrant {
  return limited ?? { scopes, labels: {} };
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

/** The actor of what is done with a token. */
export type ActorOfToken = (tokenId: string) => string;

/** Idempotent: what is known already, or revoked already, leads to nothing. */
export function apiTokensDecider(
  actorOf: ActorOfToken,
): Decider<ApiTokenCommand, ApiTokensState, SystemEvent> {
  return {
    initialState: null,
    decide: (command, state) => {
      const tokens = apiTokensIn(state);
      return command.type === 'CreateApiToken'
        ? decideCreation(command.data, tokens, actorOf)
        : decideRevocation(command.data, tokens, actorOf);
    },
    evolve: evolveApiTokens,
  };
}

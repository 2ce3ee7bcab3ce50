import type { StoredEvent } from '@uplift/contracts';
import { API_TOKENS_STREAM, refusal } from '@uplift/contracts';
import type {
  ApiTokenCommand,
  ApiTokens as TokensById,
  ApiTokensState,
  ApiTokenState,
  SystemEvent,
} from '@uplift/domain';
import { apiTokensDecider, apiTokensIn } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { FollowedHistory } from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';
import { createHash, timingSafeEqual } from 'node:crypto';
import { actorIdOf } from './principal';

/** By which a person, or a program that looks for leaked secrets, knows one. */
export const TOKEN_PREFIX = 'uplift_';
const TOKEN_BYTES = 32;

export const TOKEN_ISSUER = 'urn:uplift:api-token';

/** The actor of what is done with an API token. */
export function actorOfToken(tokenId: string): string {
  return actorIdOf(TOKEN_ISSUER, tokenId);
}

export const API_TOKENS_DECIDER = apiTokensDecider(actorOfToken);

/** Known to nobody but whoever gets it now. */
export function makeToken(randomness: Randomness): string {
  return `${TOKEN_PREFIX}${randomness.bytes(TOKEN_BYTES).toString('base64url')}`;
}

export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** After this time the list is read again beside the requests. */
const REFRESH_MS = 20_000;
/** Without a list younger than this no token is accepted: so long does a revoked one live at most. */
const OLDEST_MS = 50_000;
/** A token that is not in the list may have been created a moment ago: the list is read again, but not for each such request. */
const UNKNOWN_PAUSE_MS = 1_000;

interface TokenList {
  readonly state: ApiTokensState;
  readonly tokens: TokensById;
  readonly byHash: ReadonlyMap<string, ApiTokenState>;
  /** When the read began that brought it. */
  readonly at: number;
}

/** The stream of the tokens, in which one that was created too early is as good as revoked. */
class TokenHistory extends FollowedHistory<ApiTokenCommand, ApiTokensState, 'system'> {
  constructor(
    store: EventStore,
    service: string,
    /** Milliseconds since 1970, by the clock of the store. */
    private readonly countedFrom: number,
  ) {
    super(store, service, 'system', API_TOKENS_DECIDER);
  }

  /** In the state itself, so that no read can bring the one without the other. */
  protected override follow(
    before: ApiTokensState,
    event: SystemEvent,
    stored: StoredEvent,
  ): ApiTokensState {
    const state = super.follow(before, event, stored);
    if (event.type !== 'ApiTokenCreated') return state;
    if (Date.parse(stored.recordedAt) >= this.countedFrom) return state;
    const { tokenId, requestedBy } = event.data;
    const data = { tokenId, requestedBy, reason: 'It was created before tokens count' };
    return super.follow(state, { type: 'ApiTokenRevoked', data }, stored);
  }
}

/** The API tokens that there are, as the store has them; at most a minute old. */
export class ApiTokens {
  private readonly history;
  private list: TokenList | null = null;
  private reading: Promise<void> | null = null;
  private changes = 0;

  constructor(
    store: EventStore,
    private readonly clock: Clock,
    service: string,
    /** Tokens that were created before this time do not count; milliseconds since 1970. */
    countedFrom = -Infinity,
  ) {
    this.history = new TokenHistory(store, service, countedFrom);
  }

  /** Undefined for one that nobody created. Revoked and expired ones are found too. Throws `access-unavailable`. */
  async find(hash: Buffer): Promise<ApiTokenState | undefined> {
    const name = hash.toString('hex');
    const list = await this.present();
    const found = list.byHash.get(name) ?? (await this.newerThan(list)).byHash.get(name);
    if (found === undefined) return undefined;
    return timingSafeEqual(Buffer.from(found.hash, 'hex'), hash) ? found : undefined;
  }

  /** By id, as `find`. */
  async get(tokenId: string): Promise<ApiTokenState | undefined> {
    return (await this.present()).tokens.get(tokenId);
  }

  /** Every one of them, as the store has them at present. */
  async all(): Promise<TokensById> {
    return apiTokensIn((await this.history.load(API_TOKENS_STREAM)).state);
  }

  /** What this process has just changed counts here at once. */
  forget(): void {
    this.changes += 1;
    this.list = null;
    this.reading = null;
  }

  private async present(): Promise<TokenList> {
    const age = this.ageOf(this.list);
    if (this.list !== null && age < OLDEST_MS) {
      // A read that fails is told when the list has become too old.
      if (age >= REFRESH_MS) this.read().catch(() => undefined);
      return this.list;
    }
    await this.readOrRefuse();
    if (this.list === null) return this.present();
    return this.list;
  }

  private async newerThan(list: TokenList): Promise<TokenList> {
    if (this.ageOf(list) >= UNKNOWN_PAUSE_MS) await this.readOrRefuse();
    return this.list ?? list;
  }

  private ageOf(list: TokenList | null): number {
    return list === null ? Infinity : this.clock.monotonic() - list.at;
  }

  private async readOrRefuse(): Promise<void> {
    try {
      await this.read();
    } catch (cause) {
      const detail =
        'The API tokens cannot be read from the event store: repeat the request after a pause, or use a token of the identity provider';
      throw refusal('access-unavailable', detail, { cause });
    }
  }

  private read(): Promise<void> {
    if (this.reading !== null) return this.reading;
    const reading = this.readOnce().finally(() => {
      if (this.reading === reading) this.reading = null;
    });
    this.reading = reading;
    return reading;
  }

  private async readOnce(): Promise<void> {
    const { changes } = this;
    const at = this.clock.monotonic();
    const { state } = await this.history.load(API_TOKENS_STREAM);
    if (changes !== this.changes) return;
    const { list } = this;
    this.list = list?.state === state ? { ...list, at } : listOf(state, at);
  }
}

function listOf(state: ApiTokensState, at: number): TokenList {
  const tokens = apiTokensIn(state);
  const byHash = new Map([...tokens.values()].map((token) => [token.hash, token]));
  return { state, tokens, byHash, at };
}

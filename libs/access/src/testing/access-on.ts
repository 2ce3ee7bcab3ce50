import { API_TOKENS_STREAM } from '@uplift/contracts';
import type { ApiTokenCommand, Labels, Scope } from '@uplift/domain';
import { SCOPES } from '@uplift/domain';
import { StreamHistory, SystemCommandHandler } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AccessPolicy } from '../access-policy';
import { API_TOKENS_DECIDER, ApiTokens, makeToken, tokenHash } from '../api-tokens';
import { Authenticator } from '../authenticator';
import type { JwtVerifier } from '../jwt-verifier';

const ASKED = { requestedBy: 'operator-7', reason: 'a test' };
const YEAR_MS = 365 * 86_400_000;

/** How something is refused with a problem of this code. */
export function refusedWith(code: string) {
  return { problem: expect.objectContaining({ code }) as unknown };
}

/** Two processes of the command API on one store: what `tokens` knows, and what the other one does. */
export function accessOn(
  store = new InMemoryEventStore(),
  jwt: JwtVerifier | null = null,
  apiTokensFrom = -Infinity,
) {
  const clock = new VirtualClock();
  const randomness = new SeededRandomness(1);
  const rootToken = makeToken(randomness);
  const policy = new AccessPolicy(false, tokenHash(rootToken));
  const tokens = new ApiTokens(store, clock, 'command-api', apiTokensFrom);
  const history = new StreamHistory(store, 'command-api', 'system', API_TOKENS_DECIDER);
  const handler = new SystemCommandHandler(API_TOKENS_STREAM, history, { clock, randomness });
  const timeIn = (ms: number) => new Date(clock.wall() + ms).toISOString();

  const elsewhere = (command: ApiTokenCommand) => {
    const actor = { type: 'user', id: 'operator-7' } as const;
    const cause = { causationId: randomness.uuid(), step: command.type, correlationId: 'c', actor };
    return handler.handle({ command, cause }, { tries: 1 });
  };
  const create = async (
    scopes: readonly Scope[] = ['instances:read'],
    forMs = YEAR_MS,
    labels?: Labels,
  ) => {
    const token = makeToken(randomness);
    const tokenId = randomness.uuid();
    const hash = tokenHash(token).toString('hex');
    const times = { now: timeIn(0), latestExpiry: timeIn(YEAR_MS), expiresAt: timeIn(forMs) };
    const rights = labels === undefined ? { scopes } : { scopes: [], limited: { labels, scopes } };
    const data = { ...ASKED, ...times, tokenId, hash, ...rights, grantable: SCOPES, within: {} };
    await elsewhere({ type: 'CreateApiToken', data });
    return { token, tokenId, hash };
  };
  const revoke = (tokenId: string) =>
    elsewhere({ type: 'RevokeApiToken', data: { ...ASKED, tokenId, within: {}, now: timeIn(0) } });

  const authenticator = new Authenticator(policy, tokens, jwt, clock);
  return { clock, randomness, store, rootToken, tokens, handler, authenticator, create, revoke };
}

import { fold } from '../decider';
import type { ApiTokenCommand } from './api-tokens';
import {
  API_TOKENS_FOR_UNLIMITED,
  ApiTokenCreatorOverError,
  ApiTokenExpiryError,
  apiTokensDecider,
  apiTokensIn,
  ApiTokenTooStrongError,
  ApiTokenTooWideError,
  ApiTokenUnknownError,
  isInForce,
  MOST_API_TOKENS,
  MOST_API_TOKENS_FROM_LIMITED,
  rightsOf,
  TooManyApiTokensError,
} from './api-tokens';
import type { SystemEvent } from './system.events';

const asked = { requestedBy: 'operator-7', reason: 'nightly upgrades' };
const token = {
  tokenId: 't-1',
  hash: 'ab'.repeat(32),
  scopes: ['instances:read'],
  expiresAt: '2026-02-01T00:00:00.000Z',
} as const;
const times = { now: '2026-01-01T00:00:00.000Z', latestExpiry: '2027-01-02T00:00:00.000Z' };

const create = (
  changes: Partial<Extract<ApiTokenCommand, { type: 'CreateApiToken' }>['data']> = {},
): ApiTokenCommand => ({
  type: 'CreateApiToken',
  data: {
    ...token,
    ...asked,
    ...times,
    grantable: ['instances:read', 'audit:read'],
    within: {},
    ...changes,
  },
});
const revoking = { tokenId: 't-1', within: {}, now: times.now, ...asked };
const revoke: ApiTokenCommand = { type: 'RevokeApiToken', data: revoking };
const created: SystemEvent = { type: 'ApiTokenCreated', data: { ...token, ...asked } };
const revoked: SystemEvent = { type: 'ApiTokenRevoked', data: { tokenId: 't-1', ...asked } };
const noted: SystemEvent = { type: 'CommandNoted', data: { command: 'RevokeApiToken' } };

const decider = apiTokensDecider((tokenId) => `actor of ${tokenId}`);
const decided = (command: ApiTokenCommand, ...events: SystemEvent[]) =>
  decider.decide(command, fold(decider, events));

describe('an API token', () => {
  it('is created with its hash, and revoked', () => {
    expect(decided(create())).toEqual([created]);
    expect(decided(revoke, created, noted)).toEqual([revoked]);
  });

  it('stays as it is when it is created or revoked again', () => {
    expect(decided(create({ hash: 'cd'.repeat(32) }), created)).toEqual([]);
    expect(decided(create(), created, revoked)).toEqual([]);
    expect(decided(revoke, created, revoked)).toEqual([]);
  });

  it('goes with what was created with it, and with that in turn', () => {
    const by = (tokenId: string, creator: string, changes: object = {}): SystemEvent => {
      const requestedBy = `actor of ${creator}`;
      return {
        type: 'ApiTokenCreated',
        data: { ...token, ...asked, requestedBy, tokenId, ...changes },
      };
    };
    const others = [
      by('child', 't-1'),
      by('expired', 't-1', { expiresAt: times.now }),
      by('of another', 't-2'),
      by('grandchild', 'child'),
      by('of the expired', 'expired'),
    ];
    const went = decided(revoke, created, ...others);
    expect(went[0]).toEqual(revoked);
    const gone = ['t-1', 'child', 'grandchild', 'of the expired'];
    expect(went.map(({ data }) => 'tokenId' in data && data.tokenId)).toEqual(gone);
    expect(went[1]).toMatchObject({
      data: { requestedBy: 'operator-7', reason: 'The token t-1 that created it was revoked' },
    });
    expect(decided(revoke, created, ...others, ...went)).toEqual([]);
    expect(decided(revoke, created, revoked, by('left over', 't-1'))).toHaveLength(1);
  });

  it('is created with no token that is over: who is let in by an old list of them gets none', () => {
    const byToken = create({ tokenId: 't-2', requestedBy: 'actor of t-1' });
    expect(decided(byToken, created)).toHaveLength(1);
    expect(() => decided(byToken, created, revoked)).toThrow(ApiTokenCreatorOverError);
    const later = { now: token.expiresAt, expiresAt: '2026-03-01T00:00:00.000Z' };
    const late = create({ tokenId: 't-2', requestedBy: 'actor of t-1', ...later });
    expect(() => decided(late, created)).toThrow(ApiTokenCreatorOverError);
    const [child] = decided(byToken, created);
    if (child === undefined) throw new Error('no child');
    expect(decided(byToken, created, child, revoked)).toEqual([]);
  });

  it('that nobody created cannot be revoked', () => {
    expect(() => decided(revoke)).toThrow(ApiTokenUnknownError);
    expect(() => decided(revoke, revoked)).toThrow(ApiTokenUnknownError);
  });

  it('has no scope that its creator lacks', () => {
    expect(() => decided(create({ scopes: ['instances:read', 'system:operate'] }))).toThrow(
      ApiTokenTooStrongError,
    );
    expect(() => decided(create({ grantable: [] }))).toThrow(/instances:read/);
  });

  it('of some instances has its scopes for them alone', () => {
    const limited = { labels: { team: 'payments' }, scopes: ['instances:read'] } as const;
    const ofTeam = { ...token, scopes: [], limited };
    expect(decided(create(ofTeam))).toEqual([
      { type: 'ApiTokenCreated', data: { ...ofTeam, ...asked } },
    ]);
    expect(rightsOf(ofTeam)).toEqual(limited);
    expect(rightsOf(token)).toEqual({ scopes: token.scopes, labels: {} });
    expect(() => decided(create({ ...ofTeam, grantable: ['audit:read'] }))).toThrow(
      ApiTokenTooStrongError,
    );
  });

  it('reaches no further than the one that creates it', () => {
    const within = { team: 'payments', region: 'eu' };
    const limitedTo = (labels: Record<string, string>) =>
      create({ within, scopes: [], limited: { labels, scopes: ['instances:read'] } });
    expect(decided(limitedTo(within))).toHaveLength(1);
    expect(decided(limitedTo({ ...within, app: 'shop' }))).toHaveLength(1);
    for (const labels of [{ team: 'payments' }, { ...within, team: 'ledger' }, {}]) {
      expect(() => decided(limitedTo(labels))).toThrow(ApiTokenTooWideError);
    }
    expect(() => decided(create({ within }))).toThrow(/team=payments, region=eu/);
  });

  it('cannot be revoked by whoever reaches less than it, and does not exist for him', () => {
    const limited = { labels: { team: 'payments' }, scopes: ['instances:read'] } as const;
    const ofTeam: SystemEvent = {
      type: 'ApiTokenCreated',
      data: { ...token, scopes: [], limited, ...asked },
    };
    const revokeWithin = (team: string): ApiTokenCommand => ({
      type: 'RevokeApiToken',
      data: { ...revoking, within: { team } },
    });
    expect(() => decided(revokeWithin('payments'), created)).toThrow(ApiTokenUnknownError);
    expect(() => decided(revokeWithin('ledger'), ofTeam)).toThrow(ApiTokenUnknownError);
    expect(decided(revokeWithin('payments'), ofTeam)).toEqual([revoked]);
  });

  it.each([
    ['in the past', '2025-12-31T23:59:59.999Z'],
    ['at once', times.now],
    ['too late', '2027-01-02T00:00:00.001Z'],
  ])('does not expire %s', (_when, expiresAt) => {
    expect(() => decided(create({ expiresAt }))).toThrow(ApiTokenExpiryError);
  });

  it('is in force until it expires, or is revoked', () => {
    const state = (...events: SystemEvent[]) => apiTokensIn(fold(decider, events)).get('t-1');
    const known = state(created);
    if (known === undefined) throw new Error('no token');
    expect(isInForce(known, '2026-01-31T23:59:59.999Z')).toBe(true);
    expect(isInForce(known, token.expiresAt)).toBe(false);
    expect(state(created, revoked)).toEqual({ ...token, ...asked, isRevoked: true });
    expect(isInForce({ ...known, isRevoked: true }, times.now)).toBe(false);
  });

  it('is one of a thousand at most; those that are over do not count', () => {
    const many = Array.from({ length: MOST_API_TOKENS }, (_, n): SystemEvent => {
      return { type: 'ApiTokenCreated', data: { ...token, ...asked, tokenId: `t-${n}` } };
    });
    const another = create({ tokenId: 'another' });
    expect(() => decided(another, ...many)).toThrow(/^1000 tokens are in force: revoke/);
    expect(decided(another, ...many, revoked)).toHaveLength(1);
    const later = { now: token.expiresAt, expiresAt: '2026-03-01T00:00:00.000Z' };
    expect(decided(create({ tokenId: 'another', ...later }), ...many)).toHaveLength(1);
  });

  it('is one of nine hundred at most where its creator is limited, so that others have room', () => {
    const within = { team: 'payments' };
    const limited = { labels: within, scopes: ['instances:read'] } as const;
    const ofTeam = create({ tokenId: 'another', within, scopes: [], limited });
    const many = (count: number) =>
      Array.from({ length: count }, (_, n): SystemEvent => {
        return { type: 'ApiTokenCreated', data: { ...token, ...asked, tokenId: `t-${n}` } };
      });
    const most = MOST_API_TOKENS - API_TOKENS_FOR_UNLIMITED;
    expect(decided(ofTeam, ...many(most - 1))).toHaveLength(1);
    expect(() => decided(ofTeam, ...many(most))).toThrow(/^900 tokens are in force: revoke/);
    expect(decided(create({ tokenId: 'another' }), ...many(MOST_API_TOKENS - 1))).toHaveLength(1);
  });

  it('is one of a hundred at most that come from one limited token, whichever creates it', () => {
    const labels = { team: 'payments' };
    const limited = { labels, scopes: ['instances:read'] } as const;
    const ofTeam = (tokenId: string, creator: string): SystemEvent => {
      const requestedBy = `actor of ${creator}`;
      return {
        type: 'ApiTokenCreated',
        data: { ...token, ...asked, scopes: [], limited, tokenId, requestedBy },
      };
    };
    const createWith = (creator: string, tokenId = 'another') =>
      create({ tokenId, requestedBy: `actor of ${creator}`, within: labels, scopes: [], limited });
    // `t-1` has no limit.
    const known = [created, ofTeam('team', 't-1'), ofTeam('other team', 't-1')];
    const family = [ofTeam('child', 'team'), ofTeam('grandchild', 'child')];
    while (family.length < MOST_API_TOKENS_FROM_LIMITED - 1) {
      family.push(ofTeam(`n-${family.length}`, family.length % 2 === 0 ? 'team' : 'child'));
    }
    const last = ofTeam('last', 'grandchild');
    expect(decided(createWith('grandchild', 'last'), ...known, ...family)).toEqual([last]);

    const all = [...known, ...family, last];
    for (const creator of ['team', 'child', 'grandchild', 'last']) {
      const oneMore = () => decided(createWith(creator), ...all);
      expect(oneMore).toThrow(TooManyApiTokensError);
      expect(oneMore).toThrow(/^100 tokens are in force that come from this limited token/);
    }
    expect(decided(createWith('other team'), ...all)).toHaveLength(1);
    expect(decided(createWith('t-1'), ...all)).toHaveLength(1);
    const over: SystemEvent = { type: 'ApiTokenRevoked', data: { ...asked, tokenId: 'last' } };
    expect(decided(createWith('team'), ...all, over)).toHaveLength(1);
  });

  it('costs the same however many there are: its event copies nothing of what was there', () => {
    const state = fold(decider, [created, revoked]);
    const after = decider.evolve(state, created);
    expect(after?.before).toBe(state);
    expect(decider.evolve(after, noted)).toBe(after);
  });
});

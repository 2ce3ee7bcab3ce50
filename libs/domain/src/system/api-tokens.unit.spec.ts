import { fold } from '../decider';
import type { ApiTokenCommand } from './api-tokens';
import {
  ApiTokenExpiryError,
  apiTokensDecider,
  apiTokensIn,
  ApiTokenTooStrongError,
  ApiTokenUnknownError,
  isInForce,
  MOST_API_TOKENS,
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
  data: { ...token, ...asked, ...times, grantable: ['instances:read', 'audit:read'], ...changes },
});
const revoke: ApiTokenCommand = { type: 'RevokeApiToken', data: { tokenId: 't-1', ...asked } };
const created: SystemEvent = { type: 'ApiTokenCreated', data: { ...token, ...asked } };
const revoked: SystemEvent = { type: 'ApiTokenRevoked', data: { tokenId: 't-1', ...asked } };
const noted: SystemEvent = { type: 'CommandNoted', data: { command: 'RevokeApiToken' } };

const decided = (command: ApiTokenCommand, ...events: SystemEvent[]) =>
  apiTokensDecider.decide(command, fold(apiTokensDecider, events));

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

  it.each([
    ['in the past', '2025-12-31T23:59:59.999Z'],
    ['at once', times.now],
    ['too late', '2027-01-02T00:00:00.001Z'],
  ])('does not expire %s', (_when, expiresAt) => {
    expect(() => decided(create({ expiresAt }))).toThrow(ApiTokenExpiryError);
  });

  it('is in force until it expires, or is revoked', () => {
    const state = (...events: SystemEvent[]) =>
      apiTokensIn(fold(apiTokensDecider, events)).get('t-1');
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
    expect(() => decided(another, ...many)).toThrow(TooManyApiTokensError);
    expect(decided(another, ...many, revoked)).toHaveLength(1);
    const later = { now: token.expiresAt, expiresAt: '2026-03-01T00:00:00.000Z' };
    expect(decided(create({ tokenId: 'another', ...later }), ...many)).toHaveLength(1);
  });

  it('costs the same however many there are: its event copies nothing of what was there', () => {
    const state = fold(apiTokensDecider, [created, revoked]);
    const after = apiTokensDecider.evolve(state, created);
    expect(after?.before).toBe(state);
    expect(apiTokensDecider.evolve(after, noted)).toBe(after);
  });
});

import { SCOPES } from '@uplift/domain';
import type { Scope } from '@uplift/domain';
import { mayWatch, shownData } from './event-rights';

const seenWith = (stream: string, type: string) =>
  SCOPES.filter((scope) => mayWatch([scope], { stream, type }));

describe('who is sent an event', () => {
  it.each<[string, string, readonly Scope[]]>([
    ['instance-1', 'UpgradeRequested', ['instances:read']],
    ['instance-1', 'WrittenByANewerBuild', ['instances:read']],
    ['environment-1', 'EnvironmentReserved', ['instances:read']],
    ['system-1', 'StartsStopped', ['instances:read']],
    ['system-1', 'FindingRecorded', ['audit:read']],
    ['system-1', 'FindingClosed', ['audit:read']],
    ['system-1', 'ApiTokenCreated', ['system:operate']],
    ['system-1', 'ApiTokenRevoked', ['system:operate']],
    ['system-1', 'ActorErased', ['system:operate']],
    ['system-1', 'StoreAccepted', ['system:operate']],
    ['system-1', 'CommandNoted', ['system:operate']],
    ['refusal-1', 'CommandRefused', ['instances:read']],
    ['refusal-1', 'CommandDenied', ['audit:read']],
    ['audit-1', 'AuditRecordsRead', ['audit:read']],
    ['system-1', 'WrittenByANewerBuild', []],
    ['audit-1', 'FindingRecorded', []],
    ['instances-1', 'UpgradeRequested', []],
  ])('in %s of type %s: whoever has %j', (stream, type, scopes) => {
    expect(seenWith(stream, type)).toEqual(scopes);
    expect(mayWatch([], { stream, type })).toBe(false);
    expect(mayWatch(SCOPES, { stream, type })).toBe(true);
  });

  it('is not shown the hash of a token, and all else', () => {
    const data = { tokenId: 't-1', hash: 'ab'.repeat(32), reason: 'nightly' };
    expect(shownData({ type: 'ApiTokenCreated', data })).toEqual({
      ...{ tokenId: 't-1', reason: 'nightly' },
    });
    expect(shownData({ type: 'InstanceRegistered', data })).toBe(data);
  });
});

import { SCOPES } from '@uplift/domain';
import type { Scope } from '@uplift/domain';
import { mayWatch, shownData, WatchedInstances } from './event-rights';

const data = { instanceId: 'i-1', subject: 'instance-1' };
const LIMIT = { team: 'payments' };

const seenWith = (stream: string, type: string) =>
  SCOPES.filter((scope) => mayWatch({ scopes: [scope], labels: {} }, { stream, type, data }));

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
    expect(mayWatch({ scopes: [], labels: {} }, { stream, type, data })).toBe(false);
    expect(mayWatch({ scopes: SCOPES, labels: {} }, { stream, type, data })).toBe(true);
  });

  it.each<[string, string, object, boolean]>([
    ['instance-1', 'UpgradeRequested', {}, true],
    ['environment-1', 'EnvironmentReserved', { instanceId: 'i-1' }, true],
    ['refusal-1', 'CommandRefused', { instanceId: 'i-1' }, true],
    ['system-1', 'FindingRecorded', { subject: 'instance-i-1' }, true],
    ['system-1', 'StartsStopped', {}, true],
    ['system-1', 'FindingRecorded', { subject: 'max_bytes' }, false],
    ['system-1', 'FindingClosed', {}, false],
    ['refusal-1', 'CommandDenied', { instanceId: 'i-1' }, false],
    ['system-1', 'ClockChecked', {}, false],
    ['system-1', 'ApiTokenCreated', {}, false],
    ['system-1', 'StoreAccepted', {}, false],
    ['environment-1', 'EnvironmentReserved', {}, false],
    ['system-1', 'WrittenByANewerBuild', { instanceId: 'i-1' }, false],
  ])('with a limit: %s %s %j may be %s', (stream, type, about, mayBe) => {
    const event = { stream, type, data: about };
    expect(mayWatch({ scopes: SCOPES, labels: LIMIT }, event)).toBe(mayBe);
    expect(mayWatch({ scopes: SCOPES, labels: {} }, event)).toBe(true);
  });

  it('is not shown the hash of a token, and all else', () => {
    const data = { tokenId: 't-1', hash: 'ab'.repeat(32), reason: 'nightly' };
    expect(shownData({ type: 'ApiTokenCreated', data })).toEqual({
      ...{ tokenId: 't-1', reason: 'nightly' },
    });
    expect(shownData({ type: 'InstanceRegistered', data })).toBe(data);
  });
});

describe('the instances that a limited client watches', () => {
  const event = (revision: number, type: string, team = '') =>
    ({ stream: 'instance-i-1', type, revision, data: { labels: { team } } }) as never;
  const at = (revision: number, team: string) => ({ revision, labels: { team } });

  it('are those whose newest registration carries the labels, looked up once', async () => {
    let now: { revision: number; labels: { team: string } } | null = at(4, 'payments');
    let lookUps = 0;
    const registered = () => Promise.resolve(((lookUps += 1), now));
    const watched = new WatchedInstances(LIMIT, { registered });
    expect(await watched.covers(event(0, 'InstanceRegistered', 'ledger'))).toBe(true);
    expect(await watched.covers(event(5, 'UpgradeRequested'))).toBe(true);
    expect(await watched.covers(event(9, 'InstanceRegistered', 'ledger'))).toBe(false);
    expect(await watched.covers(event(10, 'UpgradeRequested'))).toBe(false);
    expect(lookUps).toBe(1);
    now = at(11, 'payments');
    watched.forget();
    expect(await watched.covers(event(12, 'UpgradeRequested'))).toBe(true);
    now = null;
    watched.forget();
    expect(await watched.covers(event(13, 'UpgradeRequested'))).toBe(false);
  });
});

import type { InstanceState } from '@uplift/domain';
import { VirtualClock } from '@uplift/runtime/testing';
import { NO_STREAM } from './event-store.port';
import { KnownInstances } from './known-instances';
import { NO_MEMORY } from './stream-memory';

const ABSENT: InstanceState = { kind: 'absent' };
/** Of `characters` characters, with the state. */
const known = (characters: number) => {
  const page = 'x'.repeat(characters - JSON.stringify(ABSENT).length);
  const memory = { ...NO_MEMORY, commands: { page, earlier: [] } };
  return { state: ABSENT, head: NO_STREAM, position: 0n, memory };
};

const later = (revision: number) => ({ ...known(100), head: { revision, hash: 'h' } });

describe('instances that are known', () => {
  it('are those used last, as many as there is room for', () => {
    const instances = new KnownInstances(new VirtualClock(), 250);
    for (const stream of ['a', 'b', 'a', 'c']) instances.keep(stream, known(100));
    expect(['a', 'b', 'c'].map((stream) => instances.of(stream) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('are none that takes more than all the room', () => {
    const instances = new KnownInstances(new VirtualClock(), 250);
    instances.keep('a', known(251));
    expect(instances.of('a')).toBeUndefined();
    instances.keep('b', known(250));
    expect(instances.of('b')).toEqual(known(250));
  });

  it('have their first event asked for once a minute, however often they are used', async () => {
    const clock = new VirtualClock();
    const instances = new KnownInstances(clock);
    instances.keep('a', known(100));
    await clock.advance(59_999);
    instances.keep('a', known(120));
    expect(instances.isOld('a')).toBe(false);
    await clock.advance(1);
    expect(instances.isOld('a')).toBe(true);
    instances.confirm('a');
    expect(instances.isOld('a')).toBe(false);
  });

  it('have their full pages for as long as there is room for them', () => {
    const instances = new KnownInstances(new VirtualClock(), 250);
    instances.keep('a', known(100));
    instances.keepPage('a', 7, 'x'.repeat(100));
    instances.keep('a', known(120));
    expect(instances.pageOf('a', 7)).toHaveLength(100);
    instances.keep('b', known(100));
    expect([instances.of('a'), instances.pageOf('a', 7)]).toEqual([undefined, undefined]);
    instances.keepPage('c', 7, 'x');
    expect(instances.pageOf('c', 7)).toBeUndefined();
  });

  it('are the newest for half a minute, unless that is in doubt', async () => {
    const clock = new VirtualClock();
    const instances = new KnownInstances(clock);
    instances.keep('a', known(100));
    instances.keep('b', known(100));
    await clock.advance(20_000);
    instances.keep('b', known(110));
    await clock.advance(9_999);
    expect(instances.newest('a')).toEqual(known(100));
    await clock.advance(1);
    expect([instances.newest('a'), instances.newest('b')]).toEqual([undefined, known(110)]);
    instances.doubt('b');
    expect([instances.newest('b'), instances.of('b')]).toEqual([undefined, known(110)]);
    instances.keep('b', known(120));
    expect(instances.newest('b')).toEqual(known(120));
    instances.doubtAll();
    expect(instances.newest('b')).toBeUndefined();
  });

  it('are the newest no longer when their first event is to be asked for', async () => {
    const clock = new VirtualClock();
    const instances = new KnownInstances(clock);
    for (const _twice of [1, 2]) {
      instances.keep('a', known(100));
      await clock.advance(29_999);
    }
    instances.keep('a', known(100));
    expect(instances.newest('a')).toEqual(known(100));
    await clock.advance(2);
    expect([instances.isOld('a'), instances.newest('a')]).toEqual([true, undefined]);
  });

  it('are read on from where they were read, whatever was appended since', () => {
    const instances = new KnownInstances(new VirtualClock());
    instances.keep('a', known(100));
    instances.keepLeft('a', later(4));
    expect([instances.of('a'), instances.newest('a')]).toEqual([known(100), later(4)]);
    instances.keepLeft('b', later(0));
    expect([instances.of('b'), instances.newest('b')]).toEqual([undefined, later(0)]);
  });

  it('are the newest no longer when there is too much that was not read', () => {
    const instances = new KnownInstances(new VirtualClock());
    instances.keep('a', later(9));
    instances.keepLeft('a', later(9 + 64));
    expect(instances.newest('a')).toEqual(later(9 + 64));
    instances.keepLeft('a', later(9 + 65));
    expect(instances.newest('a')).toBeUndefined();
  });

  it('take the room of what was read and of what was left', () => {
    const instances = new KnownInstances(new VirtualClock(), 250);
    instances.keep('a', known(100));
    instances.keepLeft('a', known(100));
    instances.keepLeft('b', known(100));
    expect([instances.of('a'), instances.newest('b')]).toEqual([undefined, known(100)]);
  });
});

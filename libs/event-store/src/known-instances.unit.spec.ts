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
});

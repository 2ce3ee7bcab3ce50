import { ProblemError } from './problems';
import { queryParameters, readQuery, readQueryString } from './queries';

const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';

function pointersOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return (error.problem.errors ?? []).map(({ pointer }) => pointer);
  }
}

function detailsOf(read: () => unknown): Record<string, string> {
  try {
    read();
    return {};
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const faults = error.problem.errors ?? [];
    return Object.fromEntries(faults.map(({ pointer, detail }) => [pointer, detail]));
  }
}

function faultsIn(read: () => unknown): readonly string[] {
  return Object.entries(detailsOf(read)).map(([pointer, detail]) => `${pointer} ${detail}`);
}

describe('the body of a query', () => {
  it('may leave out what has a default', () => {
    expect(readQuery('instanceList', {})).toEqual({});
    expect(readQuery('instanceStats', {}).minPosition).toBeUndefined();
  });

  it('may be missing where nothing is required', () => {
    expect(readQuery('instanceStats', undefined)).toEqual({});
    expect(pointersOf(() => readQuery('instanceGet', undefined))).toEqual(['/instanceId']);
  });

  it('is refused with limits as numbers, values that look like what was given, and what is missing', () => {
    const body = { status: 'upgrade-runing', limit: 0, app: 'x'.repeat(101), project: 7, x: 1 };
    const told = () => readQuery('instanceList', body);
    expect(told).toThrow('/x is not known here; ');
    expect(told).toThrow('2 more, see errors');
    expect(detailsOf(told)).toEqual({
      '/x': 'is not known here',
      '/limit': 'must be a whole number from 1 to 100',
      '/status': expect.stringMatching(
        /^must be one of \d+ values .*: upgrade-running, /,
      ) as string,
      '/app': 'must have at most 100 characters',
      '/project': 'must be a string',
    });
  });

  it('is refused with every wrong field, not only the first', () => {
    const body = { status: 'asleep', limit: 0, minPosition: '-1' };
    const pointers = pointersOf(() => readQuery('instanceList', body));
    expect(pointers.sort()).toEqual(['/limit', '/minPosition', '/status']);
  });

  it('is not converted: a number as text stays text', () => {
    expect(pointersOf(() => readQuery('instanceList', { limit: '5' }))).toContain('/limit');
  });

  it('has no field that no query has, also none with odd characters', () => {
    const body = { instanceId: INSTANCE_ID, 'a/b~c': 1 };
    expect(pointersOf(() => readQuery('instanceGet', body))).toEqual(['/a~1b~0c']);
  });

  it.each([null, 'text', 7, []])('is refused as a whole when it is %j', (body) => {
    expect(pointersOf(() => readQuery('instanceStats', body))).toEqual(['']);
  });

  it('cannot put anything under its prototype', () => {
    const body = JSON.parse('{"__proto__": {"limit": 1, "status": "new"}}') as unknown;
    expect(pointersOf(() => readQuery('instanceList', body))).toEqual(['/__proto__']);
  });
});

describe('the query of a URL', () => {
  it('has numbers for digits, and its own name for the position', () => {
    const given = { limit: '5', 'min-position': '12', project: 'shop', cursor: undefined };
    expect(
      readQueryString('instanceTimeline', { limit: '7' }, { instanceId: INSTANCE_ID }),
    ).toEqual({ instanceId: INSTANCE_ID, limit: 7 });
    expect(readQueryString('instanceList', given)).toEqual({
      limit: 5,
      minPosition: '12',
      project: 'shop',
    });
  });

  it.each([
    [{ limit: '101' }, '/limit'],
    [{ limit: '05' }, '/limit'],
    [{ limit: ['5', '6'] }, '/limit'],
    [{ 'min-position': 'x' }, '/min-position'],
    [{ minPosition: '12' }, '/minPosition'],
    [{ project: '' }, '/project'],
    [{ app: 'a\u0000b' }, '/app'],
  ])('%j is refused at %s', (given, pointer) => {
    expect(pointersOf(() => readQueryString('instanceList', given))).toContain(pointer);
  });

  it.each([
    [{ from: '0', limit: '1' }, []],
    [{ order: 'newest-first' }, []],
    [{ order: 'random' }, ['/order']],
    [{ from: '-1' }, ['/from']],
    [{ from: '1234567890' }, ['/from']],
    [{ limit: '0' }, ['/limit']],
  ])('of raw events with %j is refused at %j', (given, pointers) => {
    const path = { instanceId: INSTANCE_ID };
    expect(pointersOf(() => readQueryString('instanceEvents', given, path))).toEqual(pointers);
  });

  it.each([
    [{ after: '0', instanceId: INSTANCE_ID }, []],
    [{ after: 'x' }, ['/after']],
    [{ instanceId: INSTANCE_ID.toUpperCase() }, ['/instanceId']],
  ])('of the event stream with %j is refused at %j', (given, pointers) => {
    expect(pointersOf(() => readQueryString('eventStream', given))).toEqual(pointers);
  });

  it.each([
    [
      { open: 'true', kind: 'stream-gone' },
      { open: true, kind: 'stream-gone' },
    ],
    [{ open: 'false' }, { open: false }],
  ])('of findings with %j reads %j', (given, query) => {
    expect(readQueryString('systemFindings', given)).toEqual(query);
  });

  it.each([
    [{ open: 'yes' }, ['/open']],
    [{ open: ['true', 'true'] }, ['/open']],
    [{ kind: 'anything' }, ['/kind']],
  ])('of findings with %j is refused at %j', (given, pointers) => {
    expect(pointersOf(() => readQueryString('systemFindings', given))).toEqual(pointers);
  });

  it('cannot name what stands in the path', () => {
    const given = { instanceId: INSTANCE_ID };
    expect(pointersOf(() => readQueryString('instanceGet', given, given))).toEqual(['/instanceId']);
  });

  it('publishes its parameters under their names', () => {
    const names = queryParameters('instanceTimeline').map(({ name }) => name);
    expect(names).toEqual(['min-position', 'cursor', 'limit']);
  });

  it.each([
    ['instanceList', { limit: 0, status: 'asleep', app: '', x: 1 }],
    ['instanceList', { limit: 101, cursor: 'x'.repeat(501), core: 'a\u0000b', reasonClass: 'x' }],
    ['instanceTimeline', { limit: 0, surprise: 'y', instanceId: INSTANCE_ID }],
    ['systemFindings', { kind: 'anything', open: 'yes' }],
    ['upgradeGet', { upgradeId: 'no uuid' }],
  ] as const)(
    'is refused as its body would be, but for the names of parameters: %s %j',
    (name, body) => {
      const path = Object.fromEntries(
        Object.entries(body).filter(([member]) => /^(instance|upgrade)Id$/.test(member)),
      );
      const given = Object.entries(body).filter(([member]) => !(member in path));
      const text = given.map(([member, value]) => [
        member.replace('reasonClass', 'reason-class'),
        String(value),
      ]);

      const overHttp = faultsIn(() =>
        readQueryString(name, Object.fromEntries(text) as Record<string, string>, path),
      );
      const overBus = faultsIn(() => readQuery(name, body));

      expect(overHttp).toHaveLength(
        Object.keys(body).length - (name === 'instanceTimeline' ? 1 : 0),
      );
      expect(overHttp.map((fault) => fault.replace('reason-class', 'reasonClass')).sort()).toEqual(
        [...overBus].sort(),
      );
    },
  );
});

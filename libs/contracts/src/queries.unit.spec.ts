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

describe('the body of a query', () => {
  it('may leave out what has a default', () => {
    expect(readQuery('instanceList', {})).toEqual({});
    expect(readQuery('instanceStats', {}).minPosition).toBeUndefined();
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

  it.each([null, 'text', 7, [], undefined])('is refused as a whole when it is %j', (body) => {
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
});

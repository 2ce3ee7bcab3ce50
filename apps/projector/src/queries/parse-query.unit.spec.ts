import { ProblemError } from '@uplift/contracts';
import { parseQuery } from './parse-query';
import { InstanceGetQuery, InstanceListQuery, InstanceStatsQuery } from './query-bodies';

const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';

function pointersOf(type: new () => object, body: unknown): string[] {
  try {
    parseQuery(type, body);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return (error.problem.errors ?? []).map(({ pointer }) => pointer);
  }
}

test('what is left out gets its default', () => {
  expect(parseQuery(InstanceListQuery, {})).toMatchObject({ limit: 50 });
  expect(parseQuery(InstanceStatsQuery, {}).minPosition).toBeUndefined();
});

test('every wrong field is named, not only the first', () => {
  const body = { status: 'asleep', limit: 0, minPosition: '-1' };
  expect(pointersOf(InstanceListQuery, body).sort()).toEqual(['/limit', '/minPosition', '/status']);
});

test('nothing is converted: a number as text stays text', () => {
  expect(pointersOf(InstanceListQuery, { limit: '5' })).toContain('/limit');
});

test('a field that no query has is refused, also one with odd characters', () => {
  const body = { instanceId: INSTANCE_ID, 'a/b~c': 1 };
  expect(pointersOf(InstanceGetQuery, body)).toEqual(['/a~1b~0c']);
});

test.each([null, 'text', 7, [], undefined])('a body that is %j is refused as a whole', (body) => {
  expect(pointersOf(InstanceStatsQuery, body)).toEqual(['']);
});

test('a body cannot put anything under its prototype', () => {
  const body = JSON.parse('{"__proto__": {"limit": 1, "status": "new"}}') as unknown;
  const query = parseQuery(InstanceListQuery, body);
  expect(query).toMatchObject({ limit: 50 });
  expect(query.status).toBeUndefined();
});

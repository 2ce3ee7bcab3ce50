import type { EnvironmentRow, ProjectRow } from './answer-schemas';
import { deploymentOf, environmentIn, instantOf, registeredTaskOf } from './answer-mapping';

const ROW: EnvironmentRow = {
  id: 2,
  name: 'main',
  environmentType: 'PRODUCTION',
  deployType: 'BRANCH',
  deployments: [],
};
const project = (changes: Partial<ProjectRow> = {}, row: Partial<EnvironmentRow> = {}) =>
  environmentIn(
    {
      id: 1,
      environments: [
        { ...ROW, name: 'other', id: 9 },
        { ...ROW, ...row },
      ],
      ...changes,
    },
    { project: 'app', environment: 'main' },
  );

describe('an environment is read from the row of its project', () => {
  it('by its name, with what Lagoon left out as its own default', () => {
    expect(project()).toEqual({
      projectId: 1,
      environmentId: 2,
      environmentType: 'production',
      deployType: 'branch',
      deployBaseRef: null,
      deploymentsDisabled: false,
      restriction: null,
      autoIdle: true,
      idleState: null,
      route: null,
      routes: [],
      activeBuild: null,
      newestStatus: null,
    });
    expect(project({}, { name: 'renamed' })).toBeNull();
  });

  it.each([
    [1, 1, true],
    [1, 0, false],
    [0, 1, false],
    [null, null, true],
  ])('with idling only where project (%p) and environment (%p) have it', (of, own, expected) => {
    expect(project({ autoIdle: of }, { autoIdle: own })?.autoIdle).toBe(expected);
  });

  it.each([
    [0, [], false, null],
    [1, null, true, null],
    [0, ['NO_DEPLOYMENTS'], true, 'NO_DEPLOYMENTS'],
    [1, ['NO_PROJECT_VARIABLES', 'NO_DEPLOYMENTS'], true, 'NO_DEPLOYMENTS'],
    [0, ['NO_PROJECT_VARIABLES', null, 'NO_TOMORROW'], false, null],
  ])('closed by its flag (%p) or its restrictions (%p)', (...given) => {
    const [deploymentsDisabled, restrictions, isClosed, restriction] = given;
    const found = project({ deploymentsDisabled, restrictions });
    expect(found).toMatchObject({ deploymentsDisabled: isClosed, restriction });
  });

  it('with its newest build while that has not ended', () => {
    const newest = (status: string) => project({}, { deployments: [{ name: 'b', status }] });
    expect(newest('running')?.activeBuild).toBe('b');
    expect(newest('building')?.activeBuild).toBe('b');
    expect(newest('COMPLETE')).toMatchObject({ activeBuild: null, newestStatus: 'complete' });
  });
});

describe('what Lagoon writes is read as what it means', () => {
  it('times are UTC, and anything else is none', () => {
    expect(instantOf('2026-01-02 03:04:05')).toBe('2026-01-02T03:04:05Z');
    expect(instantOf('2026-01-02T03:04:05.678Z')).toBe('2026-01-02T03:04:05Z');
    for (const text of [null, undefined, '', 'soon', '0000']) expect(instantOf(text)).toBeNull();
  });

  it('routes come once each, the primary one first', () => {
    const routes = 'https://b.example.com, https://a.example.com,';
    expect(project({}, { route: 'https://a.example.com', routes })).toMatchObject({
      route: 'https://a.example.com',
      routes: [
        { text: 'https://a.example.com', alsoOf: null },
        { text: 'https://b.example.com', alsoOf: null },
      ],
    });
    expect(project({}, { route: null, routes: null })?.routes).toEqual([]);
  });

  it.each(['undefined', 'null', 'a.example.com', 'mailto:a@example.com', 'localhost:80'])(
    'a route "%s" is named, and is no URL of the app',
    (route) => {
      const found = project({}, { route, routes: '' });
      expect(found).toMatchObject({ route: null, routes: [{ text: route, alsoOf: null }] });
    },
  );

  it('a route that another environment has too is none that the app is known by', () => {
    const others = { route: 'https://shop.example.com/', routes: 'https://B.example.com' };
    const environments = [
      { ...ROW, name: 'other', id: 9, ...others },
      { ...ROW, route: 'https://SHOP.example.com', routes: 'http://b.example.com/,https://c.io' },
    ];
    expect(project({ environments })).toMatchObject({
      route: 'https://c.io',
      routes: [
        { text: 'https://SHOP.example.com', alsoOf: 'other' },
        { text: 'http://b.example.com/', alsoOf: 'other' },
        { text: 'https://c.io', alsoOf: null },
      ],
    });
  });

  it('statuses are in lower case, empty texts are none', () => {
    const row = deploymentOf({ id: 1, name: 'b', status: 'RUNNING', bulkId: '', buildStep: '' });
    expect(row).toMatchObject({
      status: 'running',
      bulkId: null,
      buildStep: null,
      completed: null,
    });
  });

  it('a registered task takes the marker only if it declares the argument', () => {
    const declared = (...names: (string | null)[]) =>
      registeredTaskOf({
        id: 1,
        name: 't',
        advancedTaskDefinitionArguments: names.map((name) => ({ name })),
      }).takesMarker;
    expect(declared('COLOUR', 'UPLIFT_MARKER')).toBe(true);
    expect(declared('uplift_marker', null)).toBe(false);
    expect(registeredTaskOf({ id: 1, name: 't' }).takesMarker).toBe(false);
  });
});

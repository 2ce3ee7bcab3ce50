import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../tools/stack/src';
import { askedExpressions, documentedMetrics, HISTOGRAM_SUFFIXES } from '../support/metrics-page';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly promise: string;
    readonly page: string;
  };
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const root = projectRoot();
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

const { groups } = parse(textOf('deploy/observability/alerts.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups
  .flatMap(({ rules: ofGroup }) => ofGroup)
  .map((rule) => [rule.alert, rule] as const);
const { panels } = JSON.parse(textOf('deploy/observability/dashboard.json')) as Dashboard;
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** Names of samples, with the labels that each may have. */
const samples = new Map(
  documentedMetrics().flatMap(({ name, type, labels }) =>
    type === 'histogram'
      ? HISTOGRAM_SUFFIXES.map((suffix) => [`${name}${suffix}`, [...labels, 'le']] as const)
      : [[name, labels] as const],
  ),
);
const OF_SCRAPE = ['instance', 'pod', 'job'];

/** What of an expression is on no page of metrics. */
function unknownIn(expression: string): string[] {
  const names = [...expression.matchAll(/\buplift_\w+/g)].map(([name]) => name);
  const labels = names.flatMap((name) => samples.get(name) ?? []);
  const used = [
    ...expression.matchAll(/\b(?:by|without) \(([^)]*)\)|[{,]\s*(\w+)\s*=~?"/g),
  ].flatMap(([, grouped, matched]) => grouped?.split(/,\s*/) ?? [matched ?? '']);
  return [
    ...names.filter((name) => !samples.has(name)),
    ...used.filter((label) => ![...labels, ...OF_SCRAPE].includes(label)),
  ];
}

/** Every watchdog shows these, and counts all upgrades. */
const ofWatchdogs = new Set(
  documentedMetrics()
    .filter(({ services }) => services.join() === 'watchdog')
    .flatMap(({ name }) => [name, ...HISTOGRAM_SUFFIXES.map((suffix) => `${name}${suffix}`)]),
);
const counted = new Set(
  documentedMetrics()
    .filter(({ type }) => type !== 'gauge')
    .flatMap(({ name }) => [name, ...HISTOGRAM_SUFFIXES.map((suffix) => `${name}${suffix}`)]),
);

/** Metrics of several watchdogs that an expression does not take for one, over a rollout too. */
function countedTwiceIn(expression: string): string[] {
  const uses = [...expression.matchAll(/(max(?: (?:by|without) \([^)]*\))? ?\()?(\buplift_\w+)/g)];
  return uses.flatMap(([, taken = '', name = '']) => {
    if (!ofWatchdogs.has(name)) return [];
    const isOne = counted.has(name) ? taken === 'max without (instance, pod) (' : taken !== '';
    return isOne ? [] : [name];
  });
}

const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');

describe('the check of expressions', () => {
  it('sees a metric and a label that are not there', () => {
    expect(unknownIn('sum by (stage) (uplift_upgrades_gone)')).toEqual([
      'uplift_upgrades_gone',
      'stage',
    ]);
    expect(unknownIn('max(uplift_findings{sort="x"})')).toEqual(['sort']);
    expect(unknownIn('sum by (le) (rate(uplift_stage_duration_seconds_bucket[1h]))')).toEqual([]);
  });
});

describe('the check of what several watchdogs count', () => {
  it.each([
    'sum(increase(uplift_upgrades_total[1h]))',
    'sum(max without (instance, pod) (increase(uplift_upgrades_total[1h])))',
    'sum(increase(max without (instance) (uplift_upgrades_total)[1h:1m]))',
    'sum by (stage) (uplift_upgrades_overdue)',
  ])('sees %s', (expression) => {
    expect(countedTwiceIn(expression)).toHaveLength(1);
  });

  it.each([
    'sum(increase(max without (instance, pod) (uplift_upgrades_total)[1h:1m]))',
    'max by (stage) (uplift_upgrades_overdue)',
    'sum(rate(uplift_commands_total[1h]))',
  ])('lets pass %s', (expression) => {
    expect(countedTwiceIn(expression)).toEqual([]);
  });
});

describe('the alert rules', () => {
  const promises = [textOf('README.md'), textOf('docs/architecture.md')].join('\n');

  it.each(rules)('%s goes by metrics that processes show', (_name, { expr }) => {
    expect(unknownIn(expr)).toEqual([]);
    expect(countedTwiceIn(expr)).toEqual([]);
    expect(expr).toMatch(/uplift_|job="uplift"/);
  });

  it.each(rules)('%s names a promise that stands in the documents', (_name, { annotations }) => {
    expect(promises).toContain(annotations.promise);
  });

  it.each(rules)('%s names a page that says what to do', (_name, { annotations, labels }) => {
    const [page = '', anchor] = annotations.page.split('#');
    expect(existsSync(join(root, page))).toBe(true);
    const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
    expect(headings.map(anchorOf)).toContain(anchor);
    expect(['page', 'ticket']).toContain(labels.severity);
  });

  it('tell of a bus that fills as early as the page on production says', () => {
    const [, ...percents] =
      /two alarms, at (\d+) and at (\d+) %/.exec(textOf('docs/production.md')) ?? [];
    const bounds = rules.flatMap(([, { expr }]) => {
      const [, bound] = /^max\(uplift_relay_bus_filled_ratio\) > ([\d.]+)$/.exec(expr) ?? [];
      return bound === undefined ? [] : [Number(bound)];
    });
    expect(bounds.sort()).toEqual(percents.map((percent) => Number(percent) / 100));
  });

  it('have names of their own', () => {
    const names = rules.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(10);
  });
});

describe('the dashboard', () => {
  it.each(queries)('%s: %s', (_title, expr) => {
    expect(unknownIn(expr)).toEqual([]);
    expect(countedTwiceIn(expr)).toEqual([]);
  });

  it('has a query in each panel', () => {
    const empty = panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0);
    expect(empty).toEqual([]);
  });
});

describe('the page on metrics', () => {
  it('asks its own questions with metrics that processes show', () => {
    const asked = askedExpressions();
    expect(asked.length).toBeGreaterThan(6);
    expect(asked.flatMap(unknownIn)).toEqual([]);
    expect(asked.flatMap(countedTwiceIn)).toEqual([]);
  });
});

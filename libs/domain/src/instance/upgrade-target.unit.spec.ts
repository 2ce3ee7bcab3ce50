import type { UpgradeStrategy } from './upgrade-target';
import { UPGRADE_STRATEGIES } from './upgrade-target';
import type { TargetVariable, UpgradeTarget } from './upgrade-target';
import { whyTargetIsInvalid } from './upgrade-target';

const VARIABLE: TargetVariable = { name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' };
const variables = (...all: readonly Partial<TargetVariable>[]) => ({
  variables: all.map((each) => ({ ...VARIABLE, ...each })),
});
const many = (count: number) =>
  variables(...Array.from({ length: count }, (_, n) => ({ name: `FEATURE_${n}` })));

/** A fitting target of every kind. */
const TARGETS: Record<string, UpgradeTarget | null> = {
  none: null,
  ref: { ref: 'v2.1.0' },
  source: { sourceEnvironment: 'staging' },
  variables: variables({}),
  script: { script: { service: 'cli', command: 'migrate' } },
};
const FITS: Record<UpgradeStrategy, readonly string[]> = {
  'redeploy-latest': ['none'],
  'branch-ref': ['ref'],
  promote: ['source'],
  variables: ['none', 'variables'],
  script: ['script'],
};

describe.each(UPGRADE_STRATEGIES)('the target of %s', (strategy) => {
  it.each(Object.keys(TARGETS))('is judged by its kind: %s', (kind) => {
    const problem = whyTargetIsInvalid(strategy, TARGETS[kind] ?? null);
    if (FITS[strategy].includes(kind)) expect(problem).toBeNull();
    else expect(problem).toContain(strategy);
  });
});

const GOOD_NAMES = [
  'v2.1.0',
  '6f1ed002ab5595859014ebf0951522d9',
  'release/2026-03',
  'feature_x',
  'a'.repeat(100),
];
const BAD_NAMES = [
  '',
  '-x',
  '.git',
  '/etc',
  '../x',
  'a..b',
  'a b',
  'a;b',
  'a|b',
  'a&b',
  '$(x)',
  '${x}',
  '`x`',
  '{x',
  'x}',
  '"',
  "'",
  'a\\b',
  'a#b',
  'a*',
  'ü',
  'a\u0000',
  'v1\n',
  'v1\nv2',
  'a'.repeat(101),
];

describe.each([
  ['branch-ref', 'target.ref', (ref: string) => ({ ref })],
  ['promote', 'target.sourceEnvironment', (sourceEnvironment: string) => ({ sourceEnvironment })],
] as const)('the name in a target of %s', (strategy, member, targetOf) => {
  it.each(GOOD_NAMES)('may be %j', (name) => {
    expect(whyTargetIsInvalid(strategy, targetOf(name))).toBeNull();
  });

  it.each(BAD_NAMES)('must not be %j', (name) => {
    expect(whyTargetIsInvalid(strategy, targetOf(name))).toMatch(`${member} may hold letters`);
  });
});

describe('the variables of a target', () => {
  it.each([
    ['several of them', variables({ name: 'A' }, { name: 'b_2', scope: 'BUILD' })],
    ['an empty value', variables({ value: '' })],
    ['a value of 2000 characters', variables({ value: 'x'.repeat(2_000) })],
    ['any text as value', variables({ value: '$(x) `y` {"z": \'\n\'}' })],
    ['fifty', many(50)],
    ['none', variables()],
  ])('may be %s', (_what, target) => {
    expect(whyTargetIsInvalid('variables', target)).toBeNull();
  });

  it.each(['', '1X', 'A-B', 'A B', 'A=B', '$A', 'A;B', 'Ä', 'A\n', 'A'.repeat(101)])(
    'have names that are not %j',
    (name) => {
      expect(whyTargetIsInvalid('variables', variables({ name }))).toContain(
        'is not a variable name',
      );
    },
  );

  it.each([
    'API_KEY',
    'ClientSecret',
    'DB_PASSWORD',
    'ACCESS_TOKEN',
    'AWS_CREDENTIALS',
    'PRIVATE_X',
    'BASIC_AUTH',
  ])('never hold a secret, as %s would: the history keeps values for ever', (name) => {
    expect(whyTargetIsInvalid('variables', variables({}, { name }))).toMatch(
      `${name} looks like a secret`,
    );
  });

  it.each([
    ['a variable is named twice', variables({ value: 'on' }, { value: 'off' })],
    ['at most 50 variables', many(51)],
    ['longer than 2000 characters', variables({ value: 'x'.repeat(2_001) })],
  ])('are refused: %s', (problem, target) => {
    expect(whyTargetIsInvalid('variables', target)).toContain(problem);
  });
});

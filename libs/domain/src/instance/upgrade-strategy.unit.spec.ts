import { isUpgradeStrategy, UPGRADE_STRATEGIES, whyTargetIsInvalid } from './upgrade-strategy';

describe('an upgrade strategy', () => {
  it('is one of the known names', () => {
    expect(UPGRADE_STRATEGIES.every(isUpgradeStrategy)).toBe(true);
    expect(isUpgradeStrategy('script')).toBe(false);
  });
});

describe('a target', () => {
  it('is left out with redeploy-latest', () => {
    expect(whyTargetIsInvalid('redeploy-latest', null)).toBeNull();
    expect(whyTargetIsInvalid('redeploy-latest', { ref: 'v1' })).toMatch('leave it out');
  });

  it('is required with branch-ref', () => {
    expect(whyTargetIsInvalid('branch-ref', null)).toMatch('name a commit or tag');
  });

  it.each(['v2.1.0', '6f1ed002ab5595859014ebf0951522d9', 'release/2026-03', 'a'.repeat(100)])(
    'may be %s',
    (ref) => {
      expect(whyTargetIsInvalid('branch-ref', { ref })).toBeNull();
    },
  );

  it.each(['', '-x', '../x', 'a..b', 'a b', 'a;b', '$(x)', '"', 'ü', 'a'.repeat(101), 'v1\n'])(
    'must not be %j',
    (ref) => {
      expect(whyTargetIsInvalid('branch-ref', { ref })).toMatch('may hold letters');
    },
  );
});

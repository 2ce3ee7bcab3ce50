import { demoOptions } from './demo.options';
import { brokenPromises } from './expectations';
import type { DemoOutcome } from './expectations';
import { makeFleet } from './fleet';

describe('the demo options', () => {
  it('have defaults', () => {
    expect(demoOptions([])).toEqual({ instances: 25, fail: 2, keep: false });
  });

  it.each([
    ['--instances', '0'],
    ['--instances', 'many'],
    ['--fail', '26'],
    ['--fail', '-1'],
  ])('refuse %s %s and say what is wanted', (name, value) => {
    expect(() => demoOptions([`${name}=${value}`])).toThrow(`${name} wants a whole number`);
  });
});

describe('the fleet of the demo', () => {
  it.each([
    [25, 2],
    [25, 0],
    [6, 1],
    [7, 7],
  ])('of %d has exactly %d doomed instances', (size, doomed) => {
    const fleet = makeFleet(size, doomed);
    expect(fleet).toHaveLength(size);
    expect(fleet.filter(({ isDoomed }) => isDoomed)).toHaveLength(doomed);
    expect(new Set(fleet.map(({ project }) => project)).size).toBe(size);
  });
});

describe('what the demo promises', () => {
  const outcome = {
    options: { instances: 2, fail: 1, keep: false },
    stats: { upgrades: { byOutcome: { succeeded: 1, failed: 1 } } },
    ledger: { buildsByBulkName: { a: ['lagoon-build-a'], b: ['lagoon-build-b'] } },
    audit: { isSound: true },
  } as unknown as DemoOutcome;

  it('holds when every upgrade ended as planned, deployed once, with a sound history', () => {
    expect(brokenPromises(outcome)).toEqual([]);
  });

  it('is broken by a build that was made twice', () => {
    const buildsByBulkName = { a: ['lagoon-build-a', 'lagoon-build-c'], b: ['lagoon-build-b'] };
    const ledger = { ...outcome.ledger, buildsByBulkName };
    expect(brokenPromises({ ...outcome, ledger })).toEqual([
      '1 upgrades were deployed more than once',
    ]);
  });

  it('is broken by a history that does not verify, and by a missing success', () => {
    const audit = { ...outcome.audit, isSound: false };
    const stats = { ...outcome.stats, upgrades: { byOutcome: { failed: 1 } } };
    expect(brokenPromises({ ...outcome, audit, stats })).toEqual([
      '0 of 1 upgrades succeeded',
      'the history does not verify',
    ]);
  });
});

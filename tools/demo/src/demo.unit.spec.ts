import type { DemoOutcome } from './demo';
import { auditOf, demoOptions, unexpected } from './demo';
import { makeFleet } from './fleet';

describe('the demo options', () => {
  it('have defaults', () => {
    expect(demoOptions([])).toEqual({
      ...{ instances: 25, fail: 2, keep: false },
      ...{ store: null, bus: null, useExisting: false },
    });
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
  ])('of %d has exactly %d failing builds', (size, failing) => {
    const fleet = makeFleet(size, failing);
    expect(fleet).toHaveLength(size);
    expect(fleet.filter(({ failBuild }) => failBuild)).toHaveLength(failing);
    expect(new Set(fleet.map(({ project }) => project)).size).toBe(size);
  });
});

describe('the outcome of the demo', () => {
  const outcome = {
    instances: 2,
    fail: 1,
    byOutcome: { succeeded: 1, failed: 1 },
    ledger: { buildsByBulkName: { a: ['lagoon-build-a'], b: ['lagoon-build-b'] } },
    audit: { isSound: true },
  } as unknown as DemoOutcome;

  it('is as expected when every upgrade ended as planned, deployed once, with a sound history', () => {
    expect(unexpected(outcome)).toEqual([]);
  });

  it('is not with a build that was made twice', () => {
    const buildsByBulkName = { a: ['lagoon-build-a', 'lagoon-build-c'], b: ['lagoon-build-b'] };
    const ledger = { ...outcome.ledger, buildsByBulkName };
    expect(unexpected({ ...outcome, ledger })).toEqual(['1 upgrades were deployed more than once']);
  });

  it('counts in the audit of a store that others use what is said of its own fleet', () => {
    const fleet = makeFleet(2, 0);
    const [{ instanceId }] = fleet as [(typeof fleet)[number]];
    const verdict = { streams: 9, events: 90, isSound: false };
    const faults = ['7d0e3c1a-0000-4000-8000-000000000000: broken'];
    const others = auditOf(fleet, { ...verdict, faults, differences: [] });
    expect(others).toEqual({ ...verdict, isSound: true, faults: [], differences: [] });
    const differences = [`${instanceId}: missing in the read model`];
    expect(auditOf(fleet, { ...verdict, faults, differences })).toMatchObject({
      ...{ isSound: false, faults: [], differences },
    });
  });

  it('is not with a history that does not verify, nor with a missing success', () => {
    const audit = { ...outcome.audit, isSound: false };
    const byOutcome = { failed: 1 };
    expect(unexpected({ ...outcome, audit, byOutcome })).toEqual([
      '0 of 1 upgrades succeeded',
      'the history does not verify',
    ]);
  });
});

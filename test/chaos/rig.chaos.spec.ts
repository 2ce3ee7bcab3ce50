import { rm } from 'node:fs/promises';
import type { ChaosResult } from '../rig/chaos-run';
import { makeRunFolder, runChaos } from '../rig/chaos-run';
import { notMetBy } from '../rig/fault-needs';
import type { FaultKind } from '../rig/fault-plan';
import { FAULT_KINDS, planFaults } from '../rig/fault-plan';
import { findingsIn, timelineOf, totalsOf } from '../rig/report';

jest.setTimeout(420_000);

/** All kinds of faults but one fit into its plan. */
const SEED = 20;
const LOAD_MS = 40_000;
const PACE = 0.4;
/** Each takes longer than all others together, and has a spec of its own beside this one. */
const LONG: readonly FaultKind[] = ['restore-store', 'restart-all'];

describe('a minute of chaos', () => {
  it('breaks no promise, and each kind of fault meets upgrades in flight', async () => {
    const kinds = FAULT_KINDS.filter((kind) => !LONG.includes(kind));
    const planned = planFaults({ seed: SEED, forMs: LOAD_MS, kinds, pace: PACE });
    expect(new Set(planned.map(({ kind }) => kind)).size).toBe(kinds.length - 1);
    const notMet = await notMetBy(kinds);
    const plan = planned.filter(({ kind }) => !notMet.has(kind));
    const dir = await makeRunFolder();
    const rig = { dir, hasSmallDisks: !notMet.has('full-bus-disk'), pace: PACE };
    const load = { seed: SEED, clients: 8, perSecond: 3, forMs: LOAD_MS };
    const result = await runChaos({ ...rig, ...load, plan });
    expect(told(result, dir)).toBe('');
    await rm(dir, { recursive: true });
  });
});

/** Nothing of a run that is sound, else all that helps to find the reason. */
function told(result: ChaosResult, dir: string): string {
  if (result.findings.length === 0) return '';
  return [findingsIn(result.findings), timelineOf(result), totalsOf(result), dir].join('\n\n');
}

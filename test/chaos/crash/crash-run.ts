import { spawnSync } from 'node:child_process';
import type { ManagedProcess } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import type { Blow, CrashPoint } from './crash-point';
import type { CrashStand, StartedUpgrade } from './crash-stand';
import { faultsOf } from './effect-history';

export interface CrashRun {
  readonly upgrades: number;
  readonly builds: number;
  readonly faults: readonly string[];
}

const UPGRADES = 4;
const LIMIT_MS = 40_000;

/**
 * One worker of a stage is struck at the point, another one finishes everything. A stopped one wakes up afterwards,
 * beside the other and among new upgrades, to do whatever it was about to do.
 */
export async function crashRun(
  stand: CrashStand,
  point: CrashPoint,
  blow: Blow,
): Promise<CrashRun> {
  await Promise.all(point.faults.map((fault) => stand.lagoon.plan(fault)));
  const victim = await stand.startVictim(point, blow);
  const upgrades = await askFor(stand);
  await eventually(() => Promise.resolve(expect(isDown(victim)).toBe(true)), LIMIT_MS);
  await stand.startRescuer(point);
  await allEnded(stand, upgrades);
  if (blow === 'stop') {
    victim.signal('SIGCONT');
    upgrades.push(...(await askFor(stand)));
    await allEnded(stand, upgrades);
    await victim.stop();
  }
  await stand.lagoon.clearFaults();
  return resultOf(stand, upgrades);
}

function askFor(stand: CrashStand): Promise<StartedUpgrade[]> {
  return Promise.all(Array.from({ length: UPGRADES }, () => stand.upgrade()));
}

function isDown(victim: ManagedProcess): boolean {
  if (victim.hasExited) return true;
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(victim.pid)]);
  return stdout.toString().trim().startsWith('T');
}

function allEnded(stand: CrashStand, upgrades: readonly StartedUpgrade[]): Promise<void> {
  return eventually(async () => {
    const histories = await Promise.all(upgrades.map((upgrade) => stand.history(upgrade)));
    const ends = histories.map((events) => events.at(-1)?.type);
    expect(ends).toEqual(upgrades.map(() => 'InstanceVerifiedHealthy'));
  }, LIMIT_MS);
}

async function resultOf(stand: CrashStand, upgrades: readonly StartedUpgrade[]): Promise<CrashRun> {
  const ledger = await stand.lagoon.ledger();
  const histories = await Promise.all(upgrades.map((upgrade) => stand.history(upgrade)));
  const builds = upgrades.map(({ marker }) => ledger.buildsByBulkName[marker]?.length ?? 0);
  return {
    upgrades: upgrades.length,
    builds: builds.reduce((sum, count) => sum + count, 0),
    faults: upgrades.flatMap((upgrade, n) => faultsOf(upgrade, histories[n] ?? [], ledger)),
  };
}

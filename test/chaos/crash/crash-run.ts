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

/** Enough that both workers of the stage get some. */
const UPGRADES = 4;
const MOST_ROUNDS = 10;
const LIMIT_MS = 30_000;

/**
 * Two workers of one stage; one is struck at the point, the other finishes everything. A stopped one wakes up
 * afterwards, among new upgrades, to do whatever it was about to do.
 */
export async function crashRun(
  stand: CrashStand,
  point: CrashPoint,
  blow: Blow,
): Promise<CrashRun> {
  await Promise.all(point.faults.map((fault) => stand.lagoon.plan(fault)));
  const victim = await stand.startVictim(point, blow);
  const upgrades = await struck(stand, victim);
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

/** Asks for upgrades until one of them has taken the victim to the point. */
async function struck(stand: CrashStand, victim: ManagedProcess): Promise<StartedUpgrade[]> {
  const upgrades: StartedUpgrade[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    upgrades.push(...(await askFor(stand)));
    await eventually(async () => {
      const ended = await Promise.all(upgrades.map((upgrade) => hasEnded(stand, upgrade)));
      expect(isDown(victim) || ended.every(Boolean)).toBe(true);
    }, LIMIT_MS);
    if (isDown(victim)) return upgrades;
  }
  throw new Error(`${victim.name} never came to its failpoint`);
}

function askFor(stand: CrashStand): Promise<StartedUpgrade[]> {
  return Promise.all(Array.from({ length: UPGRADES }, () => stand.upgrade()));
}

function isDown(victim: ManagedProcess): boolean {
  if (victim.hasExited) return true;
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(victim.pid)]);
  return stdout.toString().trim().startsWith('T');
}

async function hasEnded(stand: CrashStand, upgrade: StartedUpgrade): Promise<boolean> {
  const events = await stand.history(upgrade);
  const last = events.at(-1)?.type ?? '';
  return last === 'InstanceVerifiedHealthy' || last.endsWith('Failed');
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

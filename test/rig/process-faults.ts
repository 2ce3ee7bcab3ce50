import type { ServiceName } from '../../tools/stack/src';
import { demoteLeader, leaderOf } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import type { PlannedFault } from './fault-plan';
import { olderBuild } from './older-build';
import type { Rig } from './rig';

/** Ends a fault: from here on everything may be whole again. */
export type Heal = () => void | Promise<void>;
/** Begins a fault. */
export type Inject = (rig: Rig, fault: PlannedFault) => Promise<Heal>;

export const killProcess: Inject = (rig, { target }) => kill(rig, target);
export const freezeProcess: Inject = (rig, { target }) => freeze(rig, target);

export const killLeader: Inject = async (rig) => kill(rig, await leader(rig));
export const freezeLeader: Inject = async (rig) => freeze(rig, await leader(rig));
export const resignLeader: Inject = async (rig) => {
  await eventually(() => demoteLeader(rig.bus), SOON_MS);
  return () => undefined;
};

/** Asked of the supervisor: everything goes down in order, and comes up again. */
export const restartAll: Inject = (rig) => takeAllDown(rig, 'stop');
/** As when the power goes. */
export const killAll: Inject = (rig) => takeAllDown(rig, 'kill');

/** A second process of the service, as another build has it, works beside the first. */
export const startOlderBuild: Inject = async (rig, { target }) => {
  const folder = await olderBuild();
  if (folder === null) throw new Error('The older build is not in this clone');
  const older = await eventually(() => rig.startBeside(target as ServiceName, folder), SOON_MS);
  return async () => void (await older.kill());
};

/** Two hours ahead or behind, at once. */
export const skewClock: Inject = (rig, { target, dice }) => {
  const clock = rig.clock(target);
  clock.jump((dice % 2 === 0 ? 1 : -1) * TWO_HOURS_MS);
  return Promise.resolve(() => clock.heal());
};

const TWO_HOURS_MS = 7_200_000;
/** For a leader to be chosen, or a process to start, while other things are wrong. */
const SOON_MS = 120_000;

async function kill(rig: Rig, name: string): Promise<Heal> {
  const kept = rig.process(name);
  await kept.takeDown();
  return () => kept.bringBack();
}

function freeze(rig: Rig, name: string): Promise<Heal> {
  const { part } = rig.process(name);
  part.signal('SIGSTOP');
  return Promise.resolve(() => part.signal('SIGCONT'));
}

/** Name of the node that leads; there is none while one is chosen. */
function leader({ bus }: Rig): Promise<string> {
  return eventually(() => leaderOf(bus), SOON_MS);
}

/** Lagoon stays: it keeps its world in memory, and nobody promises to outlive the loss of it. */
async function takeAllDown(rig: Rig, how: 'kill' | 'stop'): Promise<Heal> {
  const all = rig.processes.filter(({ part }) => part.name !== 'lagoon');
  await Promise.all(all.map((kept) => kept.takeDown(how)));
  return async () => void (await Promise.all(all.map((kept) => kept.bringBack())));
}

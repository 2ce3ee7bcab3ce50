import type { FaultSpec } from '../../tools/lagoon-simulator/src';
import type { LinkState } from './network-link';
import type { Inject } from './process-faults';
import type { DiskName } from './rig';

export const cutLink = onLink(() => ({ kind: 'cut' }));
export const halfOpenLink = onLink(() => ({ kind: 'half-open' }));
/** A fifth of a second to two seconds, in each direction. */
export const slowLink = onLink((dice) => ({ kind: 'slow', delayMs: 200 + 2 * dice }));

function onLink(stateOf: (dice: number) => LinkState): Inject {
  return (rig, { target, dice }) => {
    const lines = rig.link(target);
    lines.forEach((line) => line.become(stateOf(dice)));
    return Promise.resolve(() => lines.forEach((line) => line.heal()));
  };
}

export const lagoonOutage: Inject = async ({ lagoon }) => {
  await lagoon.outage(true);
  return () => lagoon.outage(false);
};

/** What Lagoon does is done, and the caller does not hear of it, or too late, or only half of it. */
const LIES: readonly FaultSpec[] = [
  { kind: 'slow', delayMs: 3_000 },
  { kind: 'lose-answer' },
  { kind: 'gateway-timeout' },
  { kind: 'truncate' },
  { kind: 'lose-request' },
  { kind: 'partial', message: 'Internal error' },
];

/** Well within the settle window. */
const LAND_MS = 8_000;

export const lagoonLies: Inject = async ({ lagoon, pace }) => {
  const late = { kind: 'land-late', landMs: Math.round(LAND_MS * pace) } as const;
  await lagoon.plan(...[late, ...LIES].map((lie) => ({ ...lie, times: 4 })));
  return () => lagoon.planNothing();
};

/** With room again a bus has to be started anew: its servers do not look for it. */
export const fillDisk: Inject = async (rig, { target }) => {
  const disk = rig.disk(target as DiskName);
  await disk.fill();
  return async () => {
    await disk.makeRoom();
    if (target !== 'nats') return;
    for (const node of rig.nodes) {
      await node.takeDown('stop');
      await node.bringBack();
    }
  };
};

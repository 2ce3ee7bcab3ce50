import { readFileSync } from 'node:fs';
import type { ManagedProcess, ServiceName } from '../../../tools/stack/src';
import { makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import { expectBusIsStore, expectSoundAudit } from '../../support/run-checks';

const LIMIT = { UPLIFT_BEAT_LIMIT_MS: '4000' };

interface Standstill {
  readonly name: ServiceName;
  /** Where a loop comes to stand still. */
  readonly failpoint: string;
  /** The name by which its process then knows the loop. */
  readonly reason: string;
}

/** Those that can stand still at the same time: the pollers need a relay, and a build each. */
const ROUNDS: readonly (readonly Standstill[])[] = [
  [
    { name: 'relay', failpoint: 'tail.batch=hang', reason: '"relay":"no beat for ' },
    { name: 'relay', failpoint: 'tail.batch=block@2', reason: '"event loop":"no turn for ' },
    { name: 'projector', failpoint: 'tail.batch=hang', reason: '"projection":"no beat for ' },
    { name: 'watchdog', failpoint: 'tail.batch=hang', reason: '"tail":"no beat for ' },
  ],
  [{ name: 'poll-upgrade', failpoint: 'poll.round=hang', reason: '"deployment-poller/' }],
  [{ name: 'poll-upgrade', failpoint: 'poll.round=block', reason: '"event loop":"no turn for ' }],
];

export function standingLoopsSuite(running: () => RunningUplift): void {
  describe('loops that stand still', () => {
    const ended = new Map<Standstill, ManagedProcess>();
    let uplift: RunningUplift;
    let woken: ManagedProcess;
    let liveAsSoonAsWoken: number;

    beforeAll(async () => {
      uplift = running();
      woken = await uplift.stack.startService('relay', 'woken-relay', LIMIT);
      woken.signal('SIGSTOP');
      const [first, ...others] = ROUNDS;
      await standStill(first!);
      woken.signal('SIGCONT');
      const live = await fetch(`http://127.0.0.1:${woken.port('health')}/health/live`);
      liveAsSoonAsWoken = live.status;
      // As many looks at the beats, and more, as another process needs to end.
      for (const round of others) await standStill(round);
    });

    /** Over once each process has counted, beat by beat, that a loop of its own stands still for too long. */
    const standStill = async (round: readonly Standstill[]) => {
      const fleet = makeFleet(2);
      await uplift.place(fleet);
      const names = [...new Set(round.map(({ name }) => name))];
      await uplift.stopServices(names);
      await Promise.all(round.map(startStuck));
      const accepted = await uplift.client.triggerAll(fleet);
      await Promise.all(round.map((standstill) => ended.get(standstill)!.exited));
      await Promise.all(names.map((name) => uplift.stack.service(name).restart()));
      await uplift.ended(accepted);
    };

    const startStuck = async (standstill: Standstill) => {
      const { name, failpoint } = standstill;
      const as = `stuck-${name}-${failpoint.replace(/\W/g, '-')}`;
      const own = { ...LIMIT, UPLIFT_FAILPOINTS: failpoint };
      ended.set(standstill, await uplift.stack.startService(name, as, own));
    };

    it.each(ROUNDS.flat())(
      'in $name ($failpoint) end the process with code 1',
      async (standstill) => {
        const stuck = ended.get(standstill)!;
        expect(await stuck.exited).toEqual({ code: 1, signal: null });
        const log = readFileSync(stuck.logFile, 'utf8');
        expect(log).toContain('"msg":"a loop stands still"');
        expect(log).toContain(standstill.reason);
      },
    );

    it('are not what a process sees that was itself stopped for as long, and woken: it goes on', async () => {
      expect(liveAsSoonAsWoken).toBe(200);
      expect(woken.hasExited).toBe(false);
      expect(await woken.stop()).toEqual({ code: 0, signal: null });
    });

    it('lose nothing', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}

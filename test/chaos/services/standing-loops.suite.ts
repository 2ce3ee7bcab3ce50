import { readFileSync } from 'node:fs';
import type { ServiceName } from '../../../tools/stack/src';
import { makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import { expectBusIsStore, expectSoundAudit } from '../../support/run-checks';

const LIMIT = { UPLIFT_BEAT_LIMIT_MS: '4000' };

/** Where a loop comes to stand still, and the name by which its process then knows it. */
const STANDSTILLS: readonly (readonly [ServiceName, failpoint: string, reason: string])[] = [
  ['relay', 'tail.batch=hang', '"relay":"no beat for '],
  ['relay', 'tail.batch=block@2', '"event loop":"no turn for '],
  ['projector', 'tail.batch=hang', '"projection":"no beat for '],
  ['poll-upgrade', 'poll.round=hang', '"deployment-poller/'],
  ['poll-upgrade', 'poll.round=block', '"event loop":"no turn for '],
  ['watchdog', 'tail.batch=hang', '"tail":"no beat for '],
];

export function standingLoopsSuite(running: () => RunningUplift): void {
  describe('a loop that stands still', () => {
    it.each(STANDSTILLS)(
      'in %s (%s) ends the process with code 1',
      async (name, failpoint, reason) => {
        const uplift = running();
        const fleet = makeFleet(2);
        await uplift.place(fleet);
        await uplift.stopServices([name]);
        const stuck = await uplift.stack.startService(name, `stuck-${name}`, {
          ...LIMIT,
          UPLIFT_FAILPOINTS: failpoint,
        });
        const accepted = await uplift.client.triggerAll(fleet);
        expect(await stuck.exited).toEqual({ code: 1, signal: null });
        const log = readFileSync(stuck.logFile, 'utf8');
        expect(log).toContain('"msg":"a loop stands still"');
        expect(log).toContain(reason);
        await uplift.stack.service(name).restart();
        await uplift.ended(accepted);
      },
    );

    it('has lost nothing', async () => {
      await expectBusIsStore(running());
      await expectSoundAudit(running());
    });
  });

  describe('a process that is stopped for longer than a loop may stand still, and woken', () => {
    /** Over once another process has counted, beat by beat, that a loop of its own stands still for too long. */
    const limitOver = async (name: string) => {
      const stuck = await running().stack.startService('watchdog', name, {
        ...LIMIT,
        UPLIFT_FAILPOINTS: 'tail.batch=hang',
      });
      expect(await stuck.exited).toEqual({ code: 1, signal: null });
    };

    it('goes on', async () => {
      const woken = await running().stack.startService('relay', 'woken-relay', LIMIT);
      woken.signal('SIGSTOP');
      await limitOver('stuck-while-stopped');
      woken.signal('SIGCONT');
      const live = await fetch(`http://127.0.0.1:${woken.port('health')}/health/live`);
      expect(live.status).toBe(200);
      // As many looks at the beats as another process needs to end.
      await limitOver('stuck-while-awake');
      expect(woken.hasExited).toBe(false);
      expect(await woken.stop()).toEqual({ code: 0, signal: null });
    });
  });
}

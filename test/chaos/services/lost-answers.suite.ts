import type { FaultSpec } from '../../../tools/lagoon-simulator/src';
import { idsOf, makeFleet } from '../../support/fleet';
import { expectBusIsStore, expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';

const FLEET = 12;

export function lostAnswersSuite(running: () => RunningUplift): void {
  describe('a deploy call whose answer does not come', () => {
    let uplift: RunningUplift;

    beforeAll(() => {
      uplift = running();
    });

    /** Upgrades a fleet while the first half of its deploy calls meets the fault. */
    const upgradeWith = async (fault: Pick<FaultSpec, 'kind' | 'delayMs'>) => {
      const fleet = makeFleet(FLEET);
      const before = (await uplift.lagoon.ledger()).outcomes;
      await uplift.place(fleet);
      await uplift.lagoon.plan({ ...fault, field: 'deployEnvironmentLatest', times: FLEET / 2 });
      const accepted = await uplift.client.triggerAll(fleet);
      await uplift.ended(accepted);
      await expectUpgradedOnce(uplift, fleet, accepted);
      const after = (await uplift.lagoon.ledger()).outcomes;
      const seen = (outcome: string) => (after[outcome] ?? 0) - (before[outcome] ?? 0);
      const calls = fleet.map(({ instanceId }) => {
        const types = uplift.log.typesOf(instanceId);
        return types.filter((type) => type === 'DeploymentRequested').length;
      });
      return { seen, calls, notLanded: uplift.log.count('CallNotLanded', idsOf(fleet)) };
    };

    it.each([
      ['lose-answer', 'answer-lost'],
      ['gateway-timeout', 'gateway-timeout'],
    ] as const)('is adopted and not repeated when it took place (%s)', async (kind, outcome) => {
      const { seen, calls, notLanded } = await upgradeWith({ kind, delayMs: 50 });
      expect(seen(outcome)).toBe(FLEET / 2);
      expect(calls).toEqual(calls.map(() => 1));
      expect(notLanded).toBe(0);
    });

    it('is repeated once, after the proof that it did not take place (lose-request)', async () => {
      const { seen, calls, notLanded } = await upgradeWith({ kind: 'lose-request' });
      expect(seen('request-lost')).toBe(FLEET / 2);
      expect(notLanded).toBe(FLEET / 2);
      expect([...calls].sort()).toEqual(calls.map((_, n) => (n < FLEET / 2 ? 1 : 2)));
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}

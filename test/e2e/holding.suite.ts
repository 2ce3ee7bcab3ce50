import { swallowNext, undone } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import type { FleetInstance } from '../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../support/fleet';
import { expectBusIsStore, expectSoundAudit } from '../support/run-checks';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';

/** Between the end of the build and the next effect. */
const UNTIL_THE_SCRIPT = ['UpgradeCompleted', 'PostUpgradePending'];

export function holdingSuite(running: () => RunningUplift): void {
  describe('an upgrade that is held, and let go', () => {
    let uplift: RunningUplift;

    beforeAll(() => {
      uplift = running();
    });

    const endless = (size: number): FleetInstance[] =>
      makeFleet(size).map((one) => ({ ...one, buildSeconds: ENDLESS_BUILD }));

    const placeOne = async (): Promise<FleetInstance> => {
      const [instance] = endless(1) as [FleetInstance];
      await uplift.place([instance]);
      return instance;
    };

    const isBack = async (instance: FleetInstance, accepted: Accepted) => {
      await uplift.ended([accepted]);
      expect(uplift.log.statusOf(instance.instanceId)).toBe(instance.status);
    };

    /** Every message of the stage has been dealt with. */
    const noneLeft = (durable: 'post-upgrade' | 'post-upgrade-redriven') =>
      eventually(async () => expect(await undone(uplift.bus, durable)).toBe(0));

    const typesSince = ({ instanceId }: FleetInstance, type: string) => {
      const types = uplift.log.typesOf(instanceId);
      return types
        .slice(types.lastIndexOf(type) + 1)
        .filter((each) => each !== 'DeploymentProgressed');
    };

    it('has its build followed to the end while it is parked, and nothing begun after it', async () => {
      const instance = await placeOne();
      const accepted = await uplift.client.trigger(instance, 'http');
      await uplift.happened('DeploymentAccepted', instance);
      const park = await uplift.cli('instance', 'park', instance.instanceId, '--reason', 'freeze');
      expect(park).toMatchObject({ code: 0, stderr: '' });
      expect(await uplift.shown(instance)).toMatchObject({
        status: 'upgrade-running',
        waitingFor: { target: 'operator', sentence: stringWith('an operator holds') },
        allowed: expect.arrayContaining(['CancelUpgrade', 'UnparkInstance']) as string[],
      });
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.happened('PostUpgradePending', instance);
      await noneLeft('post-upgrade');
      expect(typesSince(instance, 'InstanceParked')).toEqual(UNTIL_THE_SCRIPT);
      await uplift.client.onInstance('unpark', instance, 'http');
      await isBack(instance, accepted);
    });

    /** Its post-upgrade is pending, and no worker of that stage is there. */
    const deployedWithoutWorker = async () => {
      await uplift.stopServices(['post-upgrade']);
      const instance = await placeOne();
      const accepted = await uplift.client.trigger(instance, 'http');
      await uplift.happened('DeploymentAccepted', instance);
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.happened('PostUpgradePending', instance);
      return { instance, accepted };
    };

    it('does not begin its last script while it is parked before it', async () => {
      const { instance, accepted } = await deployedWithoutWorker();
      await uplift.client.onInstance('park', instance, 'bus');
      await uplift.stack.service('post-upgrade').restart();
      await noneLeft('post-upgrade');
      expect(typesSince(instance, 'InstanceParked')).toEqual([]);
      await uplift.client.onInstance('unpark', instance, 'bus');
      await isBack(instance, accepted);
    });

    it('goes on by a redrive after its message was lost', async () => {
      const { instance, accepted } = await deployedWithoutWorker();
      await swallowNext(uplift.bus, 'post-upgrade');
      await uplift.stack.service('post-upgrade').restart();
      await noneLeft('post-upgrade');
      expect(typesSince(instance, 'PostUpgradePending')).toEqual([]);
      expect(await uplift.shown(instance)).toMatchObject({
        waitingFor: { sentence: stringWith('a worker of post-upgrade has to take the next step') },
        allowed: expect.arrayContaining(['RedriveStage']) as string[],
      });
      const redrive = ['upgrade', 'redrive', instance.instanceId, accepted.upgradeId];
      expect(await uplift.cli(...redrive, '--reason', 'its message is lost')).toMatchObject({
        code: 0,
      });
      await isBack(instance, accepted);
      expect(typesSince(instance, 'PostUpgradePending')).toEqual([
        ...['StageRedriven', 'PostUpgradeStarted', 'ScriptRequested', 'ScriptAccepted'],
        ...['PostUpgradeCompleted', 'InstanceVerifiedHealthy'],
      ]);
    });

    it('is not begun while all starts are stopped, and what was triggered goes to its end', async () => {
      const [begun, queued] = [endless(3), endless(3)];
      await uplift.place([...begun, ...queued]);
      const early = await uplift.client.triggerAll(begun);
      await uplift.reached('DeploymentAccepted', idsOf(begun));
      const stop = await uplift.cli('system', 'stop-starts', '--reason', 'incident in Lagoon');
      expect(stop).toMatchObject({ code: 0, stderr: '' });
      const late = await uplift.client.triggerAll(queued);
      await uplift.reached('WaitingFor', idsOf(queued));
      for (const instance of queued) {
        expect(await uplift.shown(instance)).toMatchObject({
          status: 'pending-pre-upgrade',
          waitingFor: { target: 'switch:system', sentence: stringWith('has stopped all starts') },
        });
      }
      const status = await uplift.cli('-o', 'json', 'system', 'status');
      expect(JSON.parse(status.stdout)).toMatchObject({
        stops: [{ core: null, reason: 'incident in Lagoon' }],
      });
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.ended(early);
      expect(begun.map(({ instanceId }) => uplift.log.statusOf(instanceId))).toEqual(
        begun.map((instance) => instance.status),
      );
      expect(uplift.log.count('PreUpgradeStarted', idsOf(queued))).toBe(0);
      const allow = await uplift.cli('system', 'allow-starts', '--reason', 'Lagoon is well again');
      expect(allow).toMatchObject({ code: 0, stderr: '' });
      await uplift.reached('DeploymentAccepted', idsOf(queued));
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.ended(late);
      expect(queued.map(({ instanceId }) => uplift.log.statusOf(instanceId))).toEqual(
        queued.map((instance) => instance.status),
      );
    });

    it('leaves a history that an auditor can prove, and a bus that is the store', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}

function stringWith(text: string): string {
  return expect.stringContaining(text) as string;
}

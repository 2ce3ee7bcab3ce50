import type { EnvironmentSpec } from '../../tools/lagoon-simulator/src';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted, Transport } from '../support/uplift-client';
import { problemOf } from '../support/uplift-client';

/** Simulated seconds: such a script ends in time only if it is stopped. */
const ENDLESS_TASK = 1_000_000;
const STOPPED = ['UpgradeCancelRequested', 'ScriptCancelled'];

export function cancelledScriptSuite(running: () => RunningUplift): void {
  describe('the cancel of a running script', () => {
    let uplift: RunningUplift;

    beforeAll(() => {
      uplift = running();
    });

    /** An instance whose pre-upgrade script runs. */
    const scripted = async (traits: Partial<EnvironmentSpec>) => {
      const [instance] = makeFleet(1) as [FleetInstance];
      await uplift.place([instance]);
      await uplift.lagoon.change(instance, { taskSeconds: ENDLESS_TASK, ...traits });
      const accepted = await uplift.client.trigger(instance, 'http');
      await uplift.happened('ScriptAccepted', instance);
      return { instance, accepted };
    };

    const cancelled = async (accepted: Accepted, transport: Transport) => {
      const answer = await uplift.client.cancel(accepted, transport);
      expect(answer).toMatchObject({ status: 'pre-upgrade-running' });
    };

    const refusedAgain = async (instance: FleetInstance) => {
      const again = uplift.client.trigger(instance, 'http', `again-${instance.instanceId}`);
      expect(await problemOf(again)).toMatchObject({ code: 'upgrade-in-flight', status: 409 });
    };

    const preTasks = async ({ upgradeId }: Accepted) => {
      const { tasksByName } = await uplift.lagoon.ledger();
      return tasksByName[`uplift-${upgradeId}-1-pre`];
    };

    const since = ({ instanceId }: FleetInstance, type: string) => {
      const types = uplift.log.typesOf(instanceId);
      return types.slice(types.indexOf(type));
    };

    it('tried: stops the task of an app that is ill, lets no second upgrade in, and says that it is ill', async () => {
      const { instance, accepted } = await scripted({ health: 'unhealthy' });
      await cancelled(accepted, 'http');
      await refusedAgain(instance);
      await uplift.ended([accepted]);
      expect(since(instance, 'UpgradeCancelRequested')).toEqual([
        ...STOPPED,
        'InstanceFoundUnhealthy',
      ]);
      expect(uplift.log.statusOf(instance.instanceId)).toBe('running-unhealthy');
      expect(await preTasks(accepted)).toHaveLength(1);
    });

    it('takes a healthy app back with the proof, and then lets the next upgrade in', async () => {
      const { instance, accepted } = await scripted({});
      await cancelled(accepted, 'bus');
      await uplift.ended([accepted]);
      expect(since(instance, 'UpgradeCancelRequested')).toEqual([...STOPPED, 'UpgradeCancelled']);
      const [stopped, ended] = uplift.log.of(instance.instanceId).slice(-2);
      expect(stopped).toMatchObject({ data: { step: 'pre-upgrade', outcome: 'cancelled' } });
      expect(ended).toMatchObject({ data: { status: instance.status, probes: [{}, {}, {}] } });
      await uplift.lagoon.change(instance, { taskSeconds: null });
      const next = await uplift.client.trigger(instance, 'bus', `next-${instance.instanceId}`);
      await uplift.ended([next]);
      expect(uplift.log.statusOf(instance.instanceId)).toBe(instance.status);
    });

    it('says so when Lagoon ignores it, and is over after the script, whose success leads no further', async () => {
      const { instance, accepted } = await scripted({ ignoresTaskCancel: true });
      await cancelled(accepted, 'http');
      await uplift.happened('CancelWithoutEffect', instance);
      await refusedAgain(instance);
      await uplift.lagoon.advance(2 * ENDLESS_TASK);
      await uplift.ended([accepted]);
      expect(since(instance, 'CancelWithoutEffect')).toEqual([
        'CancelWithoutEffect',
        'ScriptCancelled',
        'UpgradeCancelled',
      ]);
      expect(uplift.log.of(instance.instanceId).at(-2)).toMatchObject({
        data: { outcome: 'complete' },
      });
    });
  });
}

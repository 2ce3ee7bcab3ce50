import type { FleetInstance } from '../support/fleet';
import { ENDLESS_BUILD, makeFleet } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { problemOf } from '../support/uplift-client';
import { between, upTo } from './upgrade-path';

const TO_THE_BUILD = upTo('DeploymentAccepted');
const TO_THE_CALL = upTo('DeploymentRequested');
const AFTER_THE_BUILD = between('DeploymentAccepted', 'ScriptAccepted');
const HEALTHY = ['PostUpgradeCompleted', 'InstanceVerifiedHealthy'];
/** Of an instance that is claimed, at any time. */
const CHANGES = ['UnclaimInstance', 'UpdateInstance'];

export function recoverySuite(running: () => RunningUplift): void {
  describe('a failed upgrade', () => {
    let uplift: RunningUplift;

    beforeAll(() => {
      uplift = running();
    });

    const placeOne = async (own: Partial<FleetInstance> = {}): Promise<FleetInstance> => {
      const [instance] = makeFleet(1).map((one) => ({ ...one, ...own })) as [FleetInstance];
      await uplift.place([instance]);
      return instance;
    };

    /** What happened, but for the progress of builds, which is seen as often as it is looked for. */
    const walked = ({ instanceId }: FleetInstance) =>
      uplift.log.typesOf(instanceId).filter((type) => type !== 'DeploymentProgressed');

    /** How often Lagoon built each attempt, and ran each script. */
    const doneInLagoon = async ({ upgradeId }: Accepted) => {
      const { buildsByBulkName, tasksByName } = await uplift.lagoon.ledger();
      const marker = `uplift-${upgradeId}-`;
      const counts = Object.entries({ ...buildsByBulkName, ...tasksByName }).flatMap(
        ([name, rows]) =>
          name.startsWith(marker) ? [[name.slice(marker.length), rows.length]] : [],
      );
      return Object.fromEntries(counts) as Record<string, number>;
    };

    const dataOf = ({ instanceId }: FleetInstance, type: string) =>
      uplift.log
        .of(instanceId)
        .filter((event) => event.type === type)
        .map(({ data }) => data);

    /** An upgrade whose call was not answered, and of which Lagoon shows nothing. */
    const inDoubt = async (instance: FleetInstance, kind: 'lose-answer' | 'lose-request') => {
      await uplift.lagoon.change(instance, { nextBuilds: [{ rowSeconds: 'never' }] });
      if (kind === 'lose-request') await uplift.lagoon.change(instance, { nextBuilds: [] });
      await uplift.lagoon.plan({ kind, field: 'deployEnvironmentLatest' });
      const accepted = await uplift.client.trigger(instance, 'bus');
      await uplift.happened('CallAmbiguous', instance);
      return accepted;
    };

    /** Says so until it is late enough to be believed. */
    const notLanded = async (instance: FleetInstance, accepted: Accepted) => {
      const answers = () =>
        ['OutcomeResolved', 'OutcomeResolutionRefused'].flatMap((type) => dataOf(instance, type));
      for (let n = answers().length + 1; dataOf(instance, 'OutcomeResolved').length === 0; n++) {
        await uplift.client.onUpgrade('resolve', accepted, 'http', { notLanded: true });
        await uplift.log.until(
          () => answers().length >= n,
          () => `answer ${n} to what the operator says`,
        );
      }
    };

    const isBack = async (instance: FleetInstance) => {
      await uplift.log.until(
        () => uplift.log.statusOf(instance.instanceId) === instance.status,
        () => walked(instance).join(' → '),
      );
      expect(await uplift.shown(instance)).toMatchObject({
        status: instance.status,
        currentUpgradeId: null,
        waitingFor: null,
      });
    };

    it('is tried again from the build that failed, and has then been built once in each attempt', async () => {
      const instance = await placeOne();
      await uplift.lagoon.change(instance, { failBuild: 1 });
      const accepted = await uplift.client.trigger(instance, 'bus');
      await uplift.ended([accepted]);
      expect(await uplift.shown(instance)).toMatchObject({
        status: 'upgrade-failed',
        waitingFor: { target: 'operator', sentence: stringWith('retry it from upgrade') },
        allowed: ['AbandonUpgrade', 'DeregisterInstance', 'RetryUpgrade', ...CHANGES],
      });
      const retry = ['upgrade', 'retry', instance.instanceId, accepted.upgradeId];
      const run = await uplift.cli(...retry, '--reason', 'the registry is back', '--wait');
      expect(run).toMatchObject({ code: 0, stderr: '' });
      await isBack(instance);
      expect(walked(instance)).toEqual([
        ...TO_THE_BUILD,
        ...['UpgradeFailed', 'UpgradeRetried'],
        ...TO_THE_BUILD.slice(TO_THE_BUILD.indexOf('UpgradeStarted')),
        ...AFTER_THE_BUILD,
        ...HEALTHY,
      ]);
      expect(await doneInLagoon(accepted)).toEqual({ '1-pre': 1, '1': 1, '2': 1, '2-post': 1 });
    });

    it('whose script after the build failed runs that script again, and is not deployed again', async () => {
      const instance = await placeOne({ buildSeconds: ENDLESS_BUILD });
      const accepted = await uplift.client.trigger(instance, 'bus');
      await uplift.happened('DeploymentAccepted', instance);
      await uplift.lagoon.change(instance, { failTask: 1 });
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.ended([accepted]);
      expect(uplift.log.statusOf(instance.instanceId)).toBe('post-upgrade-failed');
      const fromTheBuild = uplift.client.onUpgrade('retry', accepted, 'bus', {
        from: 'upgrade',
      });
      expect(await problemOf(fromTheBuild)).toMatchObject({ code: 'already-deployed' });
      await uplift.client.onUpgrade('retry', accepted, 'http');
      await isBack(instance);
      expect(walked(instance)).toEqual([
        ...TO_THE_BUILD,
        ...AFTER_THE_BUILD,
        ...['PostUpgradeFailed', 'UpgradeRetried'],
        ...AFTER_THE_BUILD.slice(AFTER_THE_BUILD.indexOf('PostUpgradeStarted')),
        ...HEALTHY,
      ]);
      expect(await doneInLagoon(accepted)).toEqual({
        ...{ '1-pre': 1, '1': 1, '1-post': 1 },
        '2-post': 1,
      });
    });

    it('is accepted as it is: the app proves its health, and the instance is back', async () => {
      const instance = await placeOne();
      await uplift.lagoon.change(instance, { failBuild: true });
      const accepted = await uplift.client.trigger(instance, 'bus');
      await uplift.ended([accepted]);
      await uplift.client.onUpgrade('abandon', accepted, 'bus');
      await isBack(instance);
      expect(walked(instance)).toEqual([
        ...TO_THE_BUILD,
        ...['UpgradeFailed', 'UpgradeAbandoned', 'InstanceVerifiedHealthy'],
      ]);
      expect(await doneInLagoon(accepted)).toEqual({ '1-pre': 1, '1': 1 });
    });

    it('leaves no doubt for long: an operator names the build of a call that was never answered', async () => {
      const instance = await placeOne();
      const accepted = await inDoubt(instance, 'lose-answer');
      expect(await uplift.shown(instance)).toMatchObject({
        status: 'upgrade-running',
        waitingFor: { sentence: stringWith('the outcome of call 1 to Lagoon') },
        allowed: ['CancelUpgrade', 'ParkInstance', 'RedriveStage', 'ResolveOutcome', ...CHANGES],
      });
      const adopt = await uplift.lagoon.build(placeOf(instance));
      const resolve = ['upgrade', 'resolve', instance.instanceId, accepted.upgradeId];
      const run = await uplift.cli(...resolve, '--adopt', adopt, '--reason', 'seen in its page');
      expect(run).toMatchObject({ code: 0, stderr: '' });
      await isBack(instance);
      expect(walked(instance)).toEqual([
        ...TO_THE_CALL,
        ...['CallAmbiguous', 'OutcomeResolutionRequested', 'OutcomeResolved'],
        ...['DeploymentAccepted', ...AFTER_THE_BUILD, ...HEALTHY],
      ]);
      expect(dataOf(instance, 'DeploymentAccepted')).toMatchObject([{ buildName: adopt }]);
    });

    it('is free to be tried again once Lagoon bears out that the call had no effect', async () => {
      const instance = await placeOne();
      const accepted = await inDoubt(instance, 'lose-request');
      const wrong = { adopt: 'lagoon-build-nowhere' };
      await uplift.client.onUpgrade('resolve', accepted, 'bus', wrong);
      await uplift.happened('OutcomeResolutionRefused', instance);
      expect(dataOf(instance, 'OutcomeResolutionRefused')).toMatchObject([
        { reason: 'build-missing' },
      ]);
      await notLanded(instance, accepted);
      await uplift.ended([accepted]);
      expect(dataOf(instance, 'UpgradeFailed')).toMatchObject([{ reason: 'call-not-landed' }]);
      await uplift.client.onUpgrade('retry', accepted, 'bus');
      await isBack(instance);
      expect(await doneInLagoon(accepted)).toEqual({ '1-pre': 1, '2': 1, '2-post': 1 });
    });

    it('that ended with a call in doubt is not tried again before that is resolved, and then goes on', async () => {
      const impatient = { UPLIFT_DEADLINE_CALL_MS: '1000' };
      const watchdog = await uplift.stack.startService('watchdog', 'impatient-watchdog', impatient);
      const instance = await placeOne();
      const accepted = await inDoubt(instance, 'lose-answer');
      await uplift.ended([accepted]);
      await watchdog.stop();
      for (const redeploy of [false, true]) {
        const retry = uplift.client.onUpgrade('retry', accepted, 'http', { redeploy });
        expect(await problemOf(retry)).toMatchObject({ code: 'outcome-unknown' });
      }
      expect(await uplift.shown(instance)).toMatchObject({
        status: 'upgrade-failed',
        waitingFor: { target: `call:uplift-${accepted.upgradeId}-1` },
        allowed: ['AbandonUpgrade', 'ResolveOutcome', ...CHANGES],
      });
      const adopt = await uplift.lagoon.build({ ...placeOf(instance), runSeconds: 1 });
      await uplift.lagoon.advance(2);
      await uplift.client.onUpgrade('resolve', accepted, 'http', { adopt });
      await isBack(instance);
      const since = walked(instance).slice(TO_THE_CALL.length);
      expect(since.filter((type) => type !== 'OutcomeUnknown')).toEqual([
        ...['CallAmbiguous', 'StageTimedOut', 'UpgradeFailed'],
        ...['OutcomeResolutionRequested', 'OutcomeResolved', 'LateOutcomeObserved'],
        ...AFTER_THE_BUILD.slice(1),
        ...HEALTHY,
      ]);
    });

    it('of an app that fell ill by itself is only asked for as a repair', async () => {
      const instance = await placeOne();
      const report = { status: 'running-unhealthy' };
      await uplift.client.post(`/v1/instances/${instance.instanceId}/health`, report, 'ill');
      expect(await problemOf(uplift.client.trigger(instance, 'http'))).toMatchObject({
        code: 'status-not-allowed',
        status: 409,
      });
      const trigger = ['upgrade', 'trigger', instance.instanceId, '--repair', '--wait'];
      const run = await uplift.cli(...trigger, '--reason', 'the version with the fix');
      expect(run).toMatchObject({ code: 0, stderr: '' });
      await isBack(instance);
    });

    it('or a regretted one is rolled back to the reference that was deployed before', async () => {
      const instance = await placeOne();
      const verified = ({ instanceId }: FleetInstance, { upgradeId }: Accepted) =>
        uplift.log.until(
          () =>
            uplift.log
              .of(instanceId)
              .some(
                ({ type, metadata }) =>
                  type === 'InstanceVerifiedHealthy' && metadata.$correlationId === upgradeId,
              ),
          () => walked(instance).join(' → '),
        );
      const to = async (ref: string) => {
        const plan = { strategy: 'branch-ref', target: { ref } };
        const accepted = await uplift.client.trigger(instance, 'bus', `to-${ref}`, plan);
        await verified(instance, accepted);
        return accepted;
      };
      const first = await to('v1');
      expect(await problemOf(uplift.client.onUpgrade('rollback', first, 'http'))).toMatchObject({
        code: 'no-earlier-reference',
      });
      const second = await to('v2');
      const rollback = await uplift.client.onUpgrade('rollback', second, 'bus');
      await verified(instance, rollback);
      const asked = uplift.log
        .of(instance.instanceId)
        .filter(({ type }) => type === 'UpgradeRequested')
        .map(({ data }) => data);
      expect(asked).toMatchObject([
        { workOrder: { target: { ref: 'v1' } } },
        { workOrder: { target: { ref: 'v2' }, replacedRef: 'v1' } },
        { workOrder: { target: { ref: 'v1' }, rollsBack: second.upgradeId } },
      ]);
    });
  });
}

function placeOf({ project, environment }: FleetInstance) {
  return { project, environment };
}

function stringWith(text: string): string {
  return expect.stringContaining(text) as string;
}

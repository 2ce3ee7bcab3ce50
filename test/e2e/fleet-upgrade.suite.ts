import type { LedgerPage } from '../../tools/lagoon-simulator/src';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import type { UpgradeDocument } from '@uplift/contracts';
import { expectBusIsStore, expectSoundAudit } from '../support/run-checks';
import type { Fate, FleetInstance } from '../support/fleet';
import { makeFleet, statusAfterUpgrade } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { upTo, WHOLE_PATH } from './upgrade-path';

const FATES: readonly Fate[] = [
  'build-fails',
  'build-fails',
  'app-unhealthy',
  'deployments-disabled',
];

const PATH_OF: Readonly<Record<Fate, readonly string[]>> = {
  sound: WHOLE_PATH,
  'build-fails': [...upTo('DeploymentAccepted'), 'UpgradeFailed'],
  'app-unhealthy': [...upTo('PostUpgradeCompleted'), 'InstanceFoundUnhealthy'],
  'deployments-disabled': [...upTo('PreUpgradeStarted'), 'PreUpgradeFailed'],
};

const STAGES_OF: Readonly<Record<Fate, readonly string[]>> = {
  sound: ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'],
  'build-fails': ['pre-upgrade', 'upgrade'],
  'app-unhealthy': ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'],
  'deployments-disabled': ['pre-upgrade'],
};

interface Timeline {
  readonly items: readonly { eventId: string; eventType: string; revision: number; at: string }[];
}

export function fleetUpgradeSuite(running: () => RunningUplift): void {
  describe('a fleet that is upgraded over HTTP and NATS', () => {
    const fleet = makeFleet(20, FATES);
    let uplift: RunningUplift;
    let accepted: readonly Accepted[];

    let before: LedgerPage;

    beforeAll(async () => {
      uplift = running();
      before = await uplift.lagoon.ledger();
      await uplift.place(fleet);
      accepted = await uplift.client.triggerAll(fleet);
      await uplift.ended(accepted);
    });

    const upgradeIdOf = ({ instanceId }: FleetInstance) =>
      accepted.find((answer) => answer.instanceId === instanceId)?.upgradeId ?? '';

    it('walks the whole path event by event, or ends where its fate has it', () => {
      const walked = fleet.map(({ instanceId }) =>
        uplift.log.typesOf(instanceId).filter((type) => type !== 'DeploymentProgressed'),
      );
      expect(walked).toEqual(fleet.map(({ fate }) => PATH_OF[fate]));
    });

    it('ends in the status it came from, on the same side of the claim axis, or in that of its failure', async () => {
      expect(fleet.map(({ instanceId }) => uplift.log.statusOf(instanceId))).toEqual(
        fleet.map(statusAfterUpgrade),
      );
      await uplift.readModelCaughtUp();
      const { items } = await uplift.client.get<{
        items: readonly { instanceId: string; status: string; currentUpgradeId: string | null }[];
      }>('/v1/instances?limit=100');
      const shown = new Map(items.map((item) => [item.instanceId, item]));
      const found = fleet.map(({ instanceId }) => shown.get(instanceId));
      expect(found.map((item) => item?.status)).toEqual(fleet.map(statusAfterUpgrade));
      expect(found.map((item) => item?.currentUpgradeId)).toEqual(fleet.map(() => null));
    });

    it('records each change of a build once', () => {
      const changes = fleet.map(({ instanceId }) =>
        uplift.log
          .of(instanceId)
          .filter(({ type }) => type === 'DeploymentProgressed')
          .map(({ data }) => JSON.stringify(data)),
      );
      changes.forEach((seen) => expect(new Set(seen).size).toBe(seen.length));
      expect(changes.flat()).not.toEqual([]);
    });

    it('puts every event on the bus, once, in store order', async () => {
      const onBus = await expectBusIsStore(uplift);
      expect(onBus.length).toBeGreaterThan(20 * 8);
    });

    it('shows each instance the timeline that the store holds', async () => {
      await uplift.readModelCaughtUp();
      for (const { instanceId } of fleet) {
        const query = { instanceId, limit: 100 };
        const { items } = await uplift.client.ask<Timeline>(QUERY_SUBJECTS.instanceTimeline, query);
        const shown = items.map(({ eventId, eventType, revision }) => [
          eventId,
          eventType,
          revision,
        ]);
        const stored = uplift.log
          .of(instanceId)
          .map(({ id, type, revision }) => [id, type, revision]);
        expect(shown).toEqual(stored);
      }
    });

    it('says for each upgrade how long each stage waited and worked', async () => {
      await uplift.readModelCaughtUp();
      for (const instance of fleet) {
        const path = `/v1/upgrades/${upgradeIdOf(instance)}`;
        const { upgrade } = await uplift.client.get<{ upgrade: UpgradeDocument }>(path);
        const isSound = instance.fate === 'sound';
        expect(upgrade).toMatchObject({
          instanceId: instance.instanceId,
          outcome: isSound ? 'succeeded' : 'failed',
          originStatus: instance.status,
          failure: isSound
            ? null
            : (expect.objectContaining({ evidence: expect.anything() as unknown }) as unknown),
          calls: instance.fate === 'deployments-disabled' ? 0 : 1,
        });
        expect(upgrade.stages.map(({ stage }) => stage)).toEqual(STAGES_OF[instance.fate]);
        for (const { queuedMs, activeMs } of upgrade.stages) {
          expect(queuedMs).toBeGreaterThanOrEqual(0);
          expect(activeMs).toBeGreaterThanOrEqual(0);
        }
      }
    });

    it('deploys each instance once, and those that must not be not at all', async () => {
      const { buildsByBulkName } = await uplift.lagoon.ledger();
      const wanted = fleet.filter(({ fate }) => fate !== 'deployments-disabled');
      const built = Object.entries(buildsByBulkName).filter(
        ([name]) => !(name in before.buildsByBulkName),
      );
      expect(Object.fromEntries(built.map(([name, builds]) => [name, builds.length]))).toEqual(
        Object.fromEntries(wanted.map((instance) => [`uplift-${upgradeIdOf(instance)}-1`, 1])),
      );
    });

    it('asks Lagoon about many builds in one request', async () => {
      const after = await uplift.lagoon.ledger();
      const added = (counts: (page: LedgerPage) => number | undefined) =>
        (counts(after) ?? 0) - (counts(before) ?? 0);
      const polls = added(({ requests }) => requests['query DeploymentsOfMany']);
      expect(polls).toBeGreaterThan(0);
      expect(added(({ fields }) => fields.environmentById)).toBeGreaterThan(2 * polls);
    });

    it('proves its history to an auditor', async () => {
      const audit = await expectSoundAudit(uplift);
      expect(audit.streams).toBe(new Set(uplift.log.events.map(({ stream }) => stream)).size);
    });
  });
}

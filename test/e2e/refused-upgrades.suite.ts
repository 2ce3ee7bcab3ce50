import type { UpgradeDocument } from '@uplift/contracts';
import type { EnvironmentSpec } from '../../tools/lagoon-simulator/src';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { acknowledged } from '../support/uplift-client';

interface Refusal {
  readonly words: string;
  /** What Lagoon is told of the environment; null: it never hears of it. */
  readonly traits: Partial<EnvironmentSpec> | null;
  readonly status: string;
  readonly failure: Pick<NonNullable<UpgradeDocument['failure']>, 'reason' | 'retryable'>;
  /** The rule, as the caller and the history are told. */
  readonly evidence: string;
}

const ABSENT = 'Lagoon shows no such project and environment to this user';

const REFUSALS: readonly Refusal[] = [
  {
    words: 'a project that does not exist',
    traits: null,
    status: 'pre-upgrade-failed',
    failure: { reason: 'environment-missing', retryable: false },
    evidence: ABSENT,
  },
  {
    words: 'an environment that is deleted',
    traits: { deleted: true },
    status: 'pre-upgrade-failed',
    failure: { reason: 'environment-missing', retryable: false },
    evidence: ABSENT,
  },
  {
    words: 'disabled deployments',
    traits: { deploymentsDisabled: true },
    status: 'pre-upgrade-failed',
    failure: { reason: 'deployments-disabled', retryable: false },
    evidence: 'deployments are disabled for the project',
  },
  {
    words: 'a production environment without the right to deploy it',
    traits: { environmentType: 'production', mayDeploy: false },
    status: 'upgrade-failed',
    failure: { reason: 'deployment-refused', retryable: true },
    evidence: 'deploy:production',
  },
];

export function refusedUpgradesSuite(running: () => RunningUplift): void {
  describe('an upgrade that Lagoon refuses', () => {
    const fleet = makeFleet(REFUSALS.length).map((instance): FleetInstance => ({
      ...instance,
      hasScripts: false,
    }));
    let uplift: RunningUplift;
    let accepted: readonly Accepted[];

    beforeAll(async () => {
      uplift = running();
      const known = fleet.filter((_, n) => REFUSALS[n]?.traits !== null);
      await uplift.lagoon.place(known);
      for (const [n, { traits }] of REFUSALS.entries()) {
        const instance = fleet[n];
        if (traits !== null && instance !== undefined) await uplift.lagoon.change(instance, traits);
      }
      await acknowledged(() => uplift.client.registerAll(fleet));
      accepted = await uplift.client.triggerAll(fleet);
      await uplift.ended(accepted);
      await uplift.readModelCaughtUp();
    });

    it.each(REFUSALS.map((refusal, n) => ({ ...refusal, n })))(
      'for $words ends as $status, with the rule in the event and in the answer',
      async ({ n, status, failure, evidence }) => {
        const { instanceId = '', upgradeId = '' } = accepted[n] ?? {};
        const expected = { ...failure, evidence: { detail: stringWith(evidence) } };
        expect(uplift.log.statusOf(instanceId)).toBe(status);
        expect(uplift.log.of(instanceId).at(-1)?.data).toMatchObject(expected);
        const path = `/v1/upgrades/${upgradeId}`;
        const answer = await uplift.client.get<{ upgrade: UpgradeDocument }>(path);
        expect(answer).toMatchObject({ upgrade: { outcome: 'failed', failure: expected } });
      },
    );

    it('has built nothing', async () => {
      const { buildsByBulkName } = await uplift.lagoon.ledger();
      const markers = accepted.map(({ upgradeId }) => `uplift-${upgradeId}-1`);
      expect(markers.filter((marker) => marker in buildsByBulkName)).toEqual([]);
    });
  });
}

function stringWith(text: string): string {
  return expect.stringContaining(text) as string;
}

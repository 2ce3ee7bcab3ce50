import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '../../../tools/stack/src';
import { SERVICE_NAMES } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import type { FleetInstance } from '../../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import type { Accepted } from '../../support/uplift-client';
import { TokenIssuer } from './token-issuer';

const SERVICES = [...STAGE_WORKERS, 'watchdog'] as const;
const PROBING = { UPLIFT_PROBE_WINDOW_MS: '20000' };
const FLEET = 20;
/** Simulated seconds. */
const LONGER_THAN_A_SCRIPT = 30;
const SHORT_LIFE_MS = 2_500;
const LONG_LIFE_MS = 600_000;
/** Lives that the builds of a fleet outlast. */
const EXPIRIES = 3;

/** What came of the upgrades of a fleet. */
interface Wave {
  readonly accepted: readonly Accepted[];
  /** Calls that Lagoon refused for their token. */
  readonly rejected: number;
}

const longBuilds = (): FleetInstance[] =>
  makeFleet(FLEET).map((instance) => ({ ...instance, buildSeconds: ENDLESS_BUILD }));

export function tokenExpirySuite(running: () => RunningUplift): void {
  describe('tokens that end in the middle of a wave', () => {
    let uplift: RunningUplift;
    let issuer: TokenIssuer;
    const [patient, early, late] = [longBuilds(), longBuilds(), longBuilds()];
    let renewed: Wave;
    let revoked: Wave & { readonly issued: readonly number[] };

    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
      issuer = await TokenIssuer.create(uplift, SHORT_LIFE_MS);
      await uplift.startServices(SERVICES, { ...PROBING, ...issuer.env });
      const accepted = await upgradeWithShortLives();
      renewed = { accepted, rejected: await rejections() };
      revoked = await upgradeWithRevocation();
    });

    afterAll(async () => {
      await uplift.stopServices(SERVICES);
      await uplift.lagoon.forgetTokens();
    });

    const pidOf = (name: ServiceName) => uplift.stack.service(name).pid;
    const rejections = async () => (await uplift.lagoon.ledger()).outcomes.unauthenticated ?? 0;
    const issuedToEach = () =>
      Promise.all(STAGE_WORKERS.map((name) => issuer.issuedTo(pidOf(name))));
    const issuedToPoller = (least: number) =>
      eventually(async () => {
        expect(await issuer.issuedTo(pidOf('poll-upgrade'))).toBeGreaterThanOrEqual(least);
      });
    const begun = (fleet: readonly FleetInstance[]) => {
      const count = () => uplift.log.count('DeploymentProgressed', idsOf(fleet));
      const what = () => `builds begun: ${count()}`;
      return uplift.advanceUntil(() => count() === fleet.length, what, LONGER_THAN_A_SCRIPT);
    };

    /** Its builds outlast several tokens. */
    const upgradeWithShortLives = async () => {
      await uplift.place(patient);
      const accepted = await uplift.client.triggerAll(patient);
      await begun(patient);
      await issuedToPoller(EXPIRIES + 1);
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.endedByAdvancing(accepted);
      return accepted;
    };

    /** All tokens are revoked while the first ones build and the others are about to begin. */
    const upgradeWithRevocation = async () => {
      const issuedToPollerBefore = await issuer.issuedTo(pidOf('poll-upgrade'));
      await issuer.issueFor(LONG_LIFE_MS);
      await uplift.place([...early, ...late]);
      const first = await uplift.client.triggerAll(early);
      await begun(early);
      await issuedToPoller(issuedToPollerBefore + 1);
      const [rejectedBefore, issuedBefore] = [await rejections(), await issuedToEach()];
      await issuer.revokeAll();
      const second = await uplift.client.triggerAll(late);
      await begun(late);
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      const accepted = [...first, ...second];
      await uplift.endedByAdvancing(accepted);
      const issued = (await issuedToEach()).map((count, n) => count - (issuedBefore[n] ?? 0));
      return { accepted, issued, rejected: (await rejections()) - rejectedBefore };
    };

    it('are renewed before they end: Lagoon never sees an old one, and nobody waits', async () => {
      await expectUpgradedOnce(uplift, patient, renewed.accepted);
      expect(renewed.rejected).toBeLessThanOrEqual(STAGE_WORKERS.length);
      const ids = idsOf(patient);
      expect(uplift.log.count('WaitingFor', ids) + uplift.log.count('CallRefused', ids)).toBe(0);
    });

    it('are renewed once by each worker when all are revoked at once', async () => {
      await expectUpgradedOnce(uplift, [...early, ...late], revoked.accepted);
      expect(revoked.issued).toEqual(STAGE_WORKERS.map(() => 1));
      expect(revoked.rejected).toBeLessThanOrEqual(FLEET);
    });

    it('appear in no log and in no event', async () => {
      const tokens = (await issuer.issued()).map(({ text }) => text);
      const folder = join(uplift.stack.dir, 'logs');
      const files = await readdir(folder);
      const logs = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
      const ofServices = SERVICE_NAMES.map((name) => `${name}.log`);
      expect(files).toEqual(expect.arrayContaining(ofServices));
      expect(ofServices.filter((file) => logs[files.indexOf(file)] === '')).toEqual([]);
      const events = JSON.stringify(
        uplift.log.events.map(({ data, metadata }) => [data, metadata]),
      );
      const isTold = (text: string) => [...logs, events].some((written) => written.includes(text));
      expect(tokens.length).toBeGreaterThan(STAGE_WORKERS.length);
      expect(tokens.flatMap((token) => token.split('.').slice(1)).filter(isTold)).toEqual([]);
      await expectSoundAudit(uplift);
    });
  });
}

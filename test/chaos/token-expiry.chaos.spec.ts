import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '../../tools/stack/src';
import { SERVICE_NAMES } from '../../tools/stack/src';
import { makeFleet } from '../support/fleet';
import { expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { expectSoundAudit } from '../support/whole-history';
import { TokenOffice } from './tokens/token-office';

const WORKERS = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'] as const;
const FLEET = 20;
const SHORT_LIFE_MS = 2_500;
const LONG_LIFE_MS = 600_000;
/** Lives that the builds of a fleet outlast. */
const EXPIRIES = 3;

jest.setTimeout(60_000);

describe('tokens that end in the middle of a wave', () => {
  let uplift: RunningUplift;
  let office: TokenOffice;

  beforeAll(async () => {
    const isWorker = (name: ServiceName) => WORKERS.some((worker) => worker === name);
    uplift = await RunningUplift.start({
      clockSpeed: 40,
      services: SERVICE_NAMES.filter((name) => !isWorker(name)),
      env: { UPLIFT_LOG_LEVEL: 'trace', UPLIFT_PROBE_WINDOW_MS: '20000' },
    });
    office = await TokenOffice.open(uplift, SHORT_LIFE_MS);
    await Promise.all(WORKERS.map((name) => uplift.stack.startService(name, name, office.env)));
  });

  afterAll(() => uplift.stop());

  const pidOf = (name: ServiceName) => uplift.stack.service(name).pid;
  const rejections = async () => (await uplift.lagoon.ledger()).outcomes.unauthenticated ?? 0;
  const issuedToEach = () => Promise.all(WORKERS.map((name) => office.issuedTo(pidOf(name))));

  it('are renewed before they end: Lagoon never sees an old one, and nobody waits', async () => {
    const fleet = makeFleet(FLEET);
    await uplift.place(fleet);
    const accepted = await uplift.client.triggerAll(fleet);
    await uplift.ended(accepted);

    await expectUpgradedOnce(uplift, fleet, accepted);
    expect(await office.issuedTo(pidOf('poll-upgrade'))).toBeGreaterThan(EXPIRIES);
    expect(await rejections()).toBeLessThanOrEqual(WORKERS.length);
    const ids = fleet.map(({ instanceId }) => instanceId);
    expect(uplift.log.count('WaitingFor', ids) + uplift.log.count('CallRefused', ids)).toBe(0);
  });

  it('are renewed once by each worker when all are revoked at once', async () => {
    await office.issueFor(LONG_LIFE_MS);
    const [early, late] = [makeFleet(FLEET), makeFleet(FLEET)];
    await uplift.place([...early, ...late]);
    const first = await uplift.client.triggerAll(early);
    const building = () =>
      uplift.log.count(
        'DeploymentProgressed',
        early.map(({ instanceId }) => instanceId),
      );
    await uplift.log.until(
      () => building() === FLEET,
      () => `builds begun: ${building()}`,
    );
    const [rejectedBefore, issuedBefore] = [await rejections(), await issuedToEach()];
    await office.revokeAll();
    const second = await uplift.client.triggerAll(late);
    await uplift.ended([...first, ...second]);

    await expectUpgradedOnce(uplift, [...early, ...late], [...first, ...second]);
    const issued = (await issuedToEach()).map((count, n) => count - (issuedBefore[n] ?? 0));
    const rejected = (await rejections()) - rejectedBefore;
    expect(issued).toEqual(WORKERS.map(() => 1));
    expect(rejected).toBeLessThanOrEqual(FLEET);
  });

  it('appear in no log and in no event', async () => {
    const tokens = (await office.issued()).map(({ text }) => text);
    const folder = join(uplift.stack.dir, 'logs');
    const files = await readdir(folder);
    const logs = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    expect(files.length).toBeGreaterThanOrEqual(SERVICE_NAMES.length);
    expect(logs.join('').length).toBeGreaterThan(0);
    const events = JSON.stringify(uplift.log.events.map(({ data, metadata }) => [data, metadata]));
    const isTold = (text: string) => [...logs, events].some((written) => written.includes(text));
    expect(tokens.length).toBeGreaterThan(WORKERS.length);
    expect(tokens.flatMap((token) => token.split('.').slice(1)).filter(isTold)).toEqual([]);
    await expectSoundAudit(uplift);
  });
});

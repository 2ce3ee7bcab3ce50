import type { StoredEvent } from '@uplift/contracts';
import { verifyChain } from '@uplift/event-store';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

/** An event beyond the end of its stream is looked for seven times, with longer and longer pauses. */
const LOOKED_FOR_MS = 120_000;
const ZEROS = '0'.repeat(64);

const AT_ONCE = 20;

/** Two hundred. */
async function manyEnded(begin: () => Promise<OpenedUpgrade>): Promise<OpenedUpgrade[]> {
  const ended: OpenedUpgrade[] = [];
  while (ended.length < 200) {
    ended.push(...(await Promise.all(Array.from({ length: AT_ONCE }, begin))));
  }
  return ended;
}

describe('pre-upgrade, of messages that the store knows nothing of', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('pre-upgrade');
  });
  afterAll(() => harness.stop());

  const verdictOn = async (upgrade: OpenedUpgrade) => verifyChain(await upgrade.stored());

  const handed = async (message: StoredEvent) =>
    harness.bus.settled(await harness.bus.publish(message));

  it('appends nothing after the right revision with a hash of its own', async () => {
    const upgrade = await harness.open('UpgradeRequested');
    const { opening } = upgrade;
    await handed({ ...opening, metadata: { ...opening.metadata, hash: ZEROS } });
    expect(await upgrade.appended()).toEqual([]);
    expect(await harness.lagoon.requests()).toEqual({});
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toContain('UpgradePending');
    expect(await verdictOn(upgrade)).toMatchObject({ valid: true });
  });

  it('starts no upgrade that one forged request asks for', async () => {
    const asked = await harness.open('UpgradeRequested');
    const resting = await harness.open('InstanceRegistered');
    const { stream, revision, metadata, position, recordedAt } = resting.opening;
    const place = { stream, revision, position, recordedAt };
    const forged = { ...asked.opening, ...place, metadata: { ...metadata, hash: ZEROS } };
    await handed(forged);
    const ahead = await harness.bus.publish({ ...forged, revision: revision + 1 });
    await harness.bus.settled(ahead, LOOKED_FOR_MS);
    expect(await resting.appended()).toEqual([]);
    expect(await verdictOn(resting)).toMatchObject({ valid: true });
    expect(await harness.metric('messages_set_aside_total{reason="message-not-in-store"}')).toBe(3);
  });

  it('asks nothing of Lagoon for two hundred upgrades that ended, and holds up nobody', async () => {
    const ended = await manyEnded(async () => {
      const upgrade = await harness.open('UpgradeRequested');
      const { upgradeId } = upgrade.order;
      const failure = { upgradeId, attempt: 1, reason: 'x', evidence: {}, retryable: true };
      await upgrade.append({ type: 'PreUpgradeFailed', data: failure });
      return upgrade;
    });
    const next = await harness.open('UpgradeRequested');
    await harness.lagoon.clearLedger();
    for (const { opening } of ended) await harness.bus.publish(opening);
    await harness.deliver(next);
    const types = await Promise.all(ended.map((upgrade) => upgrade.types()));
    expect(new Set(types.flat())).toEqual(new Set(['PreUpgradeFailed']));
    expect(await next.types()).toContain('UpgradePending');
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 1 });
  });
});

describe('poll-upgrade, on a bus that was filled anew', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade');
  });
  afterAll(() => harness.stop());

  it('asks nothing of Lagoon and of the apps for two hundred upgrades that ended', async () => {
    const ended = await manyEnded(async () => {
      const upgrade = await harness.open('PostUpgradeCompleted');
      const { upgradeId } = upgrade.order;
      const healthy = { status: 'running-healthy-claimed', probes: [] } as const;
      const end = { upgradeId, attempt: 1, ...healthy };
      await upgrade.append({ type: 'InstanceVerifiedHealthy', data: end });
      return upgrade;
    });
    await harness.lagoon.clearLedger();
    for (const upgrade of ended) {
      const events = await upgrade.stored();
      const opening = events.filter(({ type }) =>
        ['DeploymentAccepted', 'PostUpgradeCompleted'].includes(type),
      );
      for (const event of opening) await harness.bus.publish(event);
    }
    const [last] = ended.slice(-1);
    await harness.deliver(last!);
    const types = await Promise.all(ended.map((upgrade) => upgrade.types()));
    expect(new Set(types.flat())).toEqual(new Set(['InstanceVerifiedHealthy']));
    const { requests, healthProbes } = await harness.lagoon.ledger();
    expect([requests, healthProbes]).toEqual([{}, 0]);
  });
});

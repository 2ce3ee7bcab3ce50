import type { EventDelivery } from '@uplift/bus';
import { PostUpgradeStage } from '../stages/post-upgrade/post-upgrade.stage';
import { PreUpgradeStage } from '../stages/pre-upgrade/pre-upgrade.stage';
import { UpgradeStage } from '../stages/upgrade/upgrade.stage';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../testing/stage-fixture';
import { StageHops } from './stage-hops';
import type { StageHandler } from './stage-handler.port';

const preUpgrade = (fixture: StageFixture) => {
  const { cores, gate } = fixture;
  const options = { worker: WORKER, concurrency: 8 };
  return new PreUpgradeStage({ cores, gate, scripts: scriptsOf(fixture) }, options);
};
const upgrade = (fixture: StageFixture) => {
  const { cores, gate, clock } = fixture;
  const ports = { cores, gate, clock, scripts: scriptsOf(fixture), protocol: protocolOf(fixture) };
  return new UpgradeStage(ports, { worker: WORKER, timeoutMs: 20_000, concurrency: 8 });
};
const hopsOf = ({ handedOver }: StageFixture) =>
  handedOver.map(([durable, { type }, epoch]) => [durable, type, epoch]);

/** The next stage of this process gets what was handed over, as it is. */
const goOn = (fixture: StageFixture, stage: StageHandler, changes: Partial<EventDelivery> = {}) => {
  const [, event, epoch] = fixture.handedOver.at(-1)!;
  const { signal } = fixture.stopping;
  return fixture.runner.handle(stage, { event, epoch, signal, deliveryCount: 1, ...changes });
};

describe('what opens another stage', () => {
  it('is handed over once the work that led to it is done', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.handle(preUpgrade(fixture));
    expect(hopsOf(fixture)).toEqual([['upgrade', 'UpgradePending', 'e1']]);
  });

  it('is worked on without a read, and leads to the next', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.handle(preUpgrade(fixture));
    const { looks, loads } = fixture.store;
    expect(await goOn(fixture, upgrade(fixture), { isAhead: true })).toEqual({ kind: 'done' });
    expect([fixture.store.looks, fixture.store.loads]).toEqual([looks, loads]);
    expect(hopsOf(fixture).slice(1)).toEqual([['poll-upgrade', 'DeploymentAccepted', 'e1']]);
    expect(fixture.mutations).toHaveLength(1);
  });

  it('is handed over to the proof of health', async () => {
    const fixture = await StageFixture.at('PostUpgradePending');
    await fixture.handle(new PostUpgradeStage(scriptsOf(fixture), WORKER));
    expect(hopsOf(fixture)).toEqual([['verify', 'PostUpgradeCompleted', 'e1']]);
  });

  describe('after the bus was filled anew', () => {
    const fromNewBus = (fixture: StageFixture) => {
      const delivery = { ...fixture.delivery(), epoch: 'e2', isDone: true } as const;
      return fixture.runner.handle(preUpgrade(fixture), delivery);
    };

    it('is handed over as of the new filling, by work that began before', async () => {
      const fixture = await StageFixture.at('UpgradeRequested');
      const stage = preUpgrade(fixture);
      const slow: StageHandler = {
        stage: 'pre-upgrade',
        run: async (turn) => {
          await fromNewBus(fixture);
          await stage.run(turn);
        },
      };
      await fixture.handle(slow);
      expect(hopsOf(fixture)).toEqual([['upgrade', 'UpgradePending', 'e2']]);
    });

    it('leads on as of the new filling, although it was handed over before', async () => {
      const fixture = await StageFixture.at('UpgradeRequested');
      await fixture.handle(preUpgrade(fixture));
      await fromNewBus(fixture);
      await goOn(fixture, upgrade(fixture), { isAhead: true });
      expect(hopsOf(fixture)).toEqual([
        ['upgrade', 'UpgradePending', 'e1'],
        ['poll-upgrade', 'DeploymentAccepted', 'e2'],
      ]);
    });
  });

  it('is not handed over where its message is faster than the answer of the store', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { store, runner } = fixture;
    const outcomes: Promise<unknown>[] = [];
    store.unanswered.push(async () => {
      const [pending] = await store.loadLast(fixture.openingEvent.stream, 1);
      outcomes.push(runner.handle(upgrade(fixture), fixture.delivery(1, pending)));
    });
    await fixture.handle(preUpgrade(fixture));
    const { looks } = store;
    expect(await Promise.all(outcomes)).toEqual([{ kind: 'done' }]);
    expect(hopsOf(fixture)).toEqual([['poll-upgrade', 'DeploymentAccepted', 'e1']]);
    expect([store.looks, store.loads]).toEqual([looks, 1]);
    expect(fixture.mutations).toHaveLength(1);
  });

  it('is not handed over by a handling that fails after it', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const stage = preUpgrade(fixture);
    const failing: StageHandler = {
      stage: 'pre-upgrade',
      run: async (turn) => {
        await stage.run(turn);
        throw new TypeError('bug');
      },
    };
    await fixture.handle(failing);
    expect(await fixture.types()).toContain('UpgradePending');
    expect(fixture.handedOver).toEqual([]);
  });

  it('is not handed over while the store lacks what the bus has', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.isDiverged = true;
    await fixture.handle(preUpgrade(fixture));
    expect(fixture.handedOver).toEqual([]);
  });

  it('is nothing after a failure, and where nothing was due', async () => {
    const failed = await StageFixture.at('UpgradeRequested');
    failed.lagoon.script.remove(failed.target);
    await failed.handle(preUpgrade(failed));
    expect(await failed.types()).toContain('PreUpgradeFailed');
    const over = await StageFixture.at('PostUpgradePending');
    await over.handle(preUpgrade(over));
    expect([failed.handedOver, over.handedOver]).toEqual([[], []]);
  });

  it('is worked on with one deployment, whoever gets its message as well', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.handle(preUpgrade(fixture));
    const outcomes = await Promise.all([
      goOn(fixture, upgrade(fixture), { isAhead: true }),
      goOn(fixture, upgrade(fixture)),
    ]);
    expect(outcomes).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(fixture.mutations).toHaveLength(1);
    expect(await fixture.types()).toEqual([
      'PreUpgradeStarted',
      'PreUpgradeCompleted',
      'UpgradePending',
      'UpgradeStarted',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
  });
});

describe('the message of what was handed over and is done', () => {
  const never: StageHandler = {
    stage: 'upgrade',
    run: () => Promise.reject(new TypeError('nothing of it may begin')),
  };

  it('is acknowledged without a read', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.handle(preUpgrade(fixture));
    const { looks, loads } = fixture.store;
    expect(await goOn(fixture, never, { isDone: true })).toEqual({ kind: 'done' });
    expect([fixture.store.looks, fixture.store.loads]).toEqual([looks, loads]);
    expect(fixture.handedOver).toHaveLength(1);
  });

  it('is not acknowledged while the store lacks what the bus has', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.handle(preUpgrade(fixture));
    fixture.isDiverged = true;
    expect(await goOn(fixture, never, { isDone: true })).toMatchObject({ kind: 'retry' });
  });
});

describe('the way between stages', () => {
  it('leads nowhere before the process listens', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const hops = new StageHops();
    const offers: unknown[][] = [];
    const handOver = () => hops.handOver('upgrade', fixture.openingEvent, 'e1');
    handOver();
    hops.connect({ offer: (...offer) => offers.push(offer) > 0 });
    handOver();
    expect(offers).toEqual([['upgrade', fixture.openingEvent, 'e1']]);
  });
});

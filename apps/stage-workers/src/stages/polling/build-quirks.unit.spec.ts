import { BuildFixture, LIMITS } from '../../testing/build-fixture';
import { MINUTE } from '../../testing/poller-fixture';
import { BuildDelays } from './build-delays';
import { BuildFollower, KnownBuilds } from './build-follower';
import { BuildReading } from './build-reading';
import { DuplicateBuilds } from './duplicate-builds';

const fixtures: BuildFixture[] = [];
afterEach(() => fixtures.splice(0).forEach((each) => each.stop()));

let mostKnown = 10;

async function following() {
  const here = await BuildFixture.open({ mostKnown });
  fixtures.push(here);
  return { here, script: here.lagoon.script, running: here.fixture.handle(here.stage()) };
}

async function requestCancel({ fixture }: BuildFixture): Promise<void> {
  const { upgradeId, attempt } = fixture.order;
  const data = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'wrong release' };
  await fixture.append({ type: 'UpgradeCancelRequested', data });
}

describe.each([
  ['known', 10],
  ['of which little is kept', 0],
])('builds whose instances are %s', (_words, most) => {
  beforeEach(() => void (mostKnown = most));

  describe('two builds of one attempt', () => {
    it('are found at one look: the newest is followed, the other stopped while it waits', async () => {
      const { here, script, running } = await following();
      const waiting = script.duplicateBuild(here.build);
      const newest = script.duplicateBuild(here.build);
      await here.look();
      const builds = [newest, waiting, here.build];
      expect(await here.told('DuplicateBuildDetected')).toMatchObject([{ data: { builds } }]);
      expect(here.duplicates).toMatchObject([{ builds, marker: here.fixture.marker }]);
      expect(here.cancels()).toMatchObject([{ buildName: waiting }]);
      script.setBuild(newest, { status: 'complete' });
      await here.look(3);
      await running;
      expect(await here.told('UpgradeCompleted')).toMatchObject([{ data: { buildName: newest } }]);
      expect(here.duplicates).toHaveLength(1);
    });

    it('are left alone once they have begun', async () => {
      const { here, script } = await following();
      script.duplicateBuild(here.build);
      await here.look(5);
      expect(await here.told('DuplicateBuildDetected')).toHaveLength(1);
      expect(here.cancels()).toEqual([]);
    });

    it('are found when the one that was named never shows', async () => {
      const { here, script, running } = await following();
      const twin = script.duplicateBuild(here.build);
      script.removeBuild(here.build);
      script.setBuild(twin, { status: 'complete' });
      await here.look();
      await running;
      expect(await here.told('UpgradeCompleted')).toMatchObject([{ data: { buildName: twin } }]);
    });

    it('are asked to stop again only if nobody knows what became of the first call', async () => {
      const { here, script } = await following();
      const waiting = script.duplicateBuild(here.build);
      script.duplicateBuild(here.build);
      script.answerNext({ kind: 'ambiguous', evidence: 'HTTP 504' });
      await here.look(5);
      expect(here.cancels()).toMatchObject([{ buildName: waiting }, { buildName: waiting }]);
    });
  });

  describe('a build that Lagoon does not show', () => {
    it('may come late', async () => {
      const { here, script, running } = await following();
      script.hide(here.fixture.target);
      await here.look(10);
      script.reveal(here.fixture.target);
      script.endBuilds(here.fixture.target);
      await here.look();
      await running;
      expect(await here.fixture.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
    });

    it('is told of once, and given up after half an hour', async () => {
      const { here, script, running } = await following();
      script.removeBuild(here.build);
      await here.look();
      expect(await here.fixture.types()).toEqual([]);
      await here.look(10);
      expect(await here.fixture.appended()).toMatchObject([
        { type: 'BuildNotVisible', data: { buildName: here.build } },
      ]);
      await here.clock.advance(20 * MINUTE);
      await running;
      expect((await here.fixture.types()).slice(1)).toEqual(['OutcomeUnknown', 'UpgradeFailed']);
      expect(JSON.stringify(await here.told('OutcomeUnknown'))).toContain(here.build);
    });

    it('is waited for anew after it was there', async () => {
      const { here, follower } = await followed();
      const rows = await here.lagoon.deploymentsOf(follower.target.environmentId, { limit: 10 });
      const missed = async (minutes: number) => {
        await here.clock.advance(minutes * MINUTE);
        return follower.seen([]);
      };
      await missed(0);
      await missed(29);
      await follower.seen(rows);
      await missed(1);
      expect(await missed(29)).toBe('active');
      expect(await missed(1)).toBe('over');
      expect((await here.fixture.types()).slice(-2)).toEqual(['OutcomeUnknown', 'UpgradeFailed']);
    });
  });

  describe('a build that never begins', () => {
    it('is told of once after a quarter of an hour, and nothing is called again', async () => {
      const { here, script, running } = await following();
      script.setBuild(here.build, { status: 'new' });
      await here.clock.advance(12 * MINUTE);
      expect(await here.told('BuildNotStarted')).toEqual([]);
      await here.clock.advance(20 * MINUTE);
      expect(await here.told('BuildNotStarted')).toMatchObject([
        { data: { buildName: here.build, status: 'new' } },
      ]);
      expect(here.fixture.mutations).toEqual([]);
      script.endBuilds(here.fixture.target);
      await here.clock.advance(4 * MINUTE);
      await running;
      expect(await here.told('UpgradeCompleted')).toHaveLength(1);
    });

    it('is nothing to tell of while it waits its turn', async () => {
      const { here, script } = await following();
      script.setBuild(here.build, { status: 'queued' });
      await here.clock.advance(60 * MINUTE);
      expect(await here.fixture.types()).toEqual(['DeploymentProgressed']);
    });
  });

  describe('a build that was cancelled', () => {
    it('fails the upgrade when nobody asked for it and nothing came after it', async () => {
      const { here, script, running } = await following();
      script.endBuilds(here.fixture.target, 'cancelled');
      await here.look();
      await running;
      expect(await here.fixture.appended()).toMatchObject([
        { data: { reason: 'deployment-cancelled' } },
      ]);
    });

    it('confirms the cancel that was asked for, as the stream tells', async () => {
      const { here, script, running } = await following();
      await requestCancel(here);
      script.endBuilds(here.fixture.target, 'cancelled');
      await here.look();
      await running;
      expect((await here.fixture.types()).slice(1)).toEqual(['DeploymentCancelled']);
    });

    it('says that a cancel came too late when it is complete all the same', async () => {
      const { here, script, running } = await following();
      await requestCancel(here);
      script.endBuilds(here.fixture.target, 'complete');
      await here.look();
      await running;
      expect((await here.fixture.types()).slice(1)).toEqual([
        'UpgradeCancelTooLate',
        'UpgradeCompleted',
        'PostUpgradePending',
      ]);
    });

    it('gives way to the newest after it, is told of each, and ends as that ends', async () => {
      const { here, script, running } = await following();
      script.setBuild(here.build, { status: 'cancelled' });
      const second = script.foreignBuild(here.fixture.target);
      await here.look(2);
      script.setBuild(second, { status: 'cancelled' });
      const third = script.foreignBuild(here.fixture.target);
      await here.look(2);
      expect(await here.fixture.appended()).toMatchObject([
        { type: 'DeploymentSuperseded', data: { by: second } },
        { type: 'DeploymentSuperseded', data: { by: third } },
      ]);
      script.setBuild(third, { status: 'complete', buildStep: 'deployCompletedWithWarnings' });
      await here.look();
      await running;
      expect((await here.fixture.appended()).slice(2)).toMatchObject([
        { type: 'UpgradeCompleted', data: { buildName: here.build, warnings: true } },
        { type: 'PostUpgradePending' },
      ]);
      expect(here.fixture.mutations).toEqual([]);
    });

    it.each(['failed', 'cancelled'])('fails when the one after it is %s', async (status) => {
      const { here, script, running } = await following();
      script.setBuild(here.build, { status: 'cancelled' });
      const newer = script.foreignBuild(here.fixture.target);
      script.setBuild(newer, { status });
      await here.look();
      await running;
      expect(await here.fixture.appended()).toMatchObject([
        { type: 'DeploymentSuperseded', data: { by: newer } },
        { data: { reason: 'superseding-deployment-failed', evidence: { buildName: newer } } },
      ]);
    });
  });

  describe('an outage of Lagoon', () => {
    it('is recorded once, and its end before what is seen after it', async () => {
      const { here, follower } = await followed();
      await follower.outage({ cause: 'unreachable', since: 0, noticedAt: 0 });
      await follower.outage({ cause: 'unreachable', since: 0, noticedAt: 0 });
      here.lagoon.script.setBuild(here.build, { status: 'complete' });
      await follower.seen(here.lagoon.script.allDeployments());
      expect(await here.fixture.types()).toEqual([
        'WaitingFor',
        'WaitEnded',
        'UpgradeCompleted',
        'PostUpgradePending',
      ]);
    });

    it('is recorded again only if it was seen to last after its end was told', async () => {
      const { here, follower } = await followed();
      const told = { cause: 'unreachable', since: 0, noticedAt: 0 } as const;
      await follower.outage(told);
      here.lagoon.script.setBuild(here.build, { status: 'running' });
      await follower.seen(here.lagoon.script.allDeployments());
      await follower.outage(told);
      expect(await here.fixture.types()).toEqual([
        'WaitingFor',
        'WaitEnded',
        'DeploymentProgressed',
      ]);
      await follower.outage({ ...told, noticedAt: here.clock.wall() + 1 });
      expect((await here.fixture.types()).at(-1)).toBe('WaitingFor');
    });

    it('that is no outage of the whole core is nothing to record', async () => {
      const { here, script } = await following();
      script.unavailable = true;
      await here.look(10);
      expect(await here.fixture.types()).toEqual([]);
    });
  });

  describe('a build of a wave', () => {
    it('is looked up with its wave, until another build takes its place', async () => {
      const here = await BuildFixture.open();
      const { workOrder } = await here.fixture.session();
      const accepted = { workOrder, buildName: here.build, callNo: 1, bulkId: 'uplift-wave-1' };
      await here.fixture.openWith({ type: 'DeploymentAccepted', data: accepted });
      const { follower } = await followed(here);
      expect(follower.target.bulkId).toBe('uplift-wave-1');
      here.lagoon.script.setBuild(here.build, { status: 'cancelled' });
      here.lagoon.script.foreignBuild(here.fixture.target);
      const { environmentId } = follower.target;
      await follower.seen(await here.lagoon.deploymentsOf(environmentId, { limit: 10 }));
      expect(await here.fixture.types()).toContain('DeploymentSuperseded');
      expect(follower.target).toMatchObject({ buildName: here.build, bulkId: null });
    });
  });
});

/** Without a poller. */
async function followed(opened?: BuildFixture) {
  const here = opened ?? (await BuildFixture.open());
  const session = await here.fixture.session();
  const { signal } = here.fixture.stopping;
  const message = { reopen: () => here.fixture.session({ isNew: false }) };
  const followed = { message, signal, patientUntil: Number.POSITIVE_INFINITY };
  const follower = new BuildFollower(session, followed, {
    clock: here.clock,
    poller: { watch: () => () => undefined },
    known: new KnownBuilds(mostKnown),
    know: (session, memory) => ({
      ...{ session, memory },
      duplicates: new DuplicateBuilds(session, here.lagoon, {
        onDuplicates: () => undefined,
        signal,
      }),
      reading: new BuildReading(session, new BuildDelays(session, LIMITS, here.clock, memory)),
    }),
  });
  return { here, follower };
}

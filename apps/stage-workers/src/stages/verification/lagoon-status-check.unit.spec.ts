import type { EnvironmentFacts } from '@uplift/lagoon/testing';
import { PROFILE } from '../../testing/example-upgrade';
import { StageFixture } from '../../testing/stage-fixture';
import { stoppedHalfWay, verificationOf } from '../../testing/verification-fixture';

const healthProbe = { ...PROFILE.healthProbe, kind: 'lagoon' } as const;
const BY_LAGOON = { profile: { ...PROFILE, healthProbe } };

describe("Lagoon's own status of an app without a route", () => {
  const built = async (status: string, facts: EnvironmentFacts = {}) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', BY_LAGOON);
    fixture.lagoon.script.foreignBuild(fixture.target);
    fixture.lagoon.script.endBuilds(fixture.target, status);
    fixture.lagoon.script.place(fixture.target, { routes: [], ...facts });
    return fixture;
  };

  it('is the proof while the newest build is complete and every service has pods', async () => {
    const fixture = await built('complete');
    await fixture.handle(verificationOf(fixture));
    const services = 'cli 1, nginx 1, mariadb 1';
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceVerifiedHealthy',
        data: { evidence: { healthProbe: 'lagoon', newestBuild: 'complete', services } },
      },
    ]);
    expect(fixture.probe.probed).toEqual([]);
  });

  it('is none while Lagoon shows nothing at all', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', BY_LAGOON);
    fixture.lagoon.script.place(fixture.target, { routes: [] });
    jest.spyOn(fixture.lagoon, 'servicesOf').mockResolvedValue([]);
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    const detail = 'Lagoon shows neither a build nor a running service';
    expect(await fixture.appended()).toMatchObject([
      { type: 'InstanceFoundUnhealthy', data: { evidence: { detail } } },
    ]);
  });

  it.each([
    ['failed', {}, 'the newest build is failed'],
    ['cancelled', {}, 'the newest build is cancelled'],
    ['complete', { stoppedServices: ['nginx', 'cli'] }, 'no pod runs of cli, nginx'],
    ['complete', { idleState: 'stuck', autoIdle: false }, 'the environment is stuck'],
  ])('is none with a build %s and %j', async (status, facts, detail) => {
    const fixture = await built(status, facts);
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnhealthy',
        data: { reason: 'not-running-in-lagoon', evidence: { detail } },
      },
    ]);
  });

  it('is waited for while pods start, and what sleeps is woken once', async () => {
    const fixture = await built('complete', { idleState: 'idled' });
    await fixture.handle(verificationOf(fixture));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
    const woken = fixture.lagoon.calls.filter(({ operation }) => operation === 'unidle');
    expect(woken).toHaveLength(1);
  });

  it('is good after a cancel with the build that we cancelled', async () => {
    const fixture = await stoppedHalfWay(BY_LAGOON);
    fixture.lagoon.script.endBuilds(fixture.target, 'cancelled');
    await fixture.handle(verificationOf(fixture));
    expect(await fixture.types()).toEqual(['UpgradeCancelled']);
  });

  it('is none of an environment that is gone', async () => {
    const fixture = await built('complete');
    fixture.lagoon.script.remove(fixture.target);
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(await fixture.appended()).toMatchObject([
      { type: 'InstanceFoundUnhealthy', data: { reason: 'environment-missing' } },
    ]);
  });
});

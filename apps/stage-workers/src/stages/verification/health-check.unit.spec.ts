import { SingleLagoonCore } from '@uplift/lagoon';
import { unguardedCore, UNLIMITED } from '@uplift/lagoon/testing';
import { PROFILE } from '../../testing/example-upgrade';
import { StageFixture } from '../../testing/stage-fixture';
import { PAGE, verificationOf } from '../../testing/verification-fixture';

describe('an app that is asked for its health', () => {
  it('asks on the path of the app', async () => {
    const healthProbe = { path: 'health', acceptStatuses: [] };
    const fixture = await StageFixture.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, healthProbe },
    });
    await fixture.handle(verificationOf(fixture));
    expect(fixture.probe.probed[0]).toBe(`${PAGE}health`);
  });

  it('starts to count again after a bad answer', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'healthy');
    await fixture.handle(verificationOf(fixture));
    expect(fixture.probe.probed).toHaveLength(6);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['unresponsive', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app %s when the window is over', async (outcome, type) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, outcome);
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(await fixture.appended()).toMatchObject([
      { type, data: { reason: 'no-healthy-answer', retryable: true } },
    ]);
  });

  it('keeps what a person needs to see why, and no word of the page', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(verificationOf(fixture, { windowMs: 0 }));
    expect((await fixture.appended())[0]?.data).toMatchObject({
      evidence: {
        url: PAGE,
        status: 503,
        probes: 1,
        detail: 'answered 503',
        idleState: 'active',
        unidle: null,
      },
    });
  });

  it('asks Lagoon once where the app is, and for nothing else while it is well', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    await fixture.handle(verificationOf(fixture));
    expect(fixture.lagoon.calls).toMatchObject([{ operation: 'findEnvironment' }]);
  });

  it('wakes an app that sleeps, once, and gives it the time to wake up', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { idleState: 'idled' });
    fixture.probe.answer(PAGE, 'unhealthy', 'unhealthy', 'unhealthy', 'healthy');
    await fixture.handle(verificationOf(fixture));
    const asked = fixture.lagoon.calls.map(({ operation }) => operation);
    expect(asked).toEqual(['findEnvironment', 'findEnvironment', 'unidle']);
    const [verified] = await fixture.appended();
    expect(verified).toMatchObject({
      type: 'InstanceVerifiedHealthy',
      data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
    });
  });

  it('tells that it woke an app that stays unhealthy', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { idleState: 'idled' });
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(verificationOf(fixture, { windowMs: 0 }));
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnhealthy',
        data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
      },
    ]);
  });

  it('goes on asking the app while Lagoon cannot be asked', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.onProbe = () => {
      fixture.lagoon.script.unavailable = true;
    };
    fixture.probe.answer(PAGE, 'unresponsive', 'unhealthy', 'healthy');
    await fixture.handle(verificationOf(fixture));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(fixture.probe.probed).toHaveLength(5);
  });

  it('comes to no verdict while Lagoon cannot say where the app is', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.unavailable = true;
    expect(await fixture.handle(verificationOf(fixture))).toMatchObject({ kind: 'retry' });
    expect(fixture.probe.probed).toEqual([]);
    fixture.lagoon.script.unavailable = false;
    await fixture.handle(verificationOf(fixture), 2);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  describe('what Lagoon named before the build is no proof of where the app is', () => {
    const NEIGHBOUR = 'https://next.shop.example.com/';

    it.each(['undefined', 'https://169.254.169.254', 'http://main.shop.example.com', null])(
      'a well app is found well, whatever stood there (%s)',
      async (route) => {
        const fixture = await StageFixture.at('PostUpgradeCompleted', { located: { route } });
        await fixture.handle(verificationOf(fixture));
        expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
        expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
      },
    );

    it("an ill app is not verified at the project's other environment", async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', {
        located: { route: NEIGHBOUR },
      });
      fixture.lagoon.script.place({ project: 'shop', environment: 'next' });
      fixture.probe.answer(PAGE, 'unhealthy');
      await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
      expect(fixture.probe.probed).not.toContain(NEIGHBOUR);
      expect(await fixture.types()).toEqual(['InstanceFoundUnhealthy']);
    });

    it.each([
      ['nothing', []],
      ['no URL', ['undefined']],
      ['an address', ['https://10.0.0.1']],
      ['plain http', ['http://main.shop.example.com']],
      ["the neighbour's", [NEIGHBOUR]],
    ])('Lagoon is asked again after it named %s', async (_what, routes) => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      fixture.lagoon.script.place({ project: 'shop', environment: 'next' });
      fixture.lagoon.script.place(fixture.target, { nextRoutes: [routes, routes] });
      fixture.probe.answer(PAGE, 'unhealthy');
      await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
      expect(new Set(fixture.probe.probed)).toEqual(new Set([PAGE]));
      expect(await fixture.types()).toEqual(['InstanceFoundUnhealthy']);
    });

    it('and the first usable one of several is taken', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      fixture.lagoon.script.place({ project: 'shop', environment: 'next' });
      const routes = ['undefined', NEIGHBOUR, 'https://10.0.0.1', PAGE];
      fixture.lagoon.script.place(fixture.target, { routes });
      await fixture.handle(verificationOf(fixture));
      expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    });

    it('no usable route within the window is said, with every reason', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      fixture.lagoon.script.place({ project: 'shop', environment: 'next' });
      fixture.lagoon.script.place(fixture.target, { routes: ['undefined', NEIGHBOUR] });
      await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
      expect(fixture.probe.probed).toEqual([]);
      const detail = `undefined: it is not a URL; ${NEIGHBOUR}: it is a route of next as well`;
      expect(await fixture.appended()).toMatchObject([
        {
          type: 'InstanceFoundUnresponsive',
          data: { reason: 'route-missing', evidence: { probes: 0, detail } },
        },
      ]);
      expect(fixture.lagoon.calls.length).toBeGreaterThan(3);
    });

    it('an environment that Lagoon shows only later is waited for', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      fixture.lagoon.script.remove(fixture.target);
      fixture.clock.after(3, () => void fixture.lagoon.script.place(fixture.target));
      await fixture.handle(verificationOf(fixture));
      expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
    });

    it.each([{ located: null }, {}])('an environment that is gone is said (%j)', async (order) => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', order);
      fixture.lagoon.script.remove(fixture.target);
      await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
      expect(await fixture.appended()).toMatchObject([
        { type: 'InstanceFoundUnresponsive', data: { reason: 'environment-missing' } },
      ]);
    });

    it('another environment of the same name is not the one that was upgraded', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', {
        located: { environmentId: 4711 },
      });
      await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
      expect(fixture.probe.probed).toEqual([]);
      expect(await fixture.types()).toEqual(['InstanceFoundUnresponsive']);
    });
  });

  it('follows the environment to the routes it has after the build', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const routes = ['https://new.shop.example.com', 'https://other.shop.example.com'];
    fixture.lagoon.script.place(fixture.target, { routes, nextRoutes: [[PAGE]] });
    fixture.probe.answer(PAGE, 'unresponsive');
    await fixture.handle(verificationOf(fixture));
    expect(fixture.probe.probed.slice(1)).toEqual(Array(3).fill('https://new.shop.example.com/'));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['inside the suffixes of the core', ['example.com'], 'InstanceVerifiedHealthy'],
    ['outside them', ['.ample.com', 'example.org'], 'InstanceFoundUnresponsive'],
  ])('asks a host %s accordingly', async (_, probeSuffixes, type) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const settings = { ...UNLIMITED, probeSuffixes };
    const cores = new SingleLagoonCore(unguardedCore(fixture.lagoon, { settings }));
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }, cores));
    expect(await fixture.types()).toEqual([type]);
  });

  it('does not take a flapping app for healthy', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, ...Array.from({ length: 400 }, flapping));
    await fixture.handle(verificationOf(fixture, { windowMs: 10 }));
    expect(await fixture.appended()).toMatchObject([
      { type: 'InstanceFoundUnhealthy', data: { reason: 'no-steady-answer' } },
    ]);
  });

  it('lets an app that answers well when the window ends prove its health', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy', 'healthy');
    fixture.probe.onProbe = () => fixture.clock.standStill(4);
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(fixture.probe.probed).toHaveLength(4);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('takes no time from the app while its own process stands still', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy', 'unhealthy', 'healthy');
    fixture.probe.onProbe = () => fixture.clock.standStill(600_000);
    await fixture.handle(verificationOf(fixture));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['http://main.shop.example.com/', 'it is not https'],
    ['https://main.shop.example.com:8443/', 'its port is not 443'],
    ['https://169.254.169.254/', 'it is an IP address'],
    ['https://operator@main.shop.example.com/', 'it carries credentials'],
    ['main.shop.example.com', 'it is not a URL'],
  ])('does not ask %s, and says by which rule', async (route, rule) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { routes: [route] });
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(fixture.probe.probed).toEqual([]);
    const evidence = { probes: 0, detail: `${route.replace('operator@', '')}: ${rule}` };
    const reason = rule === 'it is not a URL' ? 'route-missing' : 'probe-refused';
    expect(await fixture.appended()).toMatchObject([
      { type: 'InstanceFoundUnresponsive', data: { reason, evidence } },
    ]);
  });

  it('does not follow the environment to a route outside the rules', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, {
      routes: ['https://10.0.0.1'],
      nextRoutes: [[PAGE]],
    });
    fixture.probe.answer(PAGE, 'unresponsive');
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(fixture.probe.probed).toEqual([PAGE]);
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: {
          reason: 'probe-refused',
          evidence: { probes: 1, detail: 'https://10.0.0.1/: it is an IP address' },
        },
      },
    ]);
  });

  it('says if there is no route at all', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { route: null, routes: [] });
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'route-missing' },
      },
    ]);
  });
});

function flapping(_: unknown, n: number) {
  return n % 3 === 2 ? ('unhealthy' as const) : ('healthy' as const);
}

import { EXIT } from './exit-code';
import { instanceCommand } from './instance.command';
import { scriptedForAll } from './testing/scripted-api';
import { upgradeCommand } from './upgrade/upgrade.command';

const I = '11111111-1111-4111-8111-111111111111';
const J = '22222222-2222-4222-8222-222222222222';
const U = '33333333-3333-4333-8333-333333333333';
const ENDING = { stops: [], asOf: { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 } };
const ANSWER = {
  instanceId: I,
  upgradeId: U,
  status: 'upgrade-running',
  revision: 5,
  position: '9',
};
const WHY = ['--reason', 'r', '--key', 'k'];

describe('an instance that is named by project and environment', () => {
  const { api, context } = scriptedForAll({ status: 202, body: ANSWER });

  const placed = (instanceId: string, more: object = {}) => ({
    ...{ instanceId, project: 'shop', environment: 'main', core: 'eu-1', status: 'upgrade-failed' },
    ...{ lastUpgradeId: U, ...more },
  });
  const list = '/v1/instances?project=shop&limit=100';
  const holds = (...items: object[]) =>
    api.answers.set(list, { body: { items, nextCursor: null, ...ENDING } });
  const sent = () => api.asked.filter(({ body }) => body !== undefined);

  it('is found on whatever page it is, and its newest upgrade is meant', async () => {
    const others = [placed(J, { environment: 'dev' })];
    api.answers.set(list, { body: { items: others, nextCursor: 'c', ...ENDING } });
    api.answers.set(`${list}&cursor=c`, {
      body: { items: [placed(I)], nextCursor: null, ...ENDING },
    });
    await context.run(upgradeCommand, 'retry', 'shop/main', ...WHY);
    expect(sent()).toEqual([
      { path: `/v1/instances/${I}/upgrades/${U}/retry`, key: 'k', body: { reason: 'r' } },
    ]);
  });

  it('may have an environment with a slash in its name', async () => {
    holds(placed(I, { environment: 'feature/x' }));
    await context.run(instanceCommand, 'park', 'shop/feature/x', ...WHY);
    expect(sent()).toMatchObject([{ path: `/v1/instances/${I}/park` }]);
  });

  it('is the one that is looked after, not those that were before it', async () => {
    holds(placed(J, { status: 'removed' }), placed(I));
    await context.run(upgradeCommand, 'trigger', 'shop/main', ...WHY);
    expect(sent()).toMatchObject([{ path: `/v1/instances/${I}/upgrades` }]);
  });

  it('is named with all ids where there are several, and nothing is sent', async () => {
    holds(placed(I), placed(J, { core: 'us-1' }));
    await expect(context.run(upgradeCommand, 'cancel', 'shop/main', ...WHY)).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: `There are several shop/main: name one by id: ${I} on core eu-1, ${J} on core us-1`,
    });
    expect(sent()).toEqual([]);
  });

  it('is refused where there is none, or no upgrade of it', async () => {
    holds();
    await expect(context.run(upgradeCommand, 'get', 'shop/main')).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: 'No instance shop/main is registered',
    });
    holds(placed(I, { lastUpgradeId: null }));
    await expect(context.run(upgradeCommand, 'get', 'shop/main')).rejects.toMatchObject({
      message: 'shop/main has had no upgrade yet',
    });
  });

  it('needs no look where ids are given, in whatever case', async () => {
    await context.run(upgradeCommand, 'cancel', I.toUpperCase(), U, ...WHY);
    expect(api.asked).toMatchObject([{ path: `/v1/instances/${I}/upgrades/${U}/cancel` }]);
  });

  it('has its newest upgrade also where it is named by id', async () => {
    api.answers.set(`/v1/instances/${I}`, { body: { instance: placed(I), ...ENDING } });
    await context.run(upgradeCommand, 'cancel', I, ...WHY);
    expect(sent()).toMatchObject([{ path: `/v1/instances/${I}/upgrades/${U}/cancel` }]);
  });
});

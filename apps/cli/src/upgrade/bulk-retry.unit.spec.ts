import { EXIT } from '../exit-code';
import { scriptedForAll } from '../testing/scripted-api';
import { upgradeCommand } from './upgrade.command';

const ANSWER = {
  instanceId: 'i-1',
  upgradeId: 'u-1',
  status: 'upgrade-running',
  revision: 5,
  position: '9',
};
const REASON = ['--reason', 'r', '--key', 'k'];

const AS_OF = { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 };
const ENDING = { stops: [], asOf: AS_OF };
const failedInstance = (n: number, status = 'upgrade-failed') => ({
  instanceId: `i-${n}`,
  lastUpgradeId: `u-${n}`,
  status,
});

describe('uplift upgrade retry --failed', () => {
  const { api, context } = scriptedForAll({ status: 202, body: ANSWER });

  beforeEach(() => {
    const list = '/v1/instances?reason-class=busy&limit=100';
    const first = [failedInstance(1), failedInstance(2, 'running-healthy-claimed')];
    const second = [failedInstance(3, 'running-unhealthy'), failedInstance(1)];
    api.answers.set(list, { body: { items: first, nextCursor: 'c', ...ENDING } });
    api.answers.set(`${list}&cursor=c`, { body: { items: second, nextCursor: null, ...ENDING } });
  });

  const retry = (expected: string) => {
    const bulk = ['--failed', '--reason-class', 'busy', '--expect', expected];
    return context.run(upgradeCommand, 'retry', ...REASON, ...bulk);
  };
  const sent = () => api.asked.filter(({ body }) => body !== undefined);

  it('retries every instance that is still failed, once, each under a key of its own', async () => {
    await retry('2');
    expect(sent()).toEqual([
      { path: '/v1/instances/i-1/upgrades/u-1/retry', key: 'k.u-1', body: { reason: 'r' } },
      { path: '/v1/instances/i-3/upgrades/u-3/retry', key: 'k.u-3', body: { reason: 'r' } },
    ]);
    expect(context.rows).toMatchObject([
      { instance: 'i-1', upgrade: 'u-1', answer: 'retried' },
      { instance: 'i-3', upgrade: 'u-3', answer: 'retried' },
    ]);
  });

  it.each(['1', '3'])('sends nothing when %s are expected and there are two', async (expected) => {
    await expect(retry(expected)).rejects.toMatchObject({ exitCode: EXIT.refused });
    expect(sent()).toEqual([]);
  });

  it('asks nothing when the key is too long to be made into others', async () => {
    const bulk = ['--failed', '--reason-class', 'busy', '--expect', '2', '--reason', 'r'];
    const long = context.run(upgradeCommand, 'retry', ...bulk, '--key', 'k'.repeat(201));
    await expect(long).rejects.toMatchObject({ exitCode: EXIT.usage });
    expect(api.asked).toEqual([]);
  });

  it('goes on after a refusal, and says in the end that not all were retried', async () => {
    const problem = { type: '/problems#x', title: 'No', detail: 'Resolve it first' };
    const refused = { ...problem, status: 409, code: 'outcome-unknown' };
    api.answers.set('/v1/instances/i-1/upgrades/u-1/retry', { status: 409, body: refused });
    await expect(retry('2')).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: '1 of 2 upgrades were not retried: see their lines',
    });
    expect(context.rows).toMatchObject([
      { upgrade: 'u-1', answer: 'refused', detail: 'Resolve it first [outcome-unknown]' },
      { upgrade: 'u-3', answer: 'retried', detail: null },
    ]);
  });

  it('tells apart what was refused and what is not known', async () => {
    api.answers.set('/v1/instances/i-3/upgrades/u-3/retry', { status: 500, body: {} });
    await expect(retry('2')).rejects.toMatchObject({ exitCode: EXIT.failed });
    expect(context.rows).toMatchObject([{ answer: 'retried' }, { answer: 'unknown' }]);
  });
});

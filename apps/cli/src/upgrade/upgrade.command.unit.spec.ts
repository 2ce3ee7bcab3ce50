import { EXIT } from '../exit-code';
import { scriptedForAll } from '../testing/scripted-api';
import { upgradeCommand } from './upgrade.command';

const I = '11111111-1111-4111-8111-111111111111';
const U = '22222222-2222-4222-8222-222222222222';

const ANSWER = {
  instanceId: I,
  upgradeId: U,
  status: 'upgrade-running',
  revision: 5,
  position: '9',
};
const REASON = ['--reason', 'r', '--key', 'k'];

const ON_UPGRADE = `/v1/instances/${I}/upgrades/${U}`;

describe('uplift upgrade', () => {
  const { api, context } = scriptedForAll({ status: 202, body: ANSWER });

  const run = (...args: string[]) => context.run(upgradeCommand, ...args);

  it.each<[string, string[], object]>([
    ['nothing but a reason: the plan of the instance', [], {}],
    ['a strategy', ['--strategy', 'redeploy-latest'], { strategy: 'redeploy-latest' }],
    [
      'a ref',
      ['--strategy', 'branch-ref', '--ref', 'v2'],
      { strategy: 'branch-ref', target: { ref: 'v2' } },
    ],
    [
      'a source environment',
      ['--strategy', 'promote', '--source-environment', 'staging'],
      { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
    ],
    [
      'variables, with and without a scope',
      [
        '--variable',
        'A=1',
        '--variable',
        'B=x=y:z:BUILD',
        '--variable',
        'C=',
        '--variable',
        'D=a:b',
      ],
      {
        target: {
          variables: [
            { name: 'A', value: '1' },
            { name: 'B', value: 'x=y:z', scope: 'BUILD' },
            { name: 'C', value: '' },
            { name: 'D', value: 'a:b' },
          ],
        },
      },
    ],
    [
      'a script',
      ['--strategy', 'script', '--script', 'cli:drush updb && echo a:b'],
      {
        strategy: 'script',
        target: { script: { service: 'cli', command: 'drush updb && echo a:b' } },
      },
    ],
    [
      'a registered task',
      ['--registered-task', 'Clear caches'],
      { target: { script: { registeredTask: 'Clear caches' } } },
    ],
    ['a wave', ['--wave', 'w-1'], { waveId: 'w-1' }],
    [
      'a repair that passes the queue, or expires',
      ['--repair', '--priority', 'urgent', '--start-by', '2026-12-01T06:00:00Z'],
      { repair: true, priority: 'urgent', startBy: '2026-12-01T06:00:00.000Z' },
    ],
  ])('trigger sends %s', async (_what, options, body) => {
    await run('trigger', I, ...REASON, ...options);

    expect(api.asked).toEqual([
      { path: `/v1/instances/${I}/upgrades`, key: 'k', body: { reason: 'r', ...body } },
    ]);
    expect(context.rows).toEqual([
      { upgrade: U, status: 'upgrade-running', revision: 5, position: '9' },
    ]);
  });

  it.each<[string, string[], string, object]>([
    ['retry', [], 'retry', {}],
    ['retry', ['--from', 'post-upgrade'], 'retry', { from: 'post-upgrade' }],
    [
      'retry',
      ['--redeploy', '--strategy', 'branch-ref', '--ref', 'v2'],
      'retry',
      { redeploy: true, strategy: 'branch-ref', target: { ref: 'v2' } },
    ],
    ['abandon', [], 'abandon', {}],
    ['resolve', ['--adopt', 'lagoon-build-7'], 'resolve', { adopt: 'lagoon-build-7' }],
    ['resolve', ['--not-landed'], 'resolve', { notLanded: true }],
    ['redrive', [], 'redrive', {}],
    ['rollback', [], 'rollback', {}],
    ['prioritize', [], 'prioritize', { priority: 'urgent' }],
    ['cancel', [], 'cancel', {}],
  ])('%s %j names instance, upgrade and reason', async (verb, options, path, body) => {
    await run(verb, I, U, ...REASON, ...options);

    expect(api.asked).toEqual([
      { path: `${ON_UPGRADE}/${path}`, key: 'k', body: { reason: 'r', ...body } },
    ]);
    expect(context.rows).toEqual([
      { upgrade: U, status: 'upgrade-running', revision: 5, position: '9' },
    ]);
  });

  it.each<[string, string[], number?]>([
    ['trigger without a reason', ['trigger', I]],
    ['two targets', ['trigger', I, ...REASON, '--ref', 'v1', '--script', 'cli:x']],
    ['a variable without "="', ['trigger', I, ...REASON, '--variable', 'A']],
    ['a variable without a name', ['trigger', I, ...REASON, '--variable', '=1']],
    ['a script without a command', ['trigger', I, ...REASON, '--script', 'cli:']],
    ['a priority that is none', ['trigger', I, ...REASON, '--priority', 'high']],
    ['cancel without a reason', ['cancel', I, U]],
    ['retry of nothing', ['retry', ...REASON], EXIT.usage],
    ['retry from no stage', ['retry', I, U, ...REASON, '--from', 'deploy']],
    ['resolve that says nothing', ['resolve', I, U, ...REASON], EXIT.usage],
    ['resolve that says both', ['resolve', I, U, ...REASON, '--adopt', 'b', '--not-landed']],
    ['many without a class', ['retry', ...REASON, '--failed', '--expect', '2'], EXIT.usage],
    [
      'many without a number',
      ['retry', ...REASON, '--failed', '--reason-class', 'busy'],
      EXIT.usage,
    ],
    [
      'many and one',
      ['retry', I, ...REASON, '--failed', '--reason-class', 'busy', '--expect', '2'],
      EXIT.usage,
    ],
    ['cancel without an instance', ['cancel', ...REASON]],
  ])('asks nothing when it is used wrongly: %s', async (_what, args, exitCode = 1) => {
    await expect(run(...args)).rejects.toMatchObject({ exitCode });
    expect(api.asked).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['trigger', [I]],
    ['retry', [I, U]],
  ])('%s that waits says first which upgrade it is', async (verb, ids) => {
    const data = { workOrder: { upgradeId: U } };
    const frames = ['UpgradeRequested', 'InstanceVerifiedHealthy'].map((type, revision) => {
      return `data: ${JSON.stringify({ type, revision: revision * 5, recordedAt: 't', data })}\n\n`;
    });
    const items = [1, 2, 3, 4].map((revision) => ({ type: 'X', revision, data: {} }));
    api.answers.set(`/v1/instances/${I}/events`, { body: { items, nextRevision: null } });
    api.answers.set('/v1/events', { body: frames.join('') });

    await run(verb, ...ids, ...REASON, '--wait');

    expect(context.rows).toMatchObject([
      { upgrade: U, status: 'upgrade-running', revision: 5, position: '9' },
      { event: 'UpgradeRequested' },
      { event: 'InstanceVerifiedHealthy' },
    ]);
  });

  it('list sends every filter, and names instances by what they are acted on', async () => {
    const names = { project: 'shop', environment: 'main', app: 'wiki', status: 'upgrade-failed' };
    const failed = { outcome: 'failed', failure: { reason: 'deployment-failed' } };
    const item = { upgradeId: U, ...names, ...failed, requestedAt: '2026-12-01T05:00:00.000Z' };
    const asOf = { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 };
    const body = { items: [item], nextCursor: null, stops: [], asOf };
    api.answers.set('/v1/upgrades', { body });
    const filters = ['--outcome', 'failed', '--reason-class', 'build', '--sort', '-endedAt'];
    const labels = ['--label', 'team=shop', '--label', 'region=eu'];
    const since = ['--since', '2026-12-01T05:00:00+01:00'];
    await run('list', ...filters, ...labels, ...since, '--app', 'wiki');

    const [{ path = '' }] = api.asked as unknown as [{ path?: string }];
    const { searchParams } = new URL(path, api.url);
    expect(searchParams.getAll('label')).toEqual(['team=shop', 'region=eu']);
    searchParams.delete('label');
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{
        outcome: 'failed',
        'reason-class': 'build',
        sort: '-endedAt',
        limit: '100',
        app: 'wiki',
      },
      since: '2026-12-01T04:00:00.000Z',
    });
    expect(context.rows).toEqual([
      {
        ...{ upgrade: U, project: 'shop', environment: 'main', app: 'wiki', outcome: 'failed' },
        ...{ reason: 'deployment-failed', status: 'upgrade-failed' },
        requestedAt: '2026-12-01T05:00:00.000Z',
      },
    ]);
  });

  it('says in one line why a command is refused, and what is possible instead', async () => {
    const no = { code: 'x', detail: 'y' };
    const body = {
      ...{ type: '/problems#x', title: 'No', detail: 'Let it end', code: 'cancel-too-late' },
      status: 409,
      waitingFor: { sentence: 'for a worker', target: null, since: null, until: null },
      allowedCommands: [
        { command: 'CancelUpgrade', allowed: false, ...no },
        { command: 'ParkInstance', allowed: true, code: null, detail: null },
        { command: 'RedriveStage', allowed: true, code: null, detail: null },
      ],
    };
    api.answers.set(`/v1/instances/${I}/upgrades/${U}/cancel`, { status: 409, body });

    await expect(run('cancel', I, U, ...REASON)).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message:
        'Let it end [cancel-too-late] Waiting: for a worker. Possible now: instance park, upgrade redrive.',
    });
  });
});

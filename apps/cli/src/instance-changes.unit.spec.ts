import { instanceCommand } from './instance.command';
import { scriptedForAll } from './testing/scripted-api';

const I = '11111111-1111-4111-8111-111111111111';

const ANSWER = { instanceId: I, status: 'running-healthy-claimed', revision: 4, position: '9' };
const why = ['--reason', 'sold'];

const { api, context } = scriptedForAll({ status: 404, body: {} });

const answers = (verb: string, more: object = {}) =>
  api.answers.set(`/v1/instances/${I}/${verb}`, { status: 202, body: { ...ANSWER, ...more } });

describe('uplift instance update', () => {
  it.each([
    [['--app', 'blog'], { app: 'blog' }],
    [['--environment', 'dev', '--project-id', '7'], { environment: 'dev', projectId: 7 }],
    [['--label', 'a=1', '--label', 'b=2'], { labels: { a: '1', b: '2' } }],
    [['--no-labels'], { labels: {} }],
    [['--health-path', '/up'], { healthProbe: { path: '/up' } }],
    [['--pre-task', 'Backup'], { scripts: { preUpgrade: { registeredTask: 'Backup' } } }],
    [['--no-scripts'], { scripts: {} }],
    [
      ['--strategy', 'branch-ref', '--ref', 'v2'],
      { upgrade: { strategy: 'branch-ref', target: { ref: 'v2' } } },
    ],
  ])('sends what is named, and nothing else: %j', async (options, changes) => {
    answers('update');
    await context.run(instanceCommand, 'update', I, ...why, ...options);
    expect(api.asked).toMatchObject([{ body: { reason: 'sold', ...changes } }]);
    expect(api.asked[0]?.body).toEqual({ reason: 'sold', ...changes });
    expect(context.rows).toMatchObject([{ instance: I, revision: 4 }]);
  });

  it.each([[[]], [['--project-id', 'x']], [['--if-revision', '-1', '--app', 'a']]])(
    'is refused before anything is sent: %j',
    async (options) => {
      const run = context.run(instanceCommand, 'update', I, ...why, ...options);
      await expect(run).rejects.toThrow();
      expect(api.asked).toEqual([]);
    },
  );
});

describe('uplift instance', () => {
  it.each(['claim', 'unclaim'])('%s says why', async (verb) => {
    answers(verb);
    await context.run(instanceCommand, verb, I, ...why);
    expect(api.asked).toMatchObject([
      { path: `/v1/instances/${I}/${verb}`, body: { reason: 'sold' } },
    ]);
  });

  it('deregister --cancel says that it waits for the upgrade', async () => {
    answers('deregister', { status: 'upgrade-running' });
    await context.run(instanceCommand, 'deregister', I, ...why, '--cancel');
    expect(api.asked).toMatchObject([{ body: { reason: 'sold', cancel: true } }]);
    expect(context.said.join('')).toContain('as soon as its upgrade has ended');
  });

  it('deregister says nothing of an upgrade where there is none', async () => {
    answers('deregister', { status: 'removed' });
    await context.run(instanceCommand, 'deregister', I, ...why);
    expect(api.asked).toMatchObject([{ body: { reason: 'sold' } }]);
    expect(context.said).toEqual([]);
  });

  it('register --upsert says that the instance was there', async () => {
    api.answers.set('/v1/instances', { status: 200, body: { ...ANSWER, existed: true } });
    const names = ['--project', 'shop', '--environment', 'main', '--app', 'wiki'];
    await context.run(instanceCommand, 'register', ...names, '--upsert');
    expect(api.asked).toMatchObject([{ body: { upsert: true } }]);
    expect(context.rows).toMatchObject([{ instance: I, existed: true }]);
  });
});

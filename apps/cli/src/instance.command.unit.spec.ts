import { EXIT } from './exit-code';
import { instanceCommand } from './instance.command';
import { systemCommand } from './system.command';
import { ScriptedContext, scriptedForAll } from './testing/scripted-api';

const F = '33333333-3333-4333-8333-333333333333';
const I = '11111111-1111-4111-8111-111111111111';
const U = '22222222-2222-4222-8222-222222222222';

const AS_OF = { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 };
const STOP = {
  core: 'eu-1',
  since: '2026-12-01T05:00:00.000Z',
  requestedBy: 'operator-7',
  reason: 'Lagoon is being upgraded',
};
const NOTICE =
  'Starts on core eu-1 are stopped since 2026-12-01T05:00:00.000Z by operator-7: Lagoon is being upgraded\n';
const INSTANCE = {
  instanceId: I,
  project: 'shop',
  environment: 'main',
  app: 'wiki',
  status: 'upgrade-failed',
  statusLabel: 'Upgrade failed',
  revision: 8,
  currentUpgradeId: null,
  lastUpgradeId: null,
  failureReason: 'deployment-active',
  reasonClass: 'busy',
  waitingFor: null,
  allowedCommands: [
    { command: 'RetryUpgrade', allowed: true, code: null, detail: 'from upgrade' },
    { command: 'AbandonUpgrade', allowed: true, code: null, detail: null },
    {
      command: 'CancelUpgrade',
      allowed: false,
      code: 'upgrade-not-in-flight',
      detail: 'it has ended',
    },
    {
      command: 'RedriveStage',
      allowed: false,
      code: 'upgrade-not-in-flight',
      detail: 'it has ended',
    },
    { command: 'ParkInstance', allowed: false, code: null, detail: 'it is in force already' },
  ],
};
const WAITING = {
  sentence: 'Lagoon core eu-1 has no room',
  target: 'admission:eu-1',
  since: '2026-12-01T05:00:00.000Z',
  until: '2026-12-01T07:00:00.000Z',
  evidence: { place: 12 },
};

const { api, context } = scriptedForAll({ status: 404, body: {} });

const shows = (instance: object, stops: readonly object[] = [], asOf: object = AS_OF) =>
  api.answers.set(`/v1/instances/${I}`, { body: { instance, stops, asOf } });

const UNREADABLE = {
  ...{ eventId: 'e-9', eventType: 'Unheard', revision: 9, reason: 'newer-version' },
  ...{ detail: 'Event Unheard v2 is unknown', since: '2026-12-01T05:00:00.000Z', laterEvents: 3 },
};

describe('uplift instance register', () => {
  it.each([
    [['--health-path', '/up'], { path: '/up' }],
    [['--health', 'none'], { kind: 'none' }],
    [['--health', 'lagoon'], { kind: 'lagoon' }],
    [
      ['--health', 'task', '--health-task', 'Self-test'],
      { kind: 'task', script: { registeredTask: 'Self-test' } },
    ],
  ])('says what proves the health of the app: %j', async (options, healthProbe) => {
    const answer = { instanceId: I, status: 'running-healthy-claimed' };
    api.answers.set('/v1/instances', { status: 201, body: answer });
    const names = ['--project', 'shop', '--environment', 'main', '--app', 'wiki'];
    await context.run(instanceCommand, 'register', ...names, ...options);
    expect(api.asked).toMatchObject([{ body: { project: 'shop', healthProbe } }]);
    expect(context.rows).toHaveLength(1);
  });
});

describe('uplift instance explain', () => {
  const words = async () => {
    const table = new ScriptedContext(api, 'table');
    await table.run(instanceCommand, 'explain', I);
    return table.printed.join('').trimEnd().split('\n');
  };

  it('says that the history cannot be read, from where on, and what to do', async () => {
    shows({ ...INSTANCE, failureReason: null, unreadable: UNREADABLE, allowedCommands: [] });
    expect(await words()).toEqual([
      'shop/main: Upgrade failed (upgrade-failed), revision 8',
      'Its history cannot be read from revision 9 on (Unheard, 2026-12-01T05:00:00.000Z) [newer-version]: Event Unheard v2 is unknown.',
      'What is shown was known before that. 3 later events are not shown either.',
      'What to do: docs/operations.md, "Findings"; then rebuild the read model.',
      'What it waits for is not known.',
      'Possible now: nothing',
    ]);
  });

  it('says in words why it failed, what is possible and what is not', async () => {
    shows(INSTANCE);
    expect(await words()).toEqual([
      'shop/main: Upgrade failed (upgrade-failed), revision 8',
      'Its last upgrade failed: a build of somebody else was under way in the environment [deployment-active, busy].',
      'What to do: retry when it has ended.',
      `More: ${api.url}/reasons#deployment-active`,
      'Nothing holds it up.',
      'Possible now: upgrade retry, upgrade abandon',
      '  upgrade retry: from upgrade',
      '  not upgrade cancel, upgrade redrive: it has ended [upgrade-not-in-flight]',
      '  not instance park: it is in force already',
    ]);
  });

  it('shows the evidence of the failure, and what the cause of a refusal means', async () => {
    shows({ ...INSTANCE, lastUpgradeId: U });
    const failure = { evidence: { cause: 'quota', detail: 'exceed environment quota' } };
    api.answers.set(`/v1/upgrades/${U}`, {
      body: { upgrade: { failure }, stops: [], asOf: AS_OF },
    });
    expect((await words()).slice(4, 6)).toEqual([
      'Its cause: a limit on the number of environments is reached; remove environments, or have the limit raised.',
      'Evidence: cause quota, detail exceed environment quota',
    ]);
  });

  it('says what it waits for, since when, for how long and where it stands', async () => {
    shows({ ...INSTANCE, failureReason: null, waitingFor: WAITING, allowedCommands: [] });
    expect(await words()).toEqual([
      'shop/main: Upgrade failed (upgrade-failed), revision 8',
      'Waiting: Lagoon core eu-1 has no room; since 2026-12-01T05:00:00.000Z; as far as is known until 2026-12-01T07:00:00.000Z; place 12',
      'Possible now: nothing',
    ]);
  });

  it('keeps a reason that it does not know', async () => {
    shows({ ...INSTANCE, failureReason: 'of-tomorrow', reasonClass: 'other' });
    expect(await words()).toContain('Its last upgrade failed [of-tomorrow, other].');
  });

  it('gives machines one command a line', async () => {
    shows(INSTANCE);
    await context.run(instanceCommand, 'explain', I);
    expect(context.rows[2]).toEqual({
      command: 'upgrade cancel',
      allowed: false,
      code: 'upgrade-not-in-flight',
      detail: 'it has ended',
    });
  });
});

describe('uplift instance show', () => {
  it('says where it stands and why, and then all that is known of it', async () => {
    const more = { core: 'eu-1', labels: { team: 'shop' }, claimed: true, lastUpgradeId: U };
    const times = { registeredAt: '2026-11-01T06:00:00.000Z', updatedAt: AS_OF.at };
    shows({ ...INSTANCE, ...more, ...times, failureReason: null });
    const table = new ScriptedContext(api, 'table');
    await table.run(instanceCommand, 'show', I);
    const words = table.printed.join('').trimEnd().split('\n');
    expect(words[0]).toBe('shop/main: Upgrade failed (upgrade-failed), revision 8');
    expect(words.slice(words.indexOf('') + 1)).toEqual([
      `Instance:     ${I}`,
      'App:          wiki',
      'Core:         eu-1',
      'Labels:       team=shop',
      'Claimed:      yes',
      `Last upgrade: ${U}`,
      'Registered:   2026-11-01T06:00:00.000Z',
      'Changed:      2026-12-01T06:00:00.000Z',
    ]);
  });
});

describe('uplift instance list', () => {
  const page = {
    items: [{ ...INSTANCE, lastUpgradeId: U }],
    nextCursor: 'c',
    stops: [],
    asOf: AS_OF,
  };
  beforeEach(() => api.answers.set('/v1/instances', { body: page }));

  it('sends every filter, and shows the last upgrade', async () => {
    const filters = ['--app', 'wiki', '--status', 'upgrade-failed', '--core', 'eu-1'];
    await context.run(instanceCommand, 'list', ...filters, '--limit', '7', '--cursor', 'b');
    const path = api.asked[0]?.path ?? '';
    expect(Object.fromEntries(new URL(path, api.url).searchParams)).toEqual({
      ...{ app: 'wiki', status: 'upgrade-failed', core: 'eu-1', limit: '7', cursor: 'b' },
    });
    expect(context.rows).toMatchObject([{ instance: I, upgrade: U }]);
    expect(context.said).toEqual(['more: --cursor c\n']);
  });

  it('says to people where the reasons are explained', async () => {
    const table = new ScriptedContext(api, 'table');
    await table.run(instanceCommand, 'list');
    expect(table.said[0]).toBe(`What each reason means, and what to do: ${api.url}/reasons\n`);
  });
});

describe('uplift instance', () => {
  it.each(['park', 'unpark', 'deregister'])('%s names the instance and why', async (verb) => {
    const answer = { instanceId: I, status: 'upgrade-running', revision: 9, position: '7' };
    api.answers.set(`/v1/instances/${I}/${verb}`, { status: 202, body: answer });
    await context.run(instanceCommand, verb, I, '--reason', 'r', '--key', 'k');
    expect(api.asked).toEqual([
      { path: `/v1/instances/${I}/${verb}`, key: 'k', body: { reason: 'r' } },
    ]);
    expect(context.rows).toEqual([
      { instance: I, status: 'upgrade-running', revision: 9, position: '7' },
    ]);
  });

  it('callback-token shows what its app reports its health with', async () => {
    const answer = { instanceId: I, token: 'uplift_callback_x', links: { callback: '/c/' } };
    api.answers.set(`/v1/instances/${I}/callback-token`, { body: answer });
    await context.run(instanceCommand, 'callback-token', I);
    expect(context.rows).toEqual([{ instance: I, token: 'uplift_callback_x', callback: '/c/' }]);
  });

  it.each(['get', 'explain'])('%s says first that what is shown is old, and why', async (verb) => {
    const stale = { ...AS_OF, reason: 'store-diverged', detail: 'stopped: another store' };
    shows(INSTANCE, [], stale);
    await context.run(instanceCommand, verb, I);
    expect(context.said).toEqual([
      'This is as of 2026-12-01T06:00:00.000Z [store-diverged]: stopped: another store\n',
    ]);
  });

  it('get and list name why a history cannot be read', async () => {
    shows({ ...INSTANCE, unreadable: UNREADABLE });
    await context.run(instanceCommand, 'get', I);
    expect(context.rows).toMatchObject([{ instance: I, unreadable: 'newer-version' }]);
  });

  it.each(['get', 'explain'])('%s says first that starts are stopped', async (verb) => {
    shows(INSTANCE, [STOP]);
    await context.run(instanceCommand, verb, I);
    expect(context.said).toEqual([NOTICE]);
  });

  it('lists those that failed for a reason of one class, with what they wait for', async () => {
    const items = [INSTANCE, { ...INSTANCE, waitingFor: WAITING }];
    const page = { items, nextCursor: null, stops: [STOP], asOf: AS_OF };
    const path = '/v1/instances?limit=100&reason-class=busy';
    api.answers.set(path, { body: page });
    await context.run(instanceCommand, 'list', '--reason-class', 'busy');
    expect(context.rows).toMatchObject([
      { instance: I, waiting: null, failure: 'deployment-active' },
      { instance: I, waiting: 'admission:eu-1' },
    ]);
    expect(context.said).toEqual([NOTICE]);
  });

  it.each(['park', 'unpark', 'deregister'])('%s asks nothing without a reason', async (verb) => {
    await expect(context.run(instanceCommand, verb, I)).rejects.toMatchObject({ exitCode: 1 });
    expect(api.asked).toEqual([]);
  });
});

describe('uplift system', () => {
  const answer = { revision: 3, position: '7' };

  it.each([
    ['stop-starts', [], {}],
    ['stop-starts', ['--core', 'eu-1'], { core: 'eu-1' }],
    ['allow-starts', [], {}],
    ['allow-starts', ['--core', 'eu-1'], { core: 'eu-1' }],
  ])('%s %j says why', async (verb, options, body) => {
    api.answers.set(`/v1/system/${verb}`, { status: 202, body: answer });
    await context.run(systemCommand, verb, '--reason', 'r', '--key', 'k', ...options);
    expect(api.asked).toEqual([
      { path: `/v1/system/${verb}`, key: 'k', body: { reason: 'r', ...body } },
    ]);
    expect(context.rows).toMatchObject([answer]);
  });

  it('status shows which starts are stopped', async () => {
    const stops = [STOP, { ...STOP, core: null }];
    api.answers.set('/v1/system', { body: { stops, asOf: AS_OF } });
    await context.run(systemCommand, 'status');
    expect(context.rows).toEqual([STOP, { ...STOP, core: 'all' }]);
  });

  it.each([
    ['those that are open', [], 'limit=100&open=true'],
    ['those that are closed', ['--closed'], 'limit=100&open=false'],
    ['all of a kind', ['--all', '--kind', 'stream-gone'], 'limit=100&kind=stream-gone'],
  ])('findings shows %s', async (_which, options, query) => {
    const finding = {
      ...{ findingId: 'f-1', kind: 'stream-gone', subject: 'instance-1', count: 1, open: true },
      ...{ firstAt: AS_OF.at, lastAt: AS_OF.at, detail: 'The stream was deleted' },
    };
    const items = [{ ...finding, evidence: {}, closedAt: null }];
    const counted = { openByKind: { 'stream-gone': 1 } };
    const page = { items, ...counted, nextCursor: 'c', stops: [], asOf: AS_OF };
    api.answers.set('/v1/system/findings', { body: page });

    await context.run(systemCommand, 'findings', ...options);

    expect(api.asked).toMatchObject([{ path: `/v1/system/findings?${query}` }]);
    expect(context.rows).toEqual([finding]);
    expect(context.said).toEqual(['more: --cursor c\n']);
  });

  it('close-finding says why', async () => {
    api.answers.set(`/v1/system/findings/${F}/close`, { status: 202, body: answer });
    await context.run(systemCommand, 'close-finding', F, '--reason', 'r', '--key', 'k');
    expect(api.asked).toEqual([
      { path: `/v1/system/findings/${F}/close`, key: 'k', body: { reason: 'r' } },
    ]);
    expect(context.rows).toEqual([{ findingId: F, ...answer }]);
  });

  it.each([
    ['a close without a reason', ['close-finding', F]],
    ['a kind that is none', ['findings', '--kind', 'anything']],
  ])('asks nothing for %s', async (_what, args) => {
    await expect(context.run(systemCommand, ...args)).rejects.toMatchObject({ exitCode: 1 });
    expect(api.asked).toEqual([]);
  });

  it('says in one line why a switch is refused', async () => {
    const problem = { type: '/problems#x', title: 'No', detail: 'Name a core', code: 'x' };
    api.answers.set('/v1/system/stop-starts', { status: 400, body: { ...problem, status: 400 } });
    await expect(context.run(systemCommand, 'stop-starts', '--reason', 'r')).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: 'Name a core [x]',
    });
  });
});

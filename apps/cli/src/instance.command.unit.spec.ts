import { EXIT } from './exit-code';
import { instanceCommand } from './instance.command';
import { systemCommand } from './system.command';
import { ScriptedContext, scriptedForAll } from './testing/scripted-api';

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
  instanceId: 'i-1',
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
  api.answers.set('/v1/instances/i-1', { body: { instance, stops, asOf } });

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
    const answer = { instanceId: 'i-1', status: 'running-healthy-claimed' };
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
    await table.run(instanceCommand, 'explain', 'i-1');
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
      'Nothing holds it up.',
      'Possible now: upgrade retry, upgrade abandon',
      '  upgrade retry: from upgrade',
      '  not upgrade cancel, upgrade redrive: it has ended [upgrade-not-in-flight]',
      '  not instance park: it is in force already',
    ]);
  });

  it('shows the evidence of the failure, and what the cause of a refusal means', async () => {
    shows({ ...INSTANCE, lastUpgradeId: 'u-1' });
    const failure = { evidence: { cause: 'quota', detail: 'exceed environment quota' } };
    api.answers.set('/v1/upgrades/u-1', { body: { upgrade: { failure }, stops: [], asOf: AS_OF } });
    expect((await words()).slice(3, 5)).toEqual([
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
    await context.run(instanceCommand, 'explain', 'i-1');
    expect(context.rows[2]).toEqual({
      command: 'upgrade cancel',
      allowed: false,
      code: 'upgrade-not-in-flight',
      detail: 'it has ended',
    });
  });
});

describe('uplift instance', () => {
  it.each(['park', 'unpark', 'deregister'])('%s names the instance and why', async (verb) => {
    const answer = { instanceId: 'i-1', status: 'upgrade-running', revision: 9, position: '7' };
    api.answers.set(`/v1/instances/i-1/${verb}`, { status: 202, body: answer });
    await context.run(instanceCommand, verb, 'i-1', '--reason', 'r', '--key', 'k');
    expect(api.asked).toEqual([
      { path: `/v1/instances/i-1/${verb}`, key: 'k', body: { reason: 'r' } },
    ]);
    expect(context.rows).toEqual([
      { instance: 'i-1', status: 'upgrade-running', revision: 9, position: '7' },
    ]);
  });

  it('callback-token shows what its app reports its health with', async () => {
    const answer = { instanceId: 'i-1', token: 'uplift_callback_x', links: { callback: '/c/' } };
    api.answers.set('/v1/instances/i-1/callback-token', { body: answer });
    await context.run(instanceCommand, 'callback-token', 'i-1');
    expect(context.rows).toEqual([
      { instance: 'i-1', token: 'uplift_callback_x', callback: '/c/' },
    ]);
  });

  it.each(['get', 'explain'])('%s says first that what is shown is old, and why', async (verb) => {
    const stale = { ...AS_OF, reason: 'store-diverged', detail: 'stopped: another store' };
    shows(INSTANCE, [], stale);
    await context.run(instanceCommand, verb, 'i-1');
    expect(context.said).toEqual([
      'This is as of 2026-12-01T06:00:00.000Z [store-diverged]: stopped: another store\n',
    ]);
  });

  it('get and list name why a history cannot be read', async () => {
    shows({ ...INSTANCE, unreadable: UNREADABLE });
    await context.run(instanceCommand, 'get', 'i-1');
    expect(context.rows).toMatchObject([{ instance: 'i-1', unreadable: 'newer-version' }]);
  });

  it.each(['get', 'explain'])('%s says first that starts are stopped', async (verb) => {
    shows(INSTANCE, [STOP]);
    await context.run(instanceCommand, verb, 'i-1');
    expect(context.said).toEqual([NOTICE]);
  });

  it('lists those that failed for a reason of one class, with what they wait for', async () => {
    const items = [INSTANCE, { ...INSTANCE, waitingFor: WAITING }];
    const page = { items, nextCursor: null, stops: [STOP], asOf: AS_OF };
    const path = '/v1/instances?limit=100&reason-class=busy';
    api.answers.set(path, { body: page });
    await context.run(instanceCommand, 'list', '--reason-class', 'busy');
    expect(context.rows).toMatchObject([
      { instance: 'i-1', waiting: null, failure: 'deployment-active' },
      { instance: 'i-1', waiting: 'admission:eu-1' },
    ]);
    expect(context.said).toEqual([NOTICE]);
  });

  it.each(['park', 'unpark', 'deregister'])('%s asks nothing without a reason', async (verb) => {
    await expect(context.run(instanceCommand, verb, 'i-1')).rejects.toMatchObject({ exitCode: 1 });
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
    api.answers.set('/v1/system/findings/f-1/close', { status: 202, body: answer });
    await context.run(systemCommand, 'close-finding', 'f-1', '--reason', 'r', '--key', 'k');
    expect(api.asked).toEqual([
      { path: '/v1/system/findings/f-1/close', key: 'k', body: { reason: 'r' } },
    ]);
    expect(context.rows).toEqual([{ findingId: 'f-1', ...answer }]);
  });

  it.each([
    ['a close without a reason', ['close-finding', 'f-1']],
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

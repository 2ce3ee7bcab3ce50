import { createHash, randomUUID } from 'node:crypto';
import {
  API_TOKENS_STREAM,
  instanceStream,
  QUERY_SUBJECTS,
  SYSTEM_STREAM,
  toRecordedInstanceEvent,
} from '@uplift/contracts';
import type { UpgradeView } from '@uplift/domain';
import { evolveUpgradeView } from '@uplift/domain';
import type { ProblemDetails } from '@uplift/contracts';
import { NO_STREAM } from '@uplift/event-store';
import { event, upTo, WHOLE_UPGRADE, WORK_ORDER, PROFILE } from '@uplift/domain/testing';
import { everyQuery, ProjectorFixture } from './projector-fixture';
import type { RunningProjector } from './running-projector';
import { appendTo, streamOf, writeInstance, writeInstances } from './upgrade-histories';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UNKNOWN = '0b1c6c0e-0000-4000-8000-00000000dead';

interface Listed {
  readonly items: readonly { readonly instanceId: string; readonly revision: number }[];
  readonly nextCursor: string | null;
  readonly asOf: { readonly position: string; readonly at: string; readonly ageMs: number };
}

const fixture = ProjectorFixture.forEachTest();
let projector: RunningProjector;

beforeEach(async () => {
  projector = await fixture.startProjector();
});

async function problemOf(subject: string, body: unknown): Promise<ProblemDetails> {
  try {
    const answer = await fixture.ask(subject, body);
    throw new Error(`answered ${JSON.stringify(answer)}`);
  } catch (error) {
    return (error as { problem: ProblemDetails }).problem;
  }
}

test('an instance is answered whole, with the position it reflects', async () => {
  const { instanceId, upgradeId, position } = await writeInstance(fixture.store);
  const answer = await fixture.ask(QUERY_SUBJECTS.instanceGet, {
    instanceId,
    minPosition: position.toString(),
  });
  expect(answer).toEqual({
    instance: {
      instanceId,
      project: PROFILE.project,
      projectId: PROFILE.projectId,
      environment: PROFILE.environment,
      core: PROFILE.core,
      app: PROFILE.app,
      labels: { tenant: 'berlin' },
      status: 'running-healthy-claimed',
      statusLabel: 'Running healthy (claimed)',
      claimed: true,
      currentUpgradeId: null,
      lastUpgradeId: upgradeId,
      failureReason: null,
      reasonClass: null,
      revision: 13,
      registeredAt: expect.stringMatching(RFC_3339) as string,
      updatedAt: expect.stringMatching(RFC_3339) as string,
      unreadable: null,
      waitingFor: null,
      allowedCommands: expect.any(Array) as unknown,
    },
    stops: [],
    asOf: {
      position: position.toString(),
      at: expect.stringMatching(RFC_3339) as string,
      ageMs: expect.any(Number) as number,
    },
  });
});

test('a query that carries a token is answered as far as the token reaches', async () => {
  const { store } = fixture;
  const { instanceId, upgradeId, position } = await writeInstance(store);
  const created = (token: string, labels: Readonly<Record<string, string>>) => ({
    type: 'ApiTokenCreated',
    data: {
      ...{ tokenId: randomUUID(), scopes: [], requestedBy: 'operator-7', reason: 'a test' },
      hash: createHash('sha256').update(token).digest('hex'),
      limited: { labels, scopes: ['instances:read'] },
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    },
  });
  const tokens = { berlin: `uplift_${'b'.repeat(43)}`, paris: `uplift_${'p'.repeat(43)}` };
  await appendTo(store, API_TOKENS_STREAM, NO_STREAM, [
    created(tokens.berlin, { tenant: 'berlin' }),
    created(tokens.paris, { tenant: 'paris' }),
  ]);
  const minPosition = position.toString();
  const ask = (subject: string, body: object, token: string) =>
    fixture.ask(subject, { ...body, minPosition }, { 'Uplift-Actor-Token': token });
  const problem = (status: number, code: string) => ({ problem: { status, code } });
  const single = [
    [QUERY_SUBJECTS.instanceGet, { instanceId }],
    [QUERY_SUBJECTS.instanceTimeline, { instanceId }],
    [QUERY_SUBJECTS.upgradeGet, { upgradeId }],
  ] as const;
  for (const [subject, body] of single) {
    await expect(ask(subject, body, tokens.berlin)).resolves.toBeDefined();
    const foreign = ask(subject, body, tokens.paris);
    await expect(foreign).rejects.toMatchObject({ problem: { status: 404 } });
    const bad = ask(subject, body, `uplift_${'x'.repeat(43)}`);
    await expect(bad).rejects.toMatchObject(problem(401, 'credentials-refused'));
  }
  const { instanceList, instanceStats, systemFindings } = QUERY_SUBJECTS;
  expect(await ask(instanceList, {}, tokens.berlin)).toMatchObject({ items: [{ instanceId }] });
  expect(await ask(instanceList, {}, tokens.paris)).toMatchObject({ items: [], nextCursor: null });
  expect(await ask(instanceStats, {}, tokens.paris)).toMatchObject({
    instances: { total: 0 },
    upgrades: { total: 0 },
  });
  const noScope = ask(systemFindings, {}, tokens.berlin);
  await expect(noScope).rejects.toMatchObject(problem(403, 'scope-missing'));
});

test('every answer names the switches in force, that of the system first, by whom, why and since when', async () => {
  const { store } = fixture;
  const { instanceId, upgradeId } = await writeInstance(store);
  const stopped = (core: string | null, reason: string) => ({
    type: 'StartsStopped',
    data: { core, requestedBy: 'operator-7', reason },
  });
  const stops = [stopped('eu-1', 'Lagoon is being upgraded'), stopped(null, 'release freeze')];
  const { head, position } = await appendTo(store, SYSTEM_STREAM, NO_STREAM, stops);
  const minPosition = position.toString();
  const since = expect.stringMatching(RFC_3339) as string;
  for (const [subject, query] of everyQuery({ instanceId, upgradeId })) {
    expect(await fixture.ask(subject, { ...query, minPosition })).toMatchObject({
      stops: [
        { core: null, since, requestedBy: 'operator-7', reason: 'release freeze' },
        { core: 'eu-1', since, requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' },
      ],
    });
  }
  const allowed = { core: 'eu-1', requestedBy: 'operator-8', reason: 'it is back' };
  const lifted = { type: 'StartsAllowed', data: allowed };
  const later = await appendTo(store, SYSTEM_STREAM, head, [lifted]);
  const status = { minPosition: later.position.toString() };
  expect(await fixture.ask(QUERY_SUBJECTS.systemStatus, status)).toMatchObject({
    stops: [{ core: null, reason: 'release freeze' }],
  });
});

interface NextSteps {
  readonly waitingFor: { readonly target: string | null } | null;
  readonly allowedCommands: readonly { readonly command: string; readonly allowed: boolean }[];
}

const allowedIn = ({ allowedCommands }: NextSteps) =>
  allowedCommands.filter(({ allowed }) => allowed).map(({ command }) => command);

test('an instance, a list and the newest upgrade say what is possible and what is waited for', async () => {
  const { store } = fixture;
  const failed = await writeInstance(store, [...upTo('UpgradeStarted'), event('UpgradeFailed')]);
  const { instanceId, upgradeId, position } = failed;
  const minPosition = position.toString();
  const { instance } = await fixture.ask<{ instance: NextSteps }>(QUERY_SUBJECTS.instanceGet, {
    ...{ instanceId, minPosition },
  });
  const { upgrade } = await fixture.ask<{ upgrade: NextSteps }>(QUERY_SUBJECTS.upgradeGet, {
    upgradeId,
  });
  const list = await fixture.ask<{ items: NextSteps[] }>(QUERY_SUBJECTS.instanceList, {});
  for (const shown of [instance, upgrade, ...list.items]) {
    expect(shown.waitingFor).toMatchObject({ target: 'operator' });
    expect(allowedIn(shown)).toEqual(expect.arrayContaining(['RetryUpgrade', 'AbandonUpgrade']));
    expect(allowedIn(shown)).not.toContain('CancelUpgrade');
  }
  expect(list.items).toHaveLength(1);
});

test('nothing is possible with an upgrade that another has followed', async () => {
  const { instanceId, upgradeId, head } = await writeInstance(fixture.store);
  const workOrder = { ...WORK_ORDER, upgradeId: randomUUID() };
  const next = event('UpgradeRequested', { workOrder });
  const stream = instanceStream(instanceId);
  const { position } = await appendTo(fixture.store, stream, head, [next]);
  const ask = (id: string) =>
    fixture.ask<{ upgrade: NextSteps }>(QUERY_SUBJECTS.upgradeGet, {
      ...{ upgradeId: id, minPosition: position.toString() },
    });
  expect((await ask(upgradeId)).upgrade).toMatchObject({ waitingFor: null, allowedCommands: [] });
  expect(allowedIn((await ask(workOrder.upgradeId)).upgrade)).toContain('CancelUpgrade');
});

test('an upgrade is answered with the durations of its stages', async () => {
  const { instanceId, upgradeId, position } = await writeInstance(fixture.store);
  const { upgrade } = await fixture.ask<{ upgrade: Record<string, unknown> }>(
    QUERY_SUBJECTS.upgradeGet,
    { upgradeId, minPosition: position.toString() },
  );
  const history = (await streamOf(fixture.store, instanceId)).map(toRecordedInstanceEvent);
  const view = history.reduce<UpgradeView | null>(evolveUpgradeView, null);
  const stage = view!.stages.upgrade!;
  expect(upgrade).toMatchObject({ upgradeId, instanceId, outcome: 'succeeded', attempt: 1 });
  expect(upgrade.stages).toHaveLength(4);
  expect((upgrade.stages as unknown[])[1]).toEqual({
    stage: 'upgrade',
    queuedAt: new Date(stage.queuedAt).toISOString(),
    startedAt: new Date(stage.startedAt!).toISOString(),
    endedAt: new Date(stage.endedAt!).toISOString(),
    queuedMs: stage.startedAt! - stage.queuedAt,
    activeMs: stage.endedAt! - stage.startedAt!,
  });
});

test('a list pages through all instances, newest first, each once', async () => {
  const written = await writeInstances(fixture.store, 23);
  await projector.reached(written.at(-1)!.position);
  const seen: string[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const body = cursor === undefined ? { limit: 5 } : { limit: 5, cursor };
    const page = await fixture.ask<Listed>(QUERY_SUBJECTS.instanceList, body);
    expect(page.items.length).toBeLessThanOrEqual(5);
    seen.push(...page.items.map(({ instanceId }) => instanceId));
    cursor = page.nextCursor;
  }
  expect(seen).toHaveLength(23);
  expect(new Set(seen)).toEqual(new Set(written.map(({ instanceId }) => instanceId)));
});

test('a list of rows that fill more than one message of the bus goes on over pages that fit', async () => {
  const labels = Object.fromEntries(
    Array.from({ length: 32 }, (_, n) => [`label-${n}`, '界'.repeat(200)]),
  );
  const large = event('InstanceRegistered', { labels });
  const written = [];
  while (written.length < 80) written.push(await writeInstance(fixture.store, [large]));
  await projector.reached(written.at(-1)!.position);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const body = { limit: 100, ...(cursor === null ? {} : { cursor }) };
    const page: Listed = await fixture.ask(QUERY_SUBJECTS.instanceList, body);
    seen.push(...page.items.map(({ instanceId }) => instanceId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(80);
  expect(new Set(seen)).toEqual(new Set(written.map(({ instanceId }) => instanceId)));
});

test('a list is narrowed by status, project, app, core and class of failure together', async () => {
  const other = event('InstanceRegistered', {
    profile: { ...PROFILE, project: 'shop-paris', app: 'wiki', core: 'us-1' },
  });
  const { instanceId, position } = await writeInstance(fixture.store, [other]);
  await projector.reached(position);
  const failed = await writeInstance(fixture.store, [
    ...upTo('PreUpgradeStarted'),
    event('PreUpgradeFailed', { reason: 'no-active-deployment' }),
  ]);
  await projector.reached(failed.position);
  const ids = async (filter: object) => {
    const { items } = await fixture.ask<Listed>(QUERY_SUBJECTS.instanceList, filter);
    return items.map((item) => item.instanceId);
  };
  expect(await ids({ project: 'shop-paris' })).toEqual([instanceId]);
  expect(await ids({ app: 'wiki', core: 'us-1' })).toEqual([instanceId]);
  expect(await ids({ status: 'pre-upgrade-failed' })).toEqual([failed.instanceId]);
  expect(await ids({ status: 'pre-upgrade-failed', core: 'us-1' })).toEqual([]);
  expect(await ids({ reasonClass: 'busy' })).toEqual([failed.instanceId]);
  expect(await ids({ reasonClass: 'build' })).toEqual([]);
});

test('a timeline shows every event in order, page by page', async () => {
  const { instanceId, position } = await writeInstance(fixture.store);
  await projector.reached(position);
  type Timeline = Pick<Listed, 'nextCursor'> & {
    items: { eventType: string; revision: number; at: string; note: string | null }[];
  };
  const subject = QUERY_SUBJECTS.instanceTimeline;
  const first = await fixture.ask<Timeline>(subject, { instanceId, limit: 10 });
  const cursor = first.nextCursor!;
  const second = await fixture.ask<Timeline>(subject, { instanceId, limit: 10, cursor });
  const items = [...first.items, ...second.items];
  expect(items.map(({ eventType }) => eventType)).toEqual(WHOLE_UPGRADE.map(({ type }) => type));
  expect(items.map(({ revision }) => revision)).toEqual(WHOLE_UPGRADE.map((_, n) => n));
  expect(items[7]).toMatchObject({ eventType: 'DeploymentAccepted', status: 'upgrade-running' });
  expect(items[0]!.at).toMatch(RFC_3339);
  expect(second.nextCursor).toBeNull();
});

test('statistics count instances by status, upgrades by outcome, and durations by stage', async () => {
  await writeInstances(fixture.store, 3);
  const { position } = await writeInstance(fixture.store, upTo('UpgradeStarted'));
  const answer = await fixture.ask<Record<string, unknown>>(QUERY_SUBJECTS.instanceStats, {
    minPosition: position.toString(),
  });
  expect(answer.instances).toEqual({
    total: 4,
    byStatus: { 'running-healthy-claimed': 3, 'upgrade-running': 1 },
  });
  expect(answer.upgrades).toEqual({
    total: 4,
    byOutcome: { 'in-flight': 1, succeeded: 3, failed: 0, cancelled: 0, abandoned: 0, expired: 0 },
  });
  const number = expect.any(Number) as number;
  const percentiles = { p50: number, p95: number };
  expect(answer.stages).toEqual([
    { stage: 'pre-upgrade', count: 4, queuedMs: percentiles, activeMs: percentiles },
    { stage: 'upgrade', count: 4, queuedMs: percentiles, activeMs: percentiles },
    { stage: 'post-upgrade', count: 3, queuedMs: percentiles, activeMs: percentiles },
    { stage: 'verify', count: 3, queuedMs: percentiles, activeMs: percentiles },
  ]);
});

test('an empty read model answers with empty lists at position 0', async () => {
  const answer = await fixture.ask<Listed>(QUERY_SUBJECTS.instanceList, {});
  expect(answer).toMatchObject({ items: [], nextCursor: null, asOf: { position: '0' } });
  const { stages } = await fixture.ask<{ stages: object[] }>(QUERY_SUBJECTS.instanceStats, {});
  expect(stages[0]).toEqual({
    stage: 'pre-upgrade',
    count: 0,
    queuedMs: { p50: null, p95: null },
    activeMs: { p50: null, p95: null },
  });
});

test('a query with minPosition sees what was written just before', async () => {
  let head = NO_STREAM;
  const instanceId = randomUUID();
  for (const [revision, step] of WHOLE_UPGRADE.entries()) {
    const appended = await appendTo(fixture.store, `instance-${instanceId}`, head, [step]);
    head = appended.head;
    const minPosition = appended.position.toString();
    const subject = QUERY_SUBJECTS.instanceGet;
    const answer = await fixture.ask<{ instance: unknown }>(subject, { instanceId, minPosition });
    expect(answer.instance).toMatchObject({ revision });
  }
});

test('a minPosition that is not reached in five seconds is answered with the lag', async () => {
  const { instanceId, position } = await writeInstance(fixture.store);
  const beyond = (position + 1n).toString();
  const body = { instanceId, minPosition: beyond };
  const startedAt = performance.now();
  const problem = await problemOf(QUERY_SUBJECTS.instanceGet, body);
  expect(problem).toMatchObject({ status: 409, code: 'read-model-behind', retryable: true });
  expect(problem.detail).toContain(position.toString());
  expect(performance.now() - startedAt).toBeGreaterThan(4_900);
});

test('what nobody knows is not found', async () => {
  const body = { instanceId: UNKNOWN };
  const status = { status: 404, code: 'instance-not-found', instanceId: UNKNOWN };
  expect(await problemOf(QUERY_SUBJECTS.instanceGet, body)).toMatchObject(status);
  expect(await problemOf(QUERY_SUBJECTS.instanceTimeline, body)).toMatchObject(status);
  expect(await problemOf(QUERY_SUBJECTS.upgradeGet, { upgradeId: UNKNOWN })).toMatchObject({
    status: 404,
    code: 'upgrade-not-found',
  });
});

test.each([
  [QUERY_SUBJECTS.instanceGet, {}, '/instanceId'],
  [QUERY_SUBJECTS.instanceGet, { instanceId: 7 }, '/instanceId'],
  [QUERY_SUBJECTS.instanceGet, { instanceId: UNKNOWN, extra: 1 }, '/extra'],
  [QUERY_SUBJECTS.instanceGet, { instanceId: UNKNOWN, minPosition: 12 }, '/minPosition'],
  [QUERY_SUBJECTS.instanceList, { status: 'sleeping' }, '/status'],
  [QUERY_SUBJECTS.instanceList, { limit: 101 }, '/limit'],
  [QUERY_SUBJECTS.instanceList, { limit: '10' }, '/limit'],
  [QUERY_SUBJECTS.instanceList, { cursor: 'nonsense' }, '/cursor'],
  [QUERY_SUBJECTS.instanceList, { project: null }, '/project'],
  [QUERY_SUBJECTS.instanceTimeline, { instanceId: UNKNOWN, cursor: '' }, '/cursor'],
  [QUERY_SUBJECTS.upgradeGet, { upgradeId: "x' or 1=1" }, '/upgradeId'],
  [QUERY_SUBJECTS.instanceStats, [], ''],
  [QUERY_SUBJECTS.instanceStats, 'garbage', ''],
])('%s refuses %j and points at "%s"', async (subject, body, pointer) => {
  const problem = await problemOf(subject, body);
  expect(problem).toMatchObject({ status: 400, code: 'invalid-input' });
  expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  expect(await fixture.ask(QUERY_SUBJECTS.instanceStats, {})).toHaveProperty('asOf');
});

test('while the database is away queries say so, and work again after it is back', async () => {
  const { instanceId, position } = await writeInstance(fixture.store);
  await projector.reached(position);
  await fixture.postgres.kill();
  const problem = await problemOf(QUERY_SUBJECTS.instanceGet, { instanceId });
  expect(problem).toMatchObject({ status: 503, code: 'read-model-unavailable', retryable: true });
  await fixture.postgres.restart();
  const later = await writeInstance(fixture.store);
  await projector.reached(later.position);
  const body = { instanceId: later.instanceId };
  expect(await fixture.ask(QUERY_SUBJECTS.instanceGet, body)).toHaveProperty(
    'instance.revision',
    13,
  );
});

import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import { collectTraces } from '@uplift/runtime/testing';
import { StageFixture } from '../testing/stage-fixture';
import type { StageHandler } from './stage-handler.port';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const WRITER = 'b7ad6b7169203331';
const WRITTEN_IN = `00-${TRACE}-${WRITER}-01`;
const CANARY = 'canary7f3a9c51';

/** Begins whatever it is handed. */
const starting: StageHandler = {
  stage: 'pre-upgrade',
  run: async ({ session }) => {
    await session.submit({
      type: 'StartPreUpgrade',
      data: { ...session.attempt, worker: 'w' },
    });
  },
};

/** Its build ends long after the handling. */
const following: StageHandler = {
  stage: 'poll-upgrade',
  run: ({ message }) =>
    Promise.resolve({
      drop: () => undefined,
      begin: (onEnd) => {
        const complete = async () => {
          const session = await message.reopen();
          const times = { warnings: false, queuedMs: null, buildMs: null };
          const { buildName = '' } = session.deployment ?? {};
          const data = { ...session.attempt, buildName, ...times };
          await session.submit({ type: 'CompleteUpgrade', data });
        };
        void complete().then(() => onEnd(), onEnd);
      },
    }),
};

function traced(fixture: StageFixture) {
  const tracing = collectTraces();
  Object.assign(fixture.worker, { tracing });
  return tracing;
}

const within = (event: StoredEvent, traceparent: string): StoredEvent => ({
  ...event,
  metadata: { ...event.metadata, traceparent },
});

async function appendedBy(fixture: StageFixture) {
  const events = await fixture.store.load(instanceStream(fixture.instanceId));
  return events.slice(fixture.openingEvent.revision + 1);
}

describe('a stage', () => {
  it('is a trace of its own, which names the one that its event was written in', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const tracing = traced(fixture);
    const delivery = fixture.delivery(1, within(fixture.openingEvent, WRITTEN_IN));
    expect(await fixture.handle(starting, delivery)).toEqual({ kind: 'done' });
    const [span] = await tracing.spans();
    const { instanceId, order } = fixture;
    expect(span).toMatchObject({
      name: 'process pre-upgrade UpgradeRequested',
      parent: undefined,
      links: [WRITER],
      hasFailed: false,
    });
    expect(span?.traceId).not.toBe(TRACE);
    expect(span?.attributes).toEqual({
      'uplift.instance.id': instanceId,
      'uplift.upgrade.id': order.upgradeId,
      'uplift.stage': 'pre-upgrade',
      'uplift.attempt': 1,
      'uplift.outcome': 'done',
      'messaging.system': 'nats',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'UPLIFT_EVENTS',
      'messaging.destination.template': 'uplift.evt.v1.instance.{event}.{instanceId}',
      'messaging.message.id': fixture.openingEvent.id,
      'messaging.message.conversation_id': order.upgradeId,
    });
  });

  it('leaves its own trace in its events, for the stage that comes next', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const tracing = traced(fixture);
    await fixture.handle(starting);
    const [started] = await appendedBy(fixture);
    const [span] = await tracing.spans();
    expect(started?.type).toBe('PreUpgradeStarted');
    expect(started?.metadata.traceparent).toBe(`00-${span?.traceId}-${span?.spanId}-01`);
  });

  it('goes on in its trace after its handling, however much later', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    const tracing = traced(fixture);
    expect(await fixture.handle(following)).toEqual({ kind: 'done' });
    const events = await appendedBy(fixture);
    const spans = await tracing.spans();
    const first = spans.find(({ parent }) => parent === undefined);
    expect(first).toMatchObject({
      name: 'process poll-upgrade DeploymentAccepted',
      attributes: { 'uplift.outcome': 'held' },
    });
    expect(spans.filter(({ name }) => name === 'follow poll-upgrade')).toMatchObject([
      { traceId: first?.traceId, parent: first?.spanId, attributes: { 'uplift.outcome': 'done' } },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
    for (const { metadata } of events) {
      expect(metadata.traceparent).toBe(`00-${first?.traceId}-${first?.spanId}-01`);
    }
  });

  it.each(['', CANARY, WRITTEN_IN.toUpperCase(), WRITTEN_IN.replace('00-', 'ff-')])(
    'takes no notice of a trace context that is none: %j',
    async (traceparent) => {
      const fixture = await StageFixture.at('UpgradeRequested');
      const tracing = traced(fixture);
      const delivery = fixture.delivery(1, within(fixture.openingEvent, traceparent));
      expect(await fixture.handle(starting, delivery)).toEqual({ kind: 'done' });
      expect(await tracing.spans()).toMatchObject([{ parent: undefined, links: [] }]);
      expect(await tracing.text()).not.toContain(CANARY);
    },
  );

  it('tells nothing of a forged message but that it is none', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const tracing = traced(fixture);
    const { metadata, ...event } = fixture.openingEvent;
    const forged = {
      ...event,
      ...{ id: CANARY, type: `${CANARY}!`, data: { workOrder: { attempt: CANARY } } },
      metadata: { ...metadata, $correlationId: CANARY, hash: '0'.repeat(64) },
    };
    expect(await fixture.handle(starting, fixture.delivery(1, forged))).toEqual({
      kind: 'rejected',
    });
    expect(await tracing.spans()).toMatchObject([
      {
        name: 'process pre-upgrade event',
        hasFailed: true,
        attributes: { 'error.type': 'message-not-in-store' },
      },
    ]);
    expect(await tracing.text()).not.toContain(CANARY);
  });

  it('of which this process has done the work already is no trace', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const tracing = traced(fixture);
    await fixture.handle(starting, { ...fixture.delivery(), isDone: true });
    expect(await tracing.spans()).toEqual([]);
  });
});

describe('without tracing', () => {
  it('events pass on the trace context of the event that they follow on', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const newest = () => fixture.store.lastOf(instanceStream(fixture.instanceId));
    const located = { projectId: 1, environmentId: 2, route: null };
    const data = { ...fixture.ids, worker: 'w' };
    const done = { ...fixture.ids, located, checks: [], task: null };
    const session = await fixture.session({ traceparent: WRITTEN_IN });
    await session.submit({ type: 'StartPreUpgrade', data });
    await session.submit({ type: 'CompletePreUpgrade', data: done });
    const pending = await newest();
    const next = pending && (await fixture.opened(pending));
    await next?.submit({ type: 'StartUpgrade', data: { ...data, bulkId: null } });
    expect(await newest()).toMatchObject({
      type: 'DeploymentRequested',
      metadata: { traceparent: WRITTEN_IN },
    });
  });
});

import { event, WHOLE_UPGRADE, WORK_ORDER } from '@uplift/domain/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { EXIT } from '../exit-code';
import { ScriptedApi, ScriptedContext } from '../testing/scripted-api';
import { upgradeCommand } from './upgrade.command';

/** Whoever pauses moves the time on: it stands still while the network works. */
class HurriedClock extends VirtualClock {
  override pause(ms: number): Promise<void> {
    return this.advance(ms);
  }
}

interface Shown {
  readonly revision: number;
  readonly type: string;
}

const U = 'b048ab45-9f4b-4e42-a1ab-0689ad5d636d';
const EVENTS = '/v1/events';
const HISTORY = '/v1/instances/i/events';
const ENDING = { stops: [], asOf: { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 } };
const AWAY = {
  ...{ type: '/problems#x', title: 'Away', status: 503, detail: 'Ask again' },
  ...{ code: 'event-store-unavailable', retryable: true },
};

const documentOf = ({ revision, type }: Shown, data: object = { upgradeId: U }) => ({
  ...{ type, revision, position: String(10 * revision + 5), recordedAt: 't', data },
});
const frameOf = ({ position, ...rest }: ReturnType<typeof documentOf>) =>
  `id: ${position}\nevent: event\ndata: ${JSON.stringify({ position, ...rest })}\n\n`;
const TYPES = ['UpgradeRequested', 'PreUpgradeStarted', 'UpgradeFailed', 'UpgradeRetried'];
const STEPS = [...TYPES, 'InstanceVerifiedHealthy'].map((type, revision) =>
  documentOf({ type, revision }, { workOrder: { upgradeId: U } }),
);
const framesOf = (...revisions: readonly number[]) =>
  revisions.map((revision) => frameOf(STEPS[revision]!)).join('');
const RESYNC = `id: 900\nevent: resync\ndata: {"after":"5","position":"900"}\n\n`;
const CLOSED = `event: closed\ndata: {"reason":"stopping","detail":"The service stops"}\n\n`;

describe('an upgrade that is watched', () => {
  const api = new ScriptedApi({ status: 404, body: {} });
  let clock: HurriedClock;
  let context: ScriptedContext;
  let isOver: boolean;

  beforeAll(() => api.start());
  afterAll(() => api.stop());

  beforeEach(() => {
    api.forget();
    clock = new HurriedClock();
    isOver = false;
    context = new ScriptedContext(api, 'jsonl', clock);
    const upgrade = { upgradeId: U, instanceId: 'i', revision: 4 };
    api.answers.set(`/v1/upgrades/${U}`, { body: { upgrade, ...ENDING } });
  });

  const watch = async (...options: readonly string[]) => {
    try {
      await context.run(upgradeCommand, 'watch', U, ...options);
    } finally {
      isOver = true;
    }
  };
  const revisions = () => (context.rows as Shown[]).map(({ revision }) => revision);
  const asked = () => api.asked.filter(({ path }) => path?.startsWith(EVENTS));
  const until = async (isSo: () => boolean) => {
    while (!isSo() && !isOver) await clock.advance(0);
  };

  it('is followed over a restart of the API: no event twice, none left out', async () => {
    api.sequences.set(EVENTS, [
      { body: framesOf(0, 1) + CLOSED },
      { status: 503, body: AWAY },
      { status: 502, body: 'a proxy says so' },
      { body: framesOf(1, 2) },
      { body: framesOf(3, 4) },
    ]);
    await watch();
    expect(revisions()).toEqual([0, 1, 2, 3, 4]);
    expect(asked().map(({ lastEventId }) => lastEventId)).toEqual(['0', '15', '15', '15', '25']);
    expect(context.said.filter((line) => line.includes('is lost'))).toHaveLength(2);
    expect(context.said.filter((line) => line.includes('Connected again'))).toHaveLength(2);
  });

  it.each([
    ['a frame says that events were left out', framesOf(0) + RESYNC],
    ['a revision is missing', framesOf(0, 4)],
  ])('is read from the store where %s', async (_when, body) => {
    api.answers.set(EVENTS, { body });
    api.sequences.set(HISTORY, [
      { body: { items: STEPS.slice(1, 3), nextRevision: 3 } },
      { body: { items: STEPS.slice(3), nextRevision: null } },
    ]);
    await watch();
    expect(revisions()).toEqual([0, 1, 2, 3, 4]);
    const pages = api.asked.filter(({ path }) => path?.startsWith(HISTORY));
    expect(pages.map(({ path }) => path)).toEqual([
      `${HISTORY}?from=1&limit=100`,
      `${HISTORY}?from=3&limit=100`,
    ]);
  });

  it('is followed on where the pages break off', async () => {
    api.sequences.set(EVENTS, [{ body: framesOf(0) + RESYNC }, { body: framesOf(1, 2, 3, 4) }]);
    api.sequences.set(HISTORY, [
      { body: { items: STEPS.slice(1, 3), nextRevision: 3 } },
      { status: 503, body: AWAY },
    ]);
    await watch();
    expect(revisions()).toEqual([0, 1, 2, 3, 4]);
    expect(asked().map(({ lastEventId }) => lastEventId)).toEqual(['0', '5']);
  });

  it('is asked for again when nothing comes any more', async () => {
    api.sequences.set(EVENTS, [{ body: framesOf(0), staysOpen: true }]);
    api.answers.set(EVENTS, { body: framesOf(1, 2, 3, 4) });
    const watching = watch();
    await until(() => revisions().length === 1);
    await clock.advance(44_999);
    expect(asked()).toHaveLength(1);
    await clock.advance(1);
    await watching;
    expect(revisions()).toEqual([0, 1, 2, 3, 4]);
    expect(context.said.join()).toContain('nothing came for 45 s');
  });

  it('is given up after five minutes without a connection', async () => {
    api.answers.set(EVENTS, { status: 503, body: AWAY });
    const startedAt = clock.monotonic();
    await expect(watch()).rejects.toMatchObject({
      exitCode: EXIT.connectionLost,
      message: expect.stringMatching(
        /for 5 minutes: .* goes on\..* uplift upgrade watch b048ab45-/,
      ) as string,
    });
    expect(clock.monotonic() - startedAt).toBeGreaterThanOrEqual(300_000);
    expect(context.said.filter((line) => line.includes('is lost'))).toHaveLength(1);
  });

  it('is given up at once where the API takes the token no more', async () => {
    const denied = { ...AWAY, status: 401, code: 'credentials-refused', retryable: false };
    api.sequences.set(EVENTS, [{ body: framesOf(0) }, { status: 401, body: denied }]);
    await expect(watch()).rejects.toMatchObject({ exitCode: EXIT.denied });
  });

  it('goes on after Ctrl-C, which says how to look again and how to stop it', async () => {
    api.answers.set(EVENTS, { body: framesOf(0), staysOpen: true });
    const watching = expect(watch()).rejects.toMatchObject({
      exitCode: EXIT.interrupted,
      message: `Upgrade ${U} has not ended yet, and goes on. Look again: uplift upgrade watch ${U}. Stop it: uplift upgrade cancel i ${U} --reason <text>`,
    });
    await until(() => revisions().length === 1);
    context.interrupt();
    await watching;
  });

  it('goes on when the time is over', async () => {
    api.answers.set(EVENTS, { body: framesOf(0), staysOpen: true });
    const watching = expect(watch('--timeout', '40')).rejects.toMatchObject({
      exitCode: EXIT.timedOut,
      message: expect.stringContaining('goes on') as string,
    });
    await until(() => revisions().length === 1);
    await clock.advance(40_000);
    await watching;
  });

  it('has ended otherwise when somebody cancelled it', async () => {
    const cancelled = documentOf({ type: 'UpgradeCancelled', revision: 4 });
    api.answers.set(EVENTS, { body: framesOf(0, 1, 2, 3) + frameOf(cancelled) });
    await expect(watch()).rejects.toMatchObject({
      exitCode: EXIT.cancelled,
      message: `Upgrade ${U} was cancelled`,
    });
  });

  it('is shown as its timeline shows it', async () => {
    const { upgradeId } = WORK_ORDER;
    const upgrade = { upgradeId, instanceId: 'i', revision: 0 };
    api.answers.set(`/v1/upgrades/${U}`, { body: { upgrade, ...ENDING } });
    const newer = { ...event('UpgradeCompleted'), type: 'UpgradeApplauded' };
    const history = [...WHOLE_UPGRADE.slice(0, 9), newer, ...WHOLE_UPGRADE.slice(9)];
    const frames = history.map(({ type, data }, revision) =>
      frameOf({
        ...documentOf({ type, revision }, data),
        ...{ stream: 'instance-i', id: `e-${revision}`, metadata: { schemaVersion: 1 } },
        recordedAt: '2026-12-01T06:00:00.000Z',
      }),
    );
    api.answers.set(EVENTS, { body: frames.join('') });
    await watch();
    expect(context.rows).toHaveLength(history.length - 1);
    expect(context.rows).toContainEqual({
      ...{ at: '2026-12-01T06:00:00.000Z', revision: 8, event: 'DeploymentProgressed' },
      ...{ status: 'upgrade-running', note: 'running: Image Build' },
    });
    const unknown = { event: 'UpgradeApplauded', status: 'upgrade-running', note: null };
    expect(context.rows).toContainEqual(expect.objectContaining(unknown));
  });
});

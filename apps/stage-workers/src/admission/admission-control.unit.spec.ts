import { instanceStream } from '@uplift/contracts';
import type { Limits } from '../testing/admission-fixture';
import {
  AdmissionFixture,
  HOUR,
  MINUTE,
  never,
  SECOND,
  stopAll,
} from '../testing/admission-fixture';
import { ORDER } from '../testing/example-upgrade';
import { settled } from '../testing/fleet';

const CAP = 20;
const AGREED: Limits = { triggersPerHour: 60, triggerBurst: 20, buildsInFlight: CAP };
const NONE: Limits = { triggersPerHour: 0, triggerBurst: 0, buildsInFlight: 0 };
afterEach(() => stopAll());

describe('admission control', () => {
  it('lets a thousand through without ever being over what was agreed', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(AGREED, 0, MINUTE);
    const waiting = await fixture.requested(1_000);
    const all = Promise.all(waiting.map((id) => fixture.trigger(admission, id)));
    for (let n = 0; fixture.requestedAt.length < 1_000 && n < 400; n++) {
      await fixture.quiet();
      if (n % 2 === 0) await fixture.finish(12);
      await fixture.pass(5 * MINUTE);
    }
    await all;
    expect([fixture.begun.length, fixture.ends]).toEqual([1_000, []]);
    expect(fixture.most).toBe(CAP);
    expect(fixture.mostInAnHour()).toBeLessThanOrEqual(60 + 20);
    expect(admission.waiting).toBe(0);
  });

  it('is first come first served, as the store has it, whoever asks first', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
    const waiting = await fixture.requested(5);
    await settled();
    await fixture.trigger(admission, waiting[0]!);
    for (const id of waiting.slice(1).reverse()) void fixture.trigger(admission, id);
    for (const _ of waiting) {
      await fixture.quiet();
      await fixture.finish(1);
    }
    await fixture.quiet();
    expect(fixture.begun).toEqual(waiting);
  });

  it.each([
    ['builds', { ...AGREED, triggersPerHour: 0 }],
    ['triggers', { ...AGREED, buildsInFlight: 0 }],
  ])('is at most one of its %s over per process when several race', async (_words, limits) => {
    const fixture = new AdmissionFixture();
    const workers = [
      await fixture.admission(limits),
      await fixture.admission(limits),
      await fixture.admission(limits),
    ];
    const waiting = await fixture.requested(150);
    waiting.forEach((id, n) => void fixture.trigger(workers[n % 3]!, id));
    await fixture.quiet();
    await fixture.pass(10 * SECOND);
    expect(fixture.most).toBeGreaterThanOrEqual(CAP);
    expect(fixture.most).toBeLessThanOrEqual(CAP + workers.length);
    expect(fixture.mostInASecond()).toBeLessThanOrEqual(2 * CAP);
  });

  it('lets no process overtake the first in the queue, unless nobody takes the room', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
    const [, second] = await fixture.requested(2);
    void fixture.trigger(admission, second!);
    await fixture.pass(2 * SECOND);
    expect(fixture.begun).toEqual([]);
    await fixture.pass(2 * SECOND);
    expect(fixture.begun).toEqual([second]);
  });

  it('waits to see whoever takes room at a core with a limit, and nobody else', async () => {
    const fixture = new AdmissionFixture();
    const [limited, free] = [await fixture.admission(AGREED), await fixture.admission(NONE)];
    const [instanceId] = await fixture.requested(1);
    const entries = [
      fixture.join(limited, instanceId!),
      fixture.join(limited, instanceId!, { needsRoom: false }),
      fixture.join(free, instanceId!),
    ];
    expect(entries.map(({ isAwaited }) => isAwaited)).toEqual([true, false, false]);
  });

  it('takes no time from what came ahead of the bus: that is the time of this machine', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(AGREED);
    const [instanceId] = await fixture.requested(1);
    const now = fixture.fleet.clock.wall();
    const wrong = { openedAt: now + 2 * HOUR, isOfOwnTime: true, needsRoom: false };
    fixture.join(admission, 'another', wrong).leave();
    const startBy = new Date(now + HOUR).toISOString();
    await fixture.trigger(admission, instanceId!, { order: { ...ORDER, startBy } });
    expect([fixture.begun, fixture.ends]).toEqual([[instanceId], []]);
  });

  it('keeps its counts when it is started again in mid-way', async () => {
    const fixture = new AdmissionFixture();
    const first = await fixture.admission(AGREED);
    const waiting = await fixture.requested(60);
    for (const id of waiting.slice(0, 30)) void fixture.trigger(first, id);
    await fixture.quiet();
    await stopAll();
    const second = await fixture.admission(AGREED);
    await fixture.finish(5);
    for (const id of waiting.slice(20)) void fixture.trigger(second, id);
    await fixture.quiet();
    expect(fixture.requestedAt).toHaveLength(20);
    expect(second.why('eu-1')).toBe('trigger-rate');
    await fixture.pass(5 * MINUTE);
    expect(fixture.requestedAt).toHaveLength(25);
    expect(second.why('eu-1')).toBe('builds-in-flight');
  });

  it.each([2 * HOUR, -2 * HOUR])(
    'is not opened by a clock of this machine that jumps %d ms',
    async (jump) => {
      const fixture = new AdmissionFixture();
      const admission = await fixture.admission({ ...AGREED, triggerBurst: 2 }, jump);
      const waiting = await fixture.requested(5);
      for (const id of waiting) void fixture.trigger(admission, id);
      await fixture.quiet();
      expect(fixture.requestedAt).toHaveLength(2);
      await fixture.pass(MINUTE);
      expect(fixture.requestedAt).toHaveLength(3);
    },
  );

  it('lets nobody in before it has read the whole store', async () => {
    const fixture = new AdmissionFixture();
    const [id] = await fixture.requested(1);
    const { admission, start } = fixture.unstarted(AGREED);
    void fixture.trigger(admission, id!);
    await settled();
    expect(fixture.requestedAt).toEqual([]);
    expect(admission.readiness()).toBe('has not read the whole store yet');
    start();
    await settled();
    expect(fixture.requestedAt).toHaveLength(1);
    expect(admission.readiness()).toBeUndefined();
  });

  it('waits for the event of whoever has begun, for half a minute at most', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(AGREED);
    const waiting = await fixture.requested(3);
    const entered: number[] = [];
    const entries = waiting.map((id) => fixture.join(admission, id));
    entries.forEach((entry, n) => {
      void entry.next('admission:eu-1', never()).then(() => entered.push(n));
    });
    await fixture.quiet(() => entered.length);
    expect(entered).toEqual([0]);
    entries[0]!.started();
    entries[0]!.leave();
    await fixture.pass(29 * SECOND);
    expect(entered).toEqual([0]);
    await fixture.pass(SECOND);
    expect(entered).toEqual([0, 1]);
    entries[1]!.leave();
    await fixture.quiet(() => entered.length);
    expect(entered).toEqual([0, 1, 2]);
  });

  it('does not take a repeated call of one upgrade for the start of another', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(AGREED);
    const [calling, ...others] = await fixture.requested(3);
    await fixture.trigger(admission, calling!);
    let entered = 0;
    for (const id of others) {
      void fixture
        .join(admission, id)
        .next('admission:eu-1', never())
        .then(() => (entered += 1));
    }
    await fixture.quiet(() => entered);
    const call = { upgradeId: 'u', attempt: 1, marker: 'm', bulkId: null, worker: 'w' };
    await fixture.fleet.append(calling!, {
      type: 'DeploymentRequested',
      data: { ...call, callNo: 2 },
    });
    await fixture.quiet(() => entered);
    expect(entered).toBe(1);
  });

  it('lets those go who are asked to stop, with the reason, and nobody behind them suffers', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
    const [first, second, third] = await fixture.requested(3);
    await fixture.trigger(admission, first!);
    const stop = new AbortController();
    const leaving = fixture.join(admission, second!);
    const stopped = leaving.next(null, stop.signal);
    const behind = fixture.trigger(admission, third!);
    stop.abort(new Error('shutting down'));
    await expect(stopped).rejects.toThrow('shutting down');
    await expect(leaving.next(null, stop.signal)).rejects.toThrow('shutting down');
    leaving.leave();
    await fixture.finish(1);
    await fixture.pass(5 * SECOND);
    await behind;
    expect(admission.waiting).toBe(0);
  });

  it('asks nothing of whoever wants in where there is no limit', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(NONE);
    const entries = ['a', 'b', 'c'].map((id) => fixture.join(admission, id));
    const decisions = await Promise.all(entries.map((entry) => entry.next(null, never())));
    expect(decisions.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'admitted']);
    expect(admission.why('eu-1')).toBeNull();
  });
});

describe('whoever waits to be admitted', () => {
  const ONE: Limits = { ...AGREED, triggerBurst: 1 };

  it('is told once, with its place and a time; what is over within a second is not told', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(ONE);
    const since = fixture.fleet.clock.wall();
    const waiting = await fixture.requested(3);
    for (const id of waiting) void fixture.trigger(admission, id);
    await fixture.pass(999);
    expect(fixture.holds).toEqual([]);
    await fixture.pass(SECOND);
    const wait = { target: 'admission:eu-1', since, evidence: { reason: 'trigger-rate' } };
    expect(fixture.holds).toMatchObject([
      { ...wait, place: 1 },
      { ...wait, place: 2 },
    ]);
    const times = fixture.holds.map(({ estimatedAt }) => Math.round(Number(estimatedAt) - since));
    expect(times).toEqual([MINUTE, 2 * MINUTE]);
    await fixture.pass(2 * MINUTE);
    expect(fixture.begun).toEqual(waiting);
    expect(fixture.holds).toHaveLength(2);
  });

  it('is passed by an urgent one, and by one that has become urgent', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
    const [busy, plain, hurried] = await fixture.requested(3);
    for (const id of [busy, plain, hurried]) void fixture.trigger(admission, id!);
    await fixture.quiet();
    const urgent = await fixture.fleet.join('UpgradeRequested', { priority: 'urgent' });
    void fixture.trigger(admission, urgent);
    const asked = { priority: 'urgent', requestedBy: 'operator-7', reason: 'CVE' } as const;
    const attempt = { upgradeId: ORDER.upgradeId, attempt: 1 };
    await fixture.fleet.append(hurried!, {
      type: 'UpgradePrioritized',
      data: { ...attempt, ...asked },
    });
    for (let n = 0; n < 4; n++) {
      await fixture.quiet();
      await fixture.finish(1);
    }
    await fixture.quiet();
    expect(fixture.begun).toEqual([busy, urgent, hurried, plain]);
  });

  it('is released when its upgrade is cancelled, or expires', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission({ ...AGREED, buildsInFlight: 1 });
    const [busy, cancelled, late] = await fixture.requested(3);
    await fixture.trigger(admission, busy!);
    const startBy = new Date(fixture.fleet.clock.wall() + MINUTE).toISOString();
    void fixture.trigger(admission, cancelled!);
    void fixture.trigger(admission, late!, { order: { ...ORDER, startBy } });
    const { originStatus: status, upgradeId } = ORDER;
    await fixture.fleet.append(cancelled!, {
      type: 'UpgradeCancelled',
      data: { upgradeId, attempt: 1, status },
    });
    await fixture.quiet();
    expect(fixture.ends).toEqual(['over']);
    await fixture.pass(MINUTE - SECOND);
    expect(fixture.ends).toEqual(['over']);
    await fixture.pass(2 * SECOND);
    expect(fixture.ends).toEqual(['over', 'expired']);
    expect(admission.waiting).toBe(0);
  });

  it('waits on while its core is away, and is told of that only if it knew no other reason', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(ONE);
    const [first, second, third] = await fixture.requested(3);
    for (const id of [first, second]) void fixture.trigger(admission, id!);
    await fixture.pass(2 * SECOND);
    const outage = { cause: 'unreachable', since: 7, noticedAt: 7 };
    Object.assign(fixture.breaker, { state: 'open', outage });
    void fixture.trigger(admission, third!);
    await fixture.pass(5 * MINUTE);
    expect(fixture.begun).toEqual([first]);
    const targets = ['admission:eu-1', 'lagoon:eu-1'];
    expect(fixture.holds.map(({ target }) => target)).toEqual(targets);
    expect(fixture.lagoon.calls.some(({ operation }) => operation === 'ping')).toBe(true);
    Object.assign(fixture.breaker, { state: 'closed', outage: null });
    await fixture.pass(2 * MINUTE);
    expect(fixture.begun).toEqual([first, second, third]);
  });
});

describe('an instance that cannot be read', () => {
  const ONE = { ...AGREED, buildsInFlight: 1 };

  it('holds no room: the next is let in', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(ONE);
    const [first, second] = await fixture.requested(2);
    await fixture.trigger(admission, first!);
    const next = fixture.trigger(admission, second!);
    await fixture.quiet();
    expect(fixture.begun).toEqual([first]);
    fixture.fleet.store.putRaw(instanceStream(first!), 'Probe', { a: 1 });
    await fixture.pass(10 * SECOND);
    await next;
    expect(fixture.begun).toEqual([first, second]);
  });

  it('waits no longer, and keeps nobody behind it waiting', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission(ONE);
    const [first, ill, third] = await fixture.requested(3);
    await fixture.trigger(admission, first!);
    const waiting = [ill, third].map((id) => fixture.trigger(admission, id!));
    await fixture.quiet();
    fixture.fleet.store.putRaw(instanceStream(ill!), 'Probe', { a: 1 });
    await fixture.quiet();
    expect(fixture.ends).toEqual(['over']);
    await fixture.finish(1);
    await fixture.pass(10 * SECOND);
    await Promise.all(waiting);
    expect(fixture.begun).toEqual([first, third]);
  });

  it('keeps nobody out whose process starts behind it', async () => {
    const fixture = new AdmissionFixture();
    const [ill, well] = await fixture.requested(2);
    fixture.fleet.store.putRaw('instance-nobody', 'Probe', { a: 1 });
    fixture.fleet.store.putRaw(instanceStream(ill!), 'Probe', { a: 1 });
    const admission = await fixture.admission(ONE);
    expect(admission.readiness()).toBeUndefined();
    await fixture.trigger(admission, well!);
    expect(fixture.begun).toEqual([well]);
  });
});

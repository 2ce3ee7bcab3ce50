import type { AllTail } from '@uplift/event-store';
import { SkewedClock } from '../testing/fast.clock';
import { Fleet, settled } from '../testing/fleet';
import { UNLIMITED_ADMISSION } from './admission-control.port';
import type { CoreLimits } from './core-usage.projection';
import { StoreAdmissionControl } from './store.admission-control';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CAP = 20;
const AGREED: CoreLimits = {
  name: 'eu-1',
  triggersPerHour: 60,
  triggerBurst: 20,
  buildsInFlight: CAP,
};
const never = () => new AbortController().signal;
const open: { readonly admission: StoreAdmissionControl; readonly tail: AllTail }[] = [];
afterEach(() => stopAll());

async function stopAll(): Promise<void> {
  for (const { admission, tail } of open.splice(0)) {
    admission.onApplicationShutdown();
    await tail.stop();
  }
}

class AdmissionFixture {
  readonly fleet = new Fleet();
  readonly requestedAt: number[] = [];
  readonly underWay: string[] = [];
  most = 0;

  /** Of a process that has read the store up to its end. */
  async admission(worker: string, limits: CoreLimits | null = AGREED, skewMs = 0) {
    const { admission, start } = this.unstarted(worker, limits, skewMs);
    start();
    await settled();
    return admission;
  }

  unstarted(worker: string, limits: CoreLimits | null = AGREED, skewMs = 0) {
    const clock = new SkewedClock(this.fleet.clock, skewMs);
    const tail = this.fleet.tail(clock);
    const limitsOf = () => limits;
    const options = { clock, limitsOf, worker, tickMs: 10_000, onBeat: () => undefined };
    const admission = new StoreAdmissionControl(tail, options);
    const start = () => {
      tail.start();
      admission.onApplicationBootstrap();
    };
    open.push({ admission, tail });
    return { admission, start };
  }

  /** What the upgrade stage does with one instance. */
  async trigger(
    admission: StoreAdmissionControl,
    worker: string,
    instanceId: string,
  ): Promise<void> {
    await admission.enter('eu-1', never());
    await this.fleet.goOn(instanceId, 'DeploymentRequested', worker);
    this.requestedAt.push(this.fleet.clock.wall());
    this.underWay.push(instanceId);
    this.most = Math.max(this.most, this.underWay.length);
  }

  /** Everybody has looked again and nobody else got in. */
  async quiet(count = () => this.requestedAt.length): Promise<void> {
    for (let before = -1; before !== count();) {
      before = count();
      await settled();
    }
  }

  async pass(ms: number): Promise<void> {
    await this.fleet.clock.advance(ms);
    await this.quiet();
  }

  async finish(count: number): Promise<void> {
    const done = this.underWay.splice(0, count);
    await Promise.all(done.map((id) => this.fleet.goOn(id, 'UpgradeCompleted')));
  }

  mostInAnHour(): number {
    return this.mostWithin(HOUR);
  }

  mostInASecond(): number {
    return this.mostWithin(1_000);
  }

  private mostWithin(ms: number): number {
    const countFrom = (from: number) =>
      this.requestedAt.filter((at) => at >= from && at < from + ms).length;
    return Math.max(...this.requestedAt.map(countFrom));
  }
}

describe('admission control', () => {
  it('lets a thousand through without ever being over what was agreed', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1');
    const waiting = await fixture.fleet.joinMany(1_000, 'UpgradePending');
    const all = Promise.all(waiting.map((id) => fixture.trigger(admission, 'w1', id)));
    for (let n = 0; fixture.requestedAt.length < 1_000 && n < 400; n++) {
      await fixture.quiet();
      if (n % 2 === 0) await fixture.finish(12);
      await fixture.pass(5 * MINUTE);
    }
    await all;
    expect(fixture.most).toBe(CAP);
    expect(fixture.mostInAnHour()).toBeLessThanOrEqual(60 + 20);
    expect(admission.waiting).toBe(0);
  }, 60_000);

  it('is first come first served', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1', { ...AGREED, buildsInFlight: 1 });
    const order: string[] = [];
    const waiting = await fixture.fleet.joinMany(5, 'UpgradePending');
    for (const id of waiting) void fixture.trigger(admission, 'w1', id).then(() => order.push(id));
    for (const _ of waiting) {
      await fixture.quiet(() => order.length);
      await fixture.finish(1);
    }
    await fixture.quiet(() => order.length);
    expect(order).toEqual(waiting);
  });

  it.each([
    ['builds', { ...AGREED, triggersPerHour: 0 }],
    ['triggers', { ...AGREED, buildsInFlight: 0 }],
  ])('is at most one of its %s over per process when several race', async (_words, limits) => {
    const fixture = new AdmissionFixture();
    const workers = await Promise.all(
      ['w1', 'w2', 'w3'].map(async (name) => ({
        name,
        admission: await fixture.admission(name, limits),
      })),
    );
    const waiting = await fixture.fleet.joinMany(150, 'UpgradePending');
    waiting.forEach((id, n) => {
      const { name, admission } = workers[n % 3]!;
      void fixture.trigger(admission, name, id);
    });
    await fixture.quiet();
    expect(fixture.most).toBeGreaterThanOrEqual(CAP);
    expect(fixture.most).toBeLessThanOrEqual(CAP + workers.length);
    expect(fixture.mostInASecond()).toBeLessThanOrEqual(2 * CAP);
  });

  it('keeps its counts when it is started again in mid-way', async () => {
    const fixture = new AdmissionFixture();
    const first = await fixture.admission('w1');
    const waiting = await fixture.fleet.joinMany(60, 'UpgradePending');
    for (const id of waiting.slice(0, 30)) void fixture.trigger(first, 'w1', id);
    await fixture.quiet();
    await stopAll();
    const second = await fixture.admission('w2');
    await fixture.finish(5);
    for (const id of waiting.slice(30)) void fixture.trigger(second, 'w2', id);
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
      const admission = await fixture.admission('w1', { ...AGREED, triggerBurst: 2 }, jump);
      const waiting = await fixture.fleet.joinMany(5, 'UpgradePending');
      for (const id of waiting) void fixture.trigger(admission, 'w1', id);
      await fixture.quiet();
      expect(fixture.requestedAt).toHaveLength(2);
      await fixture.pass(MINUTE);
      expect(fixture.requestedAt).toHaveLength(3);
    },
  );

  it('lets nobody in before it has read the whole store', async () => {
    const fixture = new AdmissionFixture();
    const [id] = await fixture.fleet.joinMany(1, 'UpgradePending');
    const { admission, start } = fixture.unstarted('w1');
    void fixture.trigger(admission, 'w1', id!);
    await settled();
    expect(fixture.requestedAt).toEqual([]);
    expect(admission.readiness()).toBe('has not read the whole store yet');
    start();
    await settled();
    expect(fixture.requestedAt).toHaveLength(1);
    expect(admission.readiness()).toBeUndefined();
  });

  it('waits for the event of whoever it let in, for half a minute at most', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1');
    let entered = 0;
    const enter = () => void admission.enter('eu-1', never()).then(() => (entered += 1));
    [1, 2, 3].forEach(enter);
    await fixture.quiet(() => entered);
    expect(entered).toBe(1);
    await fixture.pass(30_000);
    expect(entered).toBe(2);
    admission.giveBack('eu-1');
    await fixture.quiet(() => entered);
    expect(entered).toBe(3);
  });

  it('does not take a repeated call of one upgrade for the entry of another', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1');
    const [calling] = await fixture.fleet.joinMany(1, 'UpgradePending');
    await fixture.trigger(admission, 'w1', calling!);
    let entered = 0;
    for (const _ of [1, 2]) void admission.enter('eu-1', never()).then(() => (entered += 1));
    await fixture.quiet(() => entered);
    const call = { upgradeId: 'u', attempt: 1, marker: 'm', bulkId: null, worker: 'w1' };
    await fixture.fleet.append(calling!, {
      type: 'DeploymentRequested',
      data: { ...call, callNo: 2 },
    });
    await fixture.quiet(() => entered);
    expect(entered).toBe(1);
  });

  it('lets those go who are asked to stop, with the reason, and nobody behind them suffers', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1', { ...AGREED, buildsInFlight: 1 });
    const [first, second] = await fixture.fleet.joinMany(2, 'UpgradePending');
    await fixture.trigger(admission, 'w1', first!);
    const stop = new AbortController();
    const stopped = admission.enter('eu-1', stop.signal);
    const behind = fixture.trigger(admission, 'w1', second!);
    stop.abort(new Error('shutting down'));
    await expect(stopped).rejects.toThrow('shutting down');
    await expect(admission.enter('eu-1', stop.signal)).rejects.toThrow('shutting down');
    await fixture.finish(1);
    await behind;
    expect(admission.waiting).toBe(0);
  });

  it('asks nothing of whoever wants in where there is no limit', async () => {
    const fixture = new AdmissionFixture();
    const admission = await fixture.admission('w1', null);
    await Promise.all([1, 2, 3].map(() => admission.enter('eu-1', never())));
    expect(admission.why('eu-1')).toBeNull();
    await Promise.all([1, 2, 3].map(() => UNLIMITED_ADMISSION.enter('eu-1', never())));
    expect(UNLIMITED_ADMISSION.why('eu-1')).toBeNull();
  });
});

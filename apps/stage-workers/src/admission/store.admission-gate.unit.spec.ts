import { Fleet, settled } from '../store/testing/fleet';
import { OPEN_GATE } from './admission-gate.port';
import type { CoreLimits } from './core-limits';
import { StoreAdmissionGate } from './store.admission-gate';

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
const open: StoreAdmissionGate[] = [];
afterEach(() => {
  open.splice(0).forEach((gate) => gate.onApplicationShutdown());
  jest.restoreAllMocks();
});

class Stand {
  readonly fleet = new Fleet();
  readonly requestedAt: number[] = [];
  readonly underWay: string[] = [];
  most = 0;
  private beats = 0;

  gate(worker: string, limits: CoreLimits | null = AGREED, monotonic = this.fleet.monotonic) {
    const gate = new StoreAdmissionGate(this.fleet.store, {
      limitsOf: () => limits,
      worker,
      tickMs: 1,
      onBeat: () => (this.beats += 1),
      monotonic,
      onError: (error) => expect(error).toBeUndefined(),
    });
    open.push(gate);
    gate.onApplicationBootstrap();
    return gate;
  }

  /** What the upgrade stage does with one instance. */
  async trigger(gate: StoreAdmissionGate, worker: string, instanceId: string): Promise<void> {
    await gate.enter('eu-1', never());
    await this.fleet.goOn(instanceId, 'DeploymentRequested', worker);
    this.requestedAt.push(this.fleet.now());
    this.underWay.push(instanceId);
    this.most = Math.max(this.most, this.underWay.length);
  }

  /** Every gate has looked again and nobody else got in. */
  async quiet(count = () => this.requestedAt.length): Promise<void> {
    for (let before = -1; before !== count();) {
      before = count();
      const enough = this.beats + 2 * open.length;
      while (this.beats < enough) await settled(1);
      await settled();
    }
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

describe('the admission gate', () => {
  it('lets a thousand through without ever being over what was agreed', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1');
    const waiting = await stand.fleet.joinMany(1_000, 'UpgradePending');
    const all = Promise.all(waiting.map((id) => stand.trigger(gate, 'w1', id)));
    for (let n = 0; stand.requestedAt.length < 1_000 && n < 400; n++) {
      await stand.quiet();
      if (n % 2 === 0) await stand.finish(12);
      stand.fleet.pass(5 * MINUTE);
    }
    await all;
    expect(stand.most).toBe(CAP);
    expect(stand.mostInAnHour()).toBeLessThanOrEqual(60 + 20);
    expect(gate.waiting).toBe(0);
  }, 60_000);

  it('is first come first served', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1', { ...AGREED, buildsInFlight: 1 });
    const order: string[] = [];
    const waiting = await stand.fleet.joinMany(5, 'UpgradePending');
    for (const id of waiting) void stand.trigger(gate, 'w1', id).then(() => order.push(id));
    for (const _ of waiting) {
      await stand.quiet(() => order.length);
      await stand.finish(1);
    }
    await stand.quiet(() => order.length);
    expect(order).toEqual(waiting);
  });

  it.each([
    ['builds', { ...AGREED, triggersPerHour: 0 }],
    ['triggers', { ...AGREED, buildsInFlight: 0 }],
  ])('is at most one of its %s over per process when several race', async (_words, limits) => {
    const stand = new Stand();
    const workers = ['w1', 'w2', 'w3'].map((name) => ({ name, gate: stand.gate(name, limits) }));
    const waiting = await stand.fleet.joinMany(150, 'UpgradePending');
    waiting.forEach((id, n) => {
      const { name, gate } = workers[n % 3]!;
      void stand.trigger(gate, name, id);
    });
    await stand.quiet();
    expect(stand.most).toBeGreaterThanOrEqual(CAP);
    expect(stand.most).toBeLessThanOrEqual(CAP + workers.length);
    expect(stand.mostInASecond()).toBeLessThanOrEqual(2 * CAP);
  });

  it('keeps its counts when it is started again in mid-way', async () => {
    const stand = new Stand();
    const first = stand.gate('w1');
    const waiting = await stand.fleet.joinMany(60, 'UpgradePending');
    for (const id of waiting.slice(0, 30)) void stand.trigger(first, 'w1', id);
    await stand.quiet();
    first.onApplicationShutdown();
    const second = stand.gate('w2');
    await stand.finish(5);
    for (const id of waiting.slice(30)) void stand.trigger(second, 'w2', id);
    await stand.quiet();
    expect(stand.requestedAt).toHaveLength(20);
    expect(second.why('eu-1')).toBe('trigger-rate');
    stand.fleet.pass(5 * MINUTE);
    await stand.quiet();
    expect(stand.requestedAt).toHaveLength(25);
    expect(second.why('eu-1')).toBe('builds-in-flight');
  });

  it.each([2 * HOUR, -2 * HOUR])(
    'is not opened by a clock of this machine that jumps %d ms',
    async (jump) => {
      const stand = new Stand();
      jest.spyOn(Date, 'now').mockImplementation(() => stand.fleet.now() + jump);
      const gate = stand.gate('w1', { ...AGREED, triggerBurst: 2 });
      const waiting = await stand.fleet.joinMany(5, 'UpgradePending');
      for (const id of waiting) void stand.trigger(gate, 'w1', id);
      await stand.quiet();
      expect(stand.requestedAt).toHaveLength(2);
      stand.fleet.pass(MINUTE);
      await stand.quiet();
      expect(stand.requestedAt).toHaveLength(3);
    },
  );

  it('lets nobody in before it has read the whole store', async () => {
    const stand = new Stand();
    const [id] = await stand.fleet.joinMany(1, 'UpgradePending');
    const gate = new StoreAdmissionGate(stand.fleet.store, {
      limitsOf: () => AGREED,
      worker: 'w1',
      onError: () => undefined,
    });
    open.push(gate);
    void stand.trigger(gate, 'w1', id!);
    await settled();
    expect(stand.requestedAt).toEqual([]);
    expect(gate.readiness()).toBe('has not read the whole store yet');
    gate.onApplicationBootstrap();
    await settled();
    expect(stand.requestedAt).toHaveLength(1);
    expect(gate.readiness()).toBeUndefined();
  });

  it('waits for the event of whoever it let in, for half a minute at most', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1');
    let entered = 0;
    const enter = () => void gate.enter('eu-1', never()).then(() => (entered += 1));
    [1, 2, 3].forEach(enter);
    await stand.quiet(() => entered);
    expect(entered).toBe(1);
    stand.fleet.pass(30_000);
    await stand.quiet(() => entered);
    expect(entered).toBe(2);
    gate.giveBack('eu-1');
    await stand.quiet(() => entered);
    expect(entered).toBe(3);
  });

  it('does not take a repeated call of one upgrade for the entry of another', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1');
    const [calling] = await stand.fleet.joinMany(1, 'UpgradePending');
    await stand.trigger(gate, 'w1', calling!);
    let entered = 0;
    for (const _ of [1, 2]) void gate.enter('eu-1', never()).then(() => (entered += 1));
    await stand.quiet(() => entered);
    const call = { upgradeId: 'u', attempt: 1, marker: 'm', bulkId: null, worker: 'w1' };
    await stand.fleet.append(calling!, {
      type: 'DeploymentRequested',
      data: { ...call, callNo: 2 },
    });
    await stand.quiet(() => entered);
    expect(entered).toBe(1);
  });

  it('lets those go who are asked to stop, with the reason, and nobody behind them suffers', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1', { ...AGREED, buildsInFlight: 1 });
    const [first, second] = await stand.fleet.joinMany(2, 'UpgradePending');
    await stand.trigger(gate, 'w1', first!);
    const stop = new AbortController();
    const stopped = gate.enter('eu-1', stop.signal);
    const behind = stand.trigger(gate, 'w1', second!);
    stop.abort(new Error('shutting down'));
    await expect(stopped).rejects.toThrow('shutting down');
    await expect(gate.enter('eu-1', stop.signal)).rejects.toThrow('shutting down');
    await stand.finish(1);
    await behind;
    expect(gate.waiting).toBe(0);
  });

  it('asks nothing of whoever wants in where there is no limit', async () => {
    const stand = new Stand();
    const gate = stand.gate('w1', null);
    await Promise.all([1, 2, 3].map(() => gate.enter('eu-1', never())));
    expect(gate.why('eu-1')).toBeNull();
    await Promise.all([1, 2, 3].map(() => OPEN_GATE.enter('eu-1', never())));
    expect(OPEN_GATE.why('eu-1')).toBeNull();
  });
});

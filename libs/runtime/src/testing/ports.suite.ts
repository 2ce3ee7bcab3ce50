import type { Clock } from '../time/clock';
import type { Randomness } from '../time/randomness';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets `ms` milliseconds of the clock pass. */
  readonly pass: (ms: number) => Promise<void>;
}

/** What every clock does. */
export function clockSuite(name: string, open: () => ClockUnderTest): void {
  describe(name, () => {
    it('runs a timer once its time has come, and not before', async () => {
      const { clock, pass } = open();
      const startedAt = clock.monotonic();
      let ranAt: number | undefined;
      clock.after(20, () => (ranAt = clock.monotonic()));
      expect(ranAt).toBeUndefined();
      await pass(40);
      expect(ranAt).toBeGreaterThanOrEqual(startedAt + 19);
    });

    it('runs timers in the order of their times', async () => {
      const { clock, pass } = open();
      const order: number[] = [];
      for (const ms of [30, 1, 15]) clock.after(ms, () => order.push(ms));
      await pass(60);
      expect(order).toEqual([1, 15, 30]);
    });

    it('does not run a timer that was called off', async () => {
      const { clock, pass } = open();
      let ran = 0;
      const cancel = clock.after(5, () => (ran += 1));
      cancel();
      await pass(20);
      cancel();
      expect(ran).toBe(0);
    });

    it('ends a pause at its time', async () => {
      const { clock, pass } = open();
      const paused = clock.pause(10, new AbortController().signal);
      await pass(30);
      await expect(paused).resolves.toBeUndefined();
    });

    it('ends a pause at once with the reason of the signal', async () => {
      const { clock } = open();
      const abort = new AbortController();
      const paused = clock.pause(60_000, abort.signal);
      abort.abort(new Error('stopping'));
      await expect(paused).rejects.toThrow('stopping');
      await expect(clock.pause(60_000, abort.signal)).rejects.toThrow('stopping');
    });

    it('repeats until it is called off', async () => {
      const { clock, pass } = open();
      let runs = 0;
      const calledOff = new Promise<void>((resolve) => {
        const cancel = clock.every(5, () => {
          runs += 1;
          if (runs < 3) return;
          cancel();
          resolve();
        });
      });
      await Promise.all([pass(60), calledOff]);
      await pass(20);
      expect(runs).toBe(3);
    });

    it('idles without rejecting', async () => {
      const { clock } = open();
      const abort = new AbortController();
      const idle = clock.idle(60_000, abort.signal);
      abort.abort('enough');
      await expect(idle).resolves.toBeUndefined();
    });
  });
}

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What every source of chance does. */
export function randomnessSuite(name: string, open: () => Randomness): void {
  describe(name, () => {
    it('gives fractions from 0 to less than 1, spread out', () => {
      const randomness = open();
      const found = Array.from({ length: 1_000 }, () => randomness.fraction());
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...found)).toBeLessThan(1);
      expect(new Set(found.map((fraction) => Math.floor(fraction * 10))).size).toBe(10);
    });

    it('gives UUIDs of version 4 that differ', () => {
      const randomness = open();
      const found = Array.from({ length: 100 }, () => randomness.uuid());
      expect(found.filter((uuid) => !UUID_4.test(uuid))).toEqual([]);
      expect(new Set(found).size).toBe(100);
    });
  });
}

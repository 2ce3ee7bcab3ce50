import { VirtualClock } from '../testing';
import { systemClock } from '../time/clock';
import type { ReadinessCheck } from './health';
import { beatWhile, Health } from './health';

describe('readiness', () => {
  it('waits for the start and ends with the stop', async () => {
    const health = new Health(systemClock);
    expect(health.startup().ok).toBe(false);
    expect(await health.readiness()).toEqual({ ok: false, reasons: { process: 'starting' } });
    health.markStarted();
    expect(health.startup().ok).toBe(true);
    expect(await health.readiness()).toEqual({ ok: true, reasons: {} });
    health.markStopping();
    health.markStarted();
    expect(await health.readiness()).toEqual({ ok: false, reasons: { process: 'stopping' } });
  });

  it('names each failing check with its reason', async () => {
    const health = new Health(systemClock, { checkTimeoutMs: 5 });
    health.markStarted();
    health.addReadiness('store', () => undefined);
    let isWell = false;
    const ifIll = (check: ReadinessCheck) => () => (isWell ? undefined : check());
    health.addReadiness(
      'bus',
      ifIll(() => 'stream missing'),
    );
    health.addReadiness(
      'database',
      ifIll(() => Promise.reject(new Error('refused'))),
    );
    health.addReadiness(
      'lagoon',
      ifIll(() => new Promise<undefined>(() => undefined)),
    );
    expect(await health.readiness()).toEqual({
      ok: false,
      reasons: { bus: 'stream missing', database: 'refused', lagoon: 'no answer within 5 ms' },
    });
    isWell = true;
    expect((await health.readiness()).ok).toBe(true);
  });
});

describe('what is told', () => {
  it('holds no secret, whoever shows it', async () => {
    const health = new Health(systemClock);
    health.markStarted();
    health.addReadiness('bus', () => 'nats://me:hunter2@host is away');
    health.addReadiness('store', () => Promise.reject(new Error('esdb://me:hunter2@host?')));
    health.addDegradation('database', () => 'postgres://me:hunter2@host');
    expect(await health.readiness()).toEqual({
      ok: false,
      reasons: { bus: 'nats://[redacted]@host is away', store: 'esdb://[redacted]@host?' },
      degraded: { database: 'postgres://[redacted]@host' },
    });
  });
});

describe('what is degraded', () => {
  it('is told by name and changes no readiness', async () => {
    const health = new Health(systemClock, { checkTimeoutMs: 5 });
    health.markStarted();
    health.addDegradation('bus', () => 'not connected');
    health.addDegradation('store', () => undefined);
    expect(await health.readiness()).toEqual({
      ok: true,
      reasons: {},
      degraded: { bus: 'not connected' },
    });
    health.addReadiness('event store', () => 'away');
    expect(await health.readiness()).toMatchObject({
      ok: false,
      degraded: { bus: 'not connected' },
    });
  });
});

describe('liveness', () => {
  it('needs a beat of every loop within a minute', async () => {
    const clock = new VirtualClock();
    const health = new Health(clock);
    const beat = health.loop('pull');
    await clock.advance(120_000);
    expect(health.liveness()).toEqual({ ok: true, reasons: {} });
    health.markStarted();
    await clock.advance(59_999);
    expect(health.liveness()).toEqual({ ok: true, reasons: {} });
    await clock.advance(1);
    expect(health.liveness()).toEqual({
      ok: false,
      reasons: { pull: 'no beat for 60000 ms' },
    });
    beat();
    expect(health.liveness().ok).toBe(true);
  });

  it('does not wait for a loop that ended', async () => {
    const clock = new VirtualClock();
    const health = new Health(clock);
    health.markStarted();
    health.loop('catch-up');
    health.endLoop('catch-up');
    await clock.advance(120_000);
    expect(health.liveness().ok).toBe(true);
  });

  it('is not asked of a process that is stopping', async () => {
    const clock = new VirtualClock();
    const health = new Health(clock);
    health.markStarted();
    health.loop('pull');
    health.markStopping();
    await clock.advance(120_000);
    expect(health.liveness().ok).toBe(true);
  });

  it('does not count time in which no loop could beat', async () => {
    const clock = new VirtualClock();
    const health = new Health(clock);
    health.markStarted();
    health.loop('pull');
    await clock.advance(600_000);
    health.excuse(595_000);
    expect(health.liveness().ok).toBe(true);
    await clock.advance(55_000);
    expect(health.liveness().ok).toBe(false);
  });
});

describe('beatWhile', () => {
  it('beats for as long as the wait lasts, and no longer', async () => {
    const clock = new VirtualClock();
    const beats: number[] = [];
    const onBeat = () => void beats.push(clock.monotonic());
    const waited = beatWhile(clock.pause(2_500), { clock, onBeat });
    await clock.advance(2_500);
    await waited;
    await clock.advance(60_000);
    expect(beats).toEqual([0, 1_000, 2_000, 2_500]);
  });

  it('ends with the error of the wait', async () => {
    const clock = new VirtualClock();
    const waited = beatWhile(Promise.reject(new Error('away')), { clock, onBeat: () => undefined });
    await expect(waited).rejects.toThrow('away');
    expect(clock.nextAt).toBeUndefined();
  });
});

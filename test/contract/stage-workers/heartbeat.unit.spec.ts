import { Logger } from '@nestjs/common';
import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import { HEARTBEAT_SUBJECT } from '@uplift/contracts';
import { Health, Metrics } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { WatchdogWatch } from '../../../apps/command-api/src/system/watchdog-watch';
import { HeartbeatEndpoint } from '../../../apps/stage-workers/src/stages/watchdog/heartbeat.endpoint';
import { SkewedClock } from '../../../apps/stage-workers/src/testing/fast.clock';
import type { LookAtConsumer } from '../../../apps/stage-workers/src/stages/watchdog/stage-queues';
import {
  LIMITS,
  MINUTE,
  WatchedFleet,
} from '../../../apps/stage-workers/src/testing/watched-fleet';

const HANGS: LookAtConsumer = () => new Promise(() => undefined);

/** Watchdogs and a command API on one bus. */
class Watched extends WatchedFleet {
  readonly bus = new InMemoryBus({
    clock: this.fleet.clock,
    randomness: new SeededRandomness(1),
  });
  readonly health = new Health(this.fleet.clock);
  readonly metrics = new Metrics('command-api');
  private readonly watching = new WatchdogWatch(
    new InMemoryBusConnection(this.bus, 'command-api'),
    this.fleet.clock,
    this.health,
    this.metrics,
  );

  begin(): void {
    this.health.markStarted();
    this.watching.onApplicationBootstrap();
  }

  async end(): Promise<void> {
    await this.watching.beforeApplicationShutdown();
    this.stop();
  }

  /** Returns the function that ends it for good. */
  start(options: Parameters<WatchedFleet['watch']>[0] = {}): () => void {
    const connection = new InMemoryBusConnection(this.bus, 'watchdog');
    const watchdog = this.watch({ intervalMs: 1_000, ...options });
    new HeartbeatEndpoint(connection, watchdog, (error) => {
      throw error;
    }).onApplicationBootstrap();
    return () => {
      watchdog.onApplicationShutdown();
      connection.vanish();
    };
  }

  async passBySeconds(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) await this.pass(1_000);
  }

  /** As measured, in seconds. */
  async silence(): Promise<number> {
    const { body } = await this.metrics.render();
    return Number(/^uplift_watchdog_silence_seconds (\S+)$/m.exec(body)?.[1]);
  }

  /** What the health page says; it is ready and alive whatever that is. */
  async told(): Promise<string | undefined> {
    const { ok, degraded } = await this.health.readiness();
    expect({ isReady: ok, isAlive: this.health.liveness().ok }).toEqual({
      isReady: true,
      isAlive: true,
    });
    return degraded?.watchdog;
  }
}

describe('the command API, which watches the watchdog', () => {
  let watched: Watched;
  let warned: jest.SpyInstance;

  beforeEach(() => {
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    watched = new Watched();
    watched.begin();
  });
  afterEach(async () => {
    await watched.end();
    jest.restoreAllMocks();
  });

  it('says nothing while one is at work, also when nothing happens', async () => {
    watched.start();

    for (let n = 0; n < 10; n += 1) {
      await watched.passBySeconds(MINUTE);
      expect(await watched.told()).toBeUndefined();
    }
  });

  it('says within a minute that none is running, and no more once there is one', async () => {
    const end = watched.start();
    await watched.passBySeconds(MINUTE);
    end();

    await watched.passBySeconds(MINUTE);
    expect(await watched.told()).toMatch(
      /^no watchdog was heard of for \d+ s.*none is running, or none of this version$/,
    );
    expect(warned).toHaveBeenCalledTimes(1);
    expect(await watched.silence()).toBeGreaterThan(45);

    watched.start();
    await watched.passBySeconds(10_000);
    expect(await watched.told()).toBeUndefined();
    expect(await watched.silence()).toBeLessThan(45);
  });

  it('says within a minute that its loop stands still although the process answers', async () => {
    watched.start({ lookAt: HANGS });
    await watched.passBySeconds(MINUTE);
    expect(await watched.told()).toBeUndefined();

    await watched.fleet.join('UpgradeRequested');
    await watched.passBySeconds(LIMITS.pending + MINUTE);

    expect(await watched.told()).toMatch(/its loop stands still$/);
  });

  it('is content with one of two', async () => {
    const end = watched.start();
    watched.start();
    await watched.passBySeconds(MINUTE);
    end();

    await watched.passBySeconds(5 * MINUTE);

    expect(await watched.told()).toBeUndefined();
  });

  it('says why one that runs enforces no deadline', async () => {
    const { fleet } = watched;
    watched.start({ clock: new SkewedClock(fleet.clock, 10 * MINUTE) });
    await fleet.join('UpgradeRequested');

    await watched.passBySeconds(MINUTE);

    expect(await watched.told()).toMatch(/own clock and store clock differ by \d+ ms$/);
  });

  it.each([
    '',
    'null',
    '{}',
    '{"ageMs":"1","idleBecause":null}',
    '{"ageMs":-1,"idleBecause":null}',
  ])('takes %j for no heartbeat', async (text) => {
    await new InMemoryBusConnection(watched.bus, 'somebody').serve({
      ...{ name: 'somebody', version: '1.0.0' },
      endpoints: [
        {
          ...{ name: 'heartbeat', subject: HEARTBEAT_SUBJECT, metadata: {} },
          onRequest: (request) => request.respond({ headers: {}, payload: Buffer.from(text) }),
        },
      ],
    });

    await watched.passBySeconds(MINUTE);

    expect(await watched.told()).toMatch(/its answer cannot be read$/);
  });

  it('does not know while the bus is away, and says so', async () => {
    watched.start();
    await watched.passBySeconds(MINUTE);
    watched.bus.stop();

    await watched.passBySeconds(MINUTE);
    expect(await watched.told()).toMatch(/the bus is away$/);

    watched.bus.start();
    await watched.passBySeconds(10_000);
    expect(await watched.told()).toBeUndefined();
  });
});

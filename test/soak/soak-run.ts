import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InstanceHistory } from '@uplift/event-store';
import { growHistory } from '@uplift/event-store/testing';
import { findingsOf } from '../history/findings';
import type { Finding } from '../history/run-history';
import { readRun } from '../rig/run-reader';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import { RunningUplift } from '../support/running-uplift';
import { systemClock } from '@uplift/runtime';
import { acknowledged } from '../support/uplift-client';
import { collecting } from './collect-on-signal';
import { ProcessSamples } from './process-samples';
import type { SoakOptions } from './soak.options';
import { SteadyLoad } from './steady-load';
import type { SoakMinute } from './verdict';

export interface SoakResult {
  readonly minutes: readonly SoakMinute[];
  readonly upgrades: number;
  readonly findings: readonly Finding[];
}

const MINUTE_MS = 60_000;
const SAMPLES_PER_MINUTE = 12;
/** A build takes seconds. */
const CLOCK_SPEED = 60;
const BUILD_SECONDS = 60;
const SETTINGS = { UPLIFT_POLL_INTERVAL_MS: '1000', UPLIFT_WATCHDOG_INTERVAL_MS: '1000' };
const PLACED_AT_ONCE = 40;
const AS_COMMAND_API = { snapshotEvery: 64, clock: systemClock };
const NO_LAG = { relay: 0, projector: 0 };
const MOST_LAG_SECONDS = 0.5;
const FOLLOW_MS = 500;
const END_LIMIT_MS = 120_000;

/** Runs the load, tells of each minute as it ends, and looks at last at everything that is left. */
export async function runSoak(
  options: SoakOptions,
  signal: AbortSignal,
  tell: (n: number, minute: SoakMinute) => void,
): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), 'uplift-soak-'));
  const env = { ...SETTINGS, ...collecting(folder) };
  const uplift = await RunningUplift.start({ clockSpeed: CLOCK_SPEED, env });
  try {
    const soak = await Soak.begin({ uplift, folder, signal }, options);
    const minutes = await soak.run(options, signal, tell);
    const findings = await soak.end();
    return { minutes, findings, upgrades: soak.upgrades };
  } finally {
    await uplift.stop();
    await rm(folder, { recursive: true });
  }
}

interface Begun {
  readonly uplift: RunningUplift;
  /** Where services write down what they hold. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

class Soak {
  private readonly samples: ProcessSamples;
  private readonly lags = { ...NO_LAG };

  private constructor(
    private readonly uplift: RunningUplift,
    private readonly load: SteadyLoad,
    folder: string,
  ) {
    const { stack } = uplift;
    const services = new Set(stack.runningServices.map(({ name }) => name));
    const watched = () =>
      stack.parts.map(({ name, pid }) => ({ name, pid, isService: services.has(name) }));
    this.samples = new ProcessSamples(watched, folder);
  }

  static async begin(
    { uplift, folder, signal }: Begun,
    { instances, beginWith }: SoakOptions,
  ): Promise<Soak> {
    const fleet = makeFleet(instances).map((each) => ({ ...each, buildSeconds: BUILD_SECONDS }));
    // It would keep every event in memory.
    await uplift.log.close();
    await place(uplift, fleet, { toLength: beginWith, signal });
    const soak = new Soak(uplift, new SteadyLoad(uplift, fleet), folder);
    await soak.untilAllFollow(signal);
    void soak.load.follow(await uplift.store.lastPosition());
    return soak;
  }

  get upgrades(): number {
    return this.load.operations.length;
  }

  async run(
    { minutes, rate }: SoakOptions,
    signal: AbortSignal,
    tell: (n: number, minute: SoakMinute) => void,
  ): Promise<readonly SoakMinute[]> {
    const over = new AbortController();
    const loading = this.load.run(rate, AbortSignal.any([signal, over.signal]));
    const told: SoakMinute[] = [];
    while (told.length < minutes && !signal.aborted) {
      await this.watchFor(MINUTE_MS, signal);
      if (signal.aborted) break;
      const minute = this.minute();
      told.push(minute);
      tell(told.length, minute);
    }
    over.abort();
    await loading;
    return told;
  }

  /** Every upgrade has ended, or had time enough to; then all is read that is left. */
  async end(): Promise<readonly Finding[]> {
    const { uplift, load } = this;
    for (let waited = 0; load.inFlight > 0 && waited < END_LIMIT_MS; waited += 250)
      await pause(250);
    load.close();
    await uplift.readModelCaughtUp();
    const { store, bus, lagoon, stack } = uplift;
    const databaseUrl = stack.url('postgres');
    const left = { store, bus, lagoon, databaseUrl, restores: [], seenAt: new Map() };
    return findingsOf(await readRun(left, load.operations), {});
  }

  /** What the histories have left to do for relay and projector is no part of the load. */
  private async untilAllFollow(signal: AbortSignal): Promise<void> {
    const { lags } = this;
    for (let doFollow = false; !doFollow && !signal.aborted; await pause(FOLLOW_MS)) {
      Object.assign(lags, NO_LAG);
      await this.lookAtLags();
      // A lag that is not told is no number, and none that is small.
      doFollow = lags.relay <= MOST_LAG_SECONDS && lags.projector <= MOST_LAG_SECONDS;
    }
    Object.assign(lags, NO_LAG);
  }

  private async watchFor(ms: number, signal: AbortSignal): Promise<void> {
    const endAt = performance.now() + ms;
    while (performance.now() < endAt && !signal.aborted) {
      this.samples.look();
      await this.lookAtLags();
      const left = endAt - performance.now();
      const next = Math.max(0, Math.min(left, ms / SAMPLES_PER_MINUTE));
      await pause(next, undefined, { signal }).catch(() => undefined);
    }
  }

  private minute(): SoakMinute {
    const { relay, projector } = this.lags;
    Object.assign(this.lags, NO_LAG);
    return {
      ...this.load.minute(),
      ...{ relayLag: relay, projectorLag: projector, load: loadavg()[0] ?? 0 },
      processes: this.samples.minute(),
    };
  }

  private async lookAtLags(): Promise<void> {
    const { lags } = this;
    lags.relay = Math.max(lags.relay, await this.metric('relay', 'relay_lag_seconds'));
    const projector = await this.metric('projector', 'projection_lag_seconds');
    lags.projector = Math.max(lags.projector, projector);
  }

  private async metric(service: string, name: string): Promise<number> {
    const port = this.uplift.stack.service(service).port('health');
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const found = new RegExp(`^uplift_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(
      await answer.text(),
    );
    return Number(found?.[1] ?? NaN);
  }
}

/** Each with as many events as it is to begin with: those behind its registration are written straight into the store. */
async function place(
  uplift: RunningUplift,
  fleet: readonly FleetInstance[],
  { toLength, signal }: { readonly toLength: number; readonly signal: AbortSignal },
): Promise<void> {
  const history = new InstanceHistory(uplift.store, 'command-api', AS_COMMAND_API);
  const grow = ({ instanceId }: FleetInstance) =>
    growHistory(history, instanceId, { toLength, signal, reportsAtOnce: 1 });
  for (let from = 0; from < fleet.length && !signal.aborted; from += PLACED_AT_ONCE) {
    const some = fleet.slice(from, from + PLACED_AT_ONCE);
    await uplift.lagoon.place(some);
    await acknowledged(() => uplift.client.registerAll(some));
    await Promise.all(some.map(grow));
  }
}

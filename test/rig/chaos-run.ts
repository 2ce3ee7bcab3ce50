import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findingsOf } from '../history/findings';
import type { Finding, RunHistory } from '../history/run-history';
import type { FaultKind, PlannedFault } from './fault-plan';
import { Load } from './load';
import type { LoadOptions } from './load';
import type { CarriedOut } from './nemesis';
import { Nemesis } from './nemesis';
import type { RigOptions } from './rig';
import { Rig } from './rig';
import { readRun } from './run-reader';

export interface ChaosOptions extends LoadOptions, RigOptions {
  readonly forMs: number;
  readonly plan: readonly PlannedFault[];
  /** A fault that is held up by others until then is left out; absent: the run takes as long as it takes. */
  readonly lastFaultMs?: number;
  /** Ends the run, and all that it started. */
  readonly signal?: AbortSignal;
  /** Told as it happens. */
  readonly say?: (line: string) => void;
}

export interface ChaosResult {
  readonly faults: readonly TimedFault[];
  readonly findings: readonly Finding[];
  readonly history: RunHistory;
  readonly queries: Load['queries'];
  /** Milliseconds from the last fault's end, or the load's, until nothing was under way any more. */
  readonly quietMs: number;
  /** When the load began, of `performance.now()`. */
  readonly startedAt: number;
}

export interface TimedFault extends CarriedOut {
  /** From its end until an upgrade went on; null if none did. */
  readonly progressMs: number | null;
  /** From its end until every service was ready; other faults may have been under way. */
  readonly readyMs: number | null;
}

/** An upgrade with a script, a build and a health check takes some seconds of this. */
const QUIET_LIMIT_MS = 180_000;
const LOOK_MS = 500;
/** Windows are longer than any fault lasts; the shortest deadline is five minutes, and a minute later all is told. */
const LIMITS = { landsInTime: true, silenceMs: 360_000 };

/** Stays until somebody removes it. PostgreSQL, which runs under an account of its own, has to get through. */
export async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'uplift-chaos-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Upgrades under load and faults, then peace, then the check of everything that is left. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { say = () => undefined, signal = new AbortController().signal } = options;
  const rig = await Rig.start(options);
  try {
    say('everything runs');
    return await Promise.race([new ChaosRun(rig, options, say).run(), abortOf(signal)]);
  } finally {
    await rig.stop();
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('The run was stopped'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

class ChaosRun {
  /** Moments at which every service was ready. */
  private readonly readyAt: number[] = [];
  private readonly load: Load;
  private readonly nemesis: Nemesis;
  private notReady: readonly string[] = [];

  constructor(
    private readonly rig: Rig,
    private readonly options: ChaosOptions,
    private readonly say: (line: string) => void,
  ) {
    this.load = new Load(rig, options);
    this.nemesis = new Nemesis(rig, () => this.load.instances);
  }

  async run(): Promise<ChaosResult> {
    const watching = new AbortController();
    const watched = this.watchReadiness(watching.signal);
    await this.load.prepare();
    this.say('instances are registered, the load begins');
    const startedAt = performance.now();
    this.load.start();
    const { plan, forMs, lastFaultMs = Infinity } = this.options;
    await Promise.all([this.nemesis.run(plan, lastFaultMs), pause(forMs)]);
    this.say('the load ends: waiting for the end of what is under way');
    const endedAt = performance.now();
    await this.load.stop();
    const noise = await this.untilQuiet();
    const quietMs = performance.now() - endedAt;
    this.say('reading what is left');
    const history = await readRun(this.rig, this.load.operations);
    watching.abort();
    await watched;
    const found = findingsOf(history, LIMITS);
    const findings = [...found, ...noise, ...this.unhealed(), ...this.empty()];
    const { queries } = this.load;
    return { faults: this.timed(), findings, history, queries, quietMs, startedAt };
  }

  private async watchReadiness(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.notReady = await this.rig.notReady();
      if (this.notReady.length === 0) this.readyAt.push(performance.now());
      await pause(LOOK_MS);
    }
  }

  /** What is still under way after the longest time that anybody should have to wait. */
  private async untilQuiet(): Promise<readonly Finding[]> {
    const deadline = performance.now() + QUIET_LIMIT_MS;
    let noise = await this.noise();
    while (noise.length > 0 && performance.now() < deadline) {
      await pause(LOOK_MS);
      noise = await this.noise();
    }
    return noise;
  }

  private async noise(): Promise<readonly Finding[]> {
    const { rig, load } = this;
    const promise = 'I-20';
    const under = rig.log.inFlight(load.instances).map((subject) => {
      const types = rig.log.typesOf(subject).slice(-4);
      return { promise, subject, what: `its upgrade has not ended: … ${types.join(', ')}` };
    });
    if (under.length > 0) return under;
    const services = this.notReady.map((what) => ({ promise, subject: 'service', what }));
    if (services.length > 0) return services;
    const behind = await this.behind().catch(String);
    return behind === null ? [] : [{ promise, subject: 'copies of the store', what: behind }];
  }

  /** Which copy of the store does not have all of it; null if all have. */
  private async behind(): Promise<string | null> {
    const { store, rows, bus = [] } = await readRun(this.rig, []);
    const newest = store.at(-1)?.position;
    const copies = {
      'the observer': this.rig.log.events.at(-1)?.position,
      'the read model': rows?.checkpoint,
      'the bus': bus.at(-1)?.position,
    };
    const behind = Object.entries(copies).find(([, position]) => position !== newest);
    return behind ? `${behind[0]} is at ${behind[1]} of ${newest}` : null;
  }

  private unhealed(): Finding[] {
    return this.nemesis.done.flatMap(({ fault, error }) =>
      error === null
        ? []
        : [{ promise: 'rig', subject: `${fault.kind} ${fault.target}`, what: error }],
    );
  }

  /** A kind that met no upgrade in flight, or a run without faults and commands, proves nothing. */
  private empty(): Finding[] {
    const { plan } = this.options;
    const { done } = this.nemesis;
    const met = new Set(done.filter(({ inFlight }) => inFlight.length > 0).map(kindOf));
    const missed = [...new Set(plan.map(({ kind }) => kind))].filter((kind) => !met.has(kind));
    const isAnswered = this.load.operations.some(({ answer }) => answer.kind === 'accepted');
    return [
      ...missed.map((kind) => `${kind} met no upgrade in flight`),
      ...(plan.length === 0 ? ['no fault was planned'] : []),
      ...(isAnswered ? [] : ['no command was accepted']),
    ].map((what) => ({ promise: 'rig', subject: 'empty run', what }));
  }

  private timed(): TimedFault[] {
    return this.nemesis.done.map((fault) => ({
      ...fault,
      progressMs: firstAfter(this.rig.progress, fault.healedAt),
      readyMs: firstAfter(this.readyAt, fault.healedAt),
    }));
  }
}

function kindOf({ fault }: CarriedOut): FaultKind {
  return fault.kind;
}

function firstAfter(moments: readonly number[], from: number | null): number | null {
  if (from === null) return null;
  const first = moments.find((each) => each >= from);
  return first === undefined ? null : first - from;
}

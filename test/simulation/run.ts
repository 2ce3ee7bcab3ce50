import type { StoredEvent } from '@uplift/contracts';
import { decodeEvent, decodeRelayProof, splitStreamName } from '@uplift/contracts';
import { SeededRandomness } from '@uplift/runtime/testing';
import { INSTANCES } from '../../apps/projector/src/read-model/read-model.tables';
import { findingsOf } from '../history/findings';
import type {
  BusRecord,
  Finding,
  ReadModelRows,
  RunHistory,
  StoreRestore,
} from '../history/run-history';
import { FAULTS, NOTHING } from './faults';
import type { Copy, FaultName } from './faults';
import type { Stage } from './fleet-view';
import { FleetView, stageOf } from './fleet-view';
import { Operators } from './operators';
import type { Plan, PlannedFault } from './plan';
import { ACTIVE_MS, MOMENTS } from './plan';
import { Trace } from './trace';
import type { Slot } from './world';
import { World } from './world';

/** Milliseconds for the services to come up before anybody uses them. */
const START_MS = 2_000;
/** By when every fault is over, and operators let everything go on. */
const HEALED_MS = ACTIVE_MS + 12_000;
/** The longest attempt, and what it may take to tell. */
const QUIET_MS = 180_000;
const LOOK_MS = 2_000;
const LOSES_WITNESS: readonly FaultName[] = ['bus-wiped', 'bus-rolled-back'];

export interface RunResult {
  readonly findings: readonly Finding[];
  /** The stage of the upgrade that each fault met. */
  readonly met: readonly (readonly [FaultName, Stage])[];
  readonly checksum: string;
  readonly steps: number;
  readonly story: readonly string[];
}

/** No deadline is longer than that of a call; the watchdog looks a while later. */
const LIMITS = { landsInTime: true, silenceMs: 60_000 };

/** One run from its plan: the same plan gives the same run. */
export async function runPlan(plan: Plan, { keepsStory = false } = {}): Promise<RunResult> {
  const run = new Run(plan, keepsStory);
  await run.play();
  return run.result();
}

class Run {
  private readonly trace: Trace;
  private readonly world: World;
  private readonly fleet = new FleetView();
  private readonly operators: Operators;
  private readonly randomness: SeededRandomness;
  private readonly pending: Set<PlannedFault>;
  /** Those that came when the upgrade had left their stage: they wait for the next one that enters it. */
  private readonly missed = new Set<PlannedFault>();
  /** Steps and faults that are due at a time. */
  private toCome = 0;
  private isAtRest = false;
  private readonly begun = new Set<FaultName>();
  private readonly endings = new Set<() => void>();
  private readonly met: (readonly [FaultName, Stage])[] = [];
  private readonly restores: StoreRestore[] = [];
  private readonly forged = new Set<string>();
  private readonly seenAt = new Map<string, number>();
  private readonly forgedPayloads = new Set<Uint8Array>();

  constructor(
    private readonly plan: Plan,
    keepsStory: boolean,
  ) {
    this.trace = new Trace(keepsStory);
    this.world = new World(plan.seed, plan.layout, this.trace);
    this.trace.scheduler = this.world.scheduler;
    this.randomness = new SeededRandomness(plan.seed ^ 0x5bd1e995);
    this.operators = new Operators(this.world, this.fleet, this.randomness);
    this.pending = new Set(plan.planned.filter((each) => each.kind === 'fault'));
    this.world.onStored = (event) => this.onStored(event);
  }

  async play(): Promise<void> {
    const { world, plan } = this;
    const { scheduler } = world;
    for (const { project } of plan.instances) {
      const routes = [`https://${project}.apps.example.com`];
      world.lagoon.script.place({ project, environment: 'main' }, { routes });
    }
    world.start();
    await scheduler.runUntil(START_MS);
    for (const instance of plan.instances) this.operators.register(instance);
    for (const planned of plan.planned) {
      if (planned.kind !== 'step') continue;
      const { instanceId } = plan.instances[planned.instance]!;
      const ask = () => this.operators.ask(planned.step, instanceId);
      this.later(planned.atMs - START_MS, ask);
    }
    await this.untilQuiet(HEALED_MS);
    this.heal();
    this.isAtRest = await this.untilQuiet(scheduler.now + QUIET_MS);
  }

  /** Up to a time, or until nothing is left to happen: whether it came to that. */
  private async untilQuiet(time: number): Promise<boolean> {
    const { scheduler } = this.world;
    let seen = -1;
    while (scheduler.now < time) {
      await scheduler.runUntil(Math.min(time, scheduler.now + LOOK_MS));
      const { length } = this.fleet.events;
      if (seen === length && (await this.isQuiet())) return true;
      seen = length;
    }
    return false;
  }

  async result(): Promise<RunResult> {
    const { world, trace, met } = this;
    const history = await this.history();
    world.end();
    const findings = [
      ...findingsOf(history, LIMITS),
      ...(this.isAtRest ? [] : [this.unrest(history)]),
      ...world.standstills.map((what) => ({ promise: 'I-25', what, subject: 'loops' })),
    ];
    for (const { promise, subject, what } of findings) trace.note(`${promise} ${subject}: ${what}`);
    return {
      findings,
      met,
      checksum: trace.checksum,
      steps: world.scheduler.steps,
      story: trace.lines,
    };
  }

  private onStored(event: StoredEvent): void {
    this.fleet.add(event);
    const { id: eventId, stream, revision, type } = event;
    this.seenAt.set(eventId, this.world.scheduler.now);
    const worker = (event.metadata.actor?.id ?? '').replace('stage-workers/', '');
    this.trace.note(
      `${stream.slice(0, 13)}@${revision} ${type} by ${worker} ${event.metadata.hash}`,
    );
    const count = this.fleet.countOf(type);
    const { id } = splitStreamName(stream);
    for (const fault of this.pending) {
      if (fault.on === type && fault.nth === count) this.beginAfter(fault.delayMs, fault, id);
    }
    for (const fault of this.missed) {
      if (MOMENTS[fault.stage].includes(type)) this.beginAfter(0, fault, id);
    }
  }

  private beginAfter(delayMs: number, fault: PlannedFault, triggeredBy: string): void {
    this.pending.delete(fault);
    this.missed.delete(fault);
    this.later(delayMs, () => {
      const state = this.fleet.stateOf(triggeredBy);
      const isMet = state.kind === 'upgrading' && stageOf(state) === fault.stage;
      if (isMet) this.begin(fault, triggeredBy);
      else this.missed.add(fault);
    });
  }

  /** The run does not end before. */
  private later(ms: number, run: () => void): void {
    this.toCome += 1;
    this.world.scheduler.after(ms, () => {
      this.toCome -= 1;
      run();
    });
  }

  private begin(planned: PlannedFault, triggeredBy: string): void {
    const { world, fleet, operators, forged } = this;
    if (world.scheduler.now > ACTIVE_MS || this.leavesNoWitness(planned.fault)) return;
    this.begun.add(planned.fault);
    const hit = fleet.stateOf(triggeredBy);
    const instance = this.plan.instances.find(({ instanceId }) => instanceId === triggeredBy);
    if (hit.kind !== 'upgrading' || instance === undefined) return;
    const stage = stageOf(hit);
    const chance = new SeededRandomness(planned.seed);
    const slot = this.slotFor(stage, chance);
    this.trace.note(`fault: ${planned.fault} (${slot.name}, ${instance.project})`);
    const end = FAULTS[planned.fault]({
      ...{ world, fleet, operators, slot, forged },
      forgedPayloads: this.forgedPayloads,
      ...{ project: instance.project, instanceId: instance.instanceId },
      chance: () => chance.fraction(),
      restore: (copy) => this.restore(copy),
      later: (ms, run) => this.later(ms, run),
    });
    if (end === NOTHING) return;
    this.met.push([planned.fault, stage]);
    if (end === undefined) return;
    const ending = () => {
      if (!this.endings.delete(ending)) return;
      this.trace.note(`over: ${planned.fault} (${slot.name})`);
      end();
    };
    this.endings.add(ending);
    world.scheduler.after(planned.forMs, ending);
  }

  /**
   * A store that is put back is known by what the bus holds. Where both are put back together nobody can tell, as the
   * decision on another store says: that is no promise.
   */
  private leavesNoWitness(fault: FaultName): boolean {
    if (fault === 'store-restored') return this.begun.has('bus-rolled-back');
    return LOSES_WITNESS.includes(fault) && this.begun.has('store-restored');
  }

  /** Mostly a process that has to do with the stage. */
  private slotFor(stage: Stage, chance: SeededRandomness): Slot {
    const { slots } = this.world;
    const worker = stage === 'verify' ? 'poll-upgrade' : stage;
    const near = slots.filter(({ service }) => service === worker || service === 'all-stages');
    const from = near.length > 0 && chance.fraction() < 0.6 ? near : slots;
    return from[Math.floor(chance.fraction() * from.length)]!;
  }

  private restore(copy: Copy): void {
    const lost = copy();
    this.world.interruptStore();
    this.trace.note(`the store is an older copy: ${lost.length} events are lost`);
    this.fleet.forget(lost);
    this.restores.push({ at: this.world.scheduler.now, lost });
  }

  /** Nothing goes wrong from here on, and nobody holds anything up. */
  private heal(): void {
    this.pending.clear();
    this.missed.clear();
    for (const end of [...this.endings]) end();
    this.trace.note('everything is healed');
    if (this.restores.length > 0) this.operators.acceptStore();
    this.operators.ask('allowStarts', '');
    for (const { instanceId } of this.plan.instances) {
      this.operators.ask('unparkInstance', instanceId);
    }
  }

  private unrest({ store, bus = [], rows }: RunHistory): Finding {
    const what = `the run did not come to rest: ${store.length} events, ${bus.length} messages, rows up to ${rows?.checkpoint}, ${this.operators.open} commands without an answer`;
    return { promise: 'I-20', subject: 'the run', what };
  }

  private async isQuiet(): Promise<boolean> {
    const { world, fleet, operators, forged } = this;
    if (operators.open + this.toCome + this.endings.size > 0) return false;
    const untouched = fleet.upgrading.filter(([id]) => !this.isForged(id, forged));
    if (untouched.length > 0) return false;
    const last = fleet.events.at(-1)?.position ?? null;
    const [onBus] = busRecords(world, this.forgedPayloads).slice(-1);
    return onBus?.position === last && (await rowsOf(world)).checkpoint === last;
  }

  private isForged(instanceId: string, forged: ReadonlySet<string>): boolean {
    return this.fleet.events.some(
      ({ id, stream }) => forged.has(id) && stream === `instance-${instanceId}`,
    );
  }

  private async history(): Promise<RunHistory> {
    const { world, operators, restores, forged, seenAt } = this;
    const { events } = await world.store.readAll(null, Number.MAX_SAFE_INTEGER);
    const rows = await rowsOf(world);
    return {
      store: events,
      bus: busRecords(world, this.forgedPayloads),
      rows,
      ledger: world.ledger,
      client: operators.operations,
      ...{ restores, seenAt, forged, forgedMessages: this.forgedPayloads.size },
    };
  }
}

/** What the relay has published, in the order of the stream. */
function busRecords({ bus }: World, forged: ReadonlySet<Uint8Array>): BusRecord[] {
  const relayed = bus.contents.filter(({ payload }) => !forged.has(payload));
  return relayed.map(({ sequence, headers, payload }) => {
    const { id: eventId, stream, revision, position } = decodeEvent({ headers, payload });
    const { epoch, ordinal } = decodeRelayProof(headers);
    return { sequence, epoch, ordinal, eventId, stream, revision, position };
  });
}

async function rowsOf({ database }: World): Promise<ReadModelRows> {
  try {
    return await database.read(async (snapshot) => ({
      checkpoint: (await snapshot.checkpoint()).position,
      instances: await snapshot.page(INSTANCES, { where: {}, limit: Number.MAX_SAFE_INTEGER }),
    }));
  } catch {
    // Nobody has prepared it, or it was wiped since.
    return { checkpoint: null, instances: [] };
  }
}

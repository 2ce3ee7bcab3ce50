import { BusClient } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import type { Hop } from '@uplift/bus/testing';
import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { SingleLagoonCore } from '@uplift/lagoon';
import type { Build } from '@uplift/lagoon/testing';
import { guardedCore, InMemoryHealthProbe, InMemoryLagoon } from '@uplift/lagoon/testing';
import type { Logger, Randomness } from '@uplift/runtime';
import { JitterClock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { InMemoryReadModel } from '../../apps/projector/src/testing/in-memory.read-model';
import type { LagoonLedger, LedgerEffect } from '../history/run-history';
import { databaseThrough, lagoonThrough, ProbeConnection, StoreConnection } from './connections';
import { Line } from './line';
import { Scheduler } from './scheduler';
import type { RunningService, ServiceName } from './services';
import { startService, TIMES } from './services';
import { MachineClock, SimulatedProcess } from './simulated-process';
import type { Trace } from './trace';

export const SERVERS = ['store', 'bus', 'database', 'lagoon', 'apps'] as const;
export type ServerName = (typeof SERVERS)[number];

/** What one process holds while it lives. */
interface Incarnation {
  readonly process: SimulatedProcess;
  readonly bus: InMemoryBusConnection;
  readonly store: StoreConnection;
  readonly lines: Readonly<Record<ServerName, Line>>;
  service: RunningService | undefined;
}

/** A place where one process of a service runs, and is started again whenever it has ended. */
export interface Slot {
  readonly name: string;
  readonly service: ServiceName;
  incarnations: number;
  current: Incarnation | undefined;
  /** Of its machine: it stays when a process is started anew. */
  skewMs: number;
  /** What is wrong with the ways from there, by server. */
  readonly faults: Map<ServerName, Partial<Line['faults']>>;
  refusesPositions: boolean;
}

/** A supervisor starts what has ended again after this, in milliseconds at most. */
const RESTART_MS = 3_000;
const BEAT_CHECK_MS = 10_000;

const CLIENT_WAY_MS = 0.5;
/** How long after its time a message arrives that is late, or comes again, in milliseconds at most. */
const LATE_MS = 5_000;
const TWICE_MS = 1_000;
/** Between two messages of one connection, in milliseconds. */
const STEP_MS = 1e-6;

const WORLD = { buildSeconds: 5, taskSeconds: 2, buildSlots: 3 };
const RULES = {
  callTimeoutMs: TIMES.UPLIFT_CALL_TIMEOUT_MS,
  retryBudgetPercent: 20,
  breakerFailures: 5,
  breakerOpenMs: 3_000,
  breakerLongestMs: 10_000,
};
const SETTINGS = {
  triggersPerHour: 0,
  triggerBurst: 1,
  buildsInFlight: 0,
  platformRole: false,
  probeSuffixes: [],
};

/** Servers, processes and the ways between them, all in one virtual time. */
export class World {
  readonly scheduler: Scheduler;
  readonly store: InMemoryEventStore;
  readonly bus: InMemoryBus;
  readonly database: InMemoryReadModel;
  readonly lagoon: InMemoryLagoon;
  readonly apps = new InMemoryHealthProbe();
  readonly slots: readonly Slot[];
  /** Of whoever sends commands: the way of these to the bus is always sound. */
  readonly client: BusClient;
  /** Told of each event of ours, the moment it is stored. */
  onStored: (event: StoredEvent) => void = () => undefined;
  /** What happens to a message on its way, if anything. */
  readonly disturbances = new Set<(hop: Hop) => 'drop' | 'twice' | 'late' | undefined>();
  /** Loops that stood still in a process that nobody had stopped. */
  readonly standstills: string[] = [];
  private readonly clock: MachineClock;
  private readonly network: Randomness;
  private readonly chance: Randomness;
  /** Whose connection to the bus it is, by its name. */
  private readonly byConnection = new Map<
    string,
    { readonly process: SimulatedProcess; readonly line: Line }
  >();
  private readonly arrivals = new Map<string, number>();
  private readonly builds: LedgerEffect[] = [];
  private readonly tasks: LedgerEffect[] = [];
  private readonly cancels: string[] = [];

  constructor(
    seed: number,
    layout: readonly (readonly [ServiceName, number])[],
    readonly trace: Trace,
  ) {
    const part = (n: number) =>
      new SeededRandomness(Math.imul(seed, 0x9e3779b1) ^ (n * 0x85ebca6b));
    this.scheduler = new Scheduler(part(1));
    this.network = part(2);
    this.chance = part(3);
    this.clock = new MachineClock(this.scheduler);
    const { clock } = this;
    this.store = new InMemoryEventStore({
      clock,
      randomness: part(6),
      onStored: (event) => this.onStored(event),
    });
    this.bus = new InMemoryBus({
      clock,
      randomness: part(4),
      carry: (hop, arrive) => this.carry(hop, arrive),
    });
    this.database = new InMemoryReadModel(clock);
    this.lagoon = new InMemoryLagoon({ clock, randomness: part(5), world: WORLD });
    this.keepLedger();
    this.slots = layout.flatMap(([service, count]) =>
      Array.from({ length: count }, (_, n) => slotOf(service, n)),
    );
    this.client = new BusClient(new InMemoryBusConnection(this.bus, 'client'));
  }

  get ledger(): LagoonLedger {
    return { builds: this.builds, tasks: this.tasks, cancels: this.cancels };
  }

  /** Milliseconds by the clock of the store. */
  get now(): number {
    return this.clock.wall();
  }

  start(): void {
    for (const slot of this.slots) this.startIn(slot);
    this.scheduler.after(BEAT_CHECK_MS, () => this.checkBeats());
  }

  /** Nothing happens any more, and nobody remembers the run. */
  end(): void {
    for (const { current } of this.slots) current?.process.kill();
  }

  /** The process is gone at once, and another one takes its place a while later. */
  kill(slot: Slot, why = 'killed'): void {
    const { current } = slot;
    if (current === undefined) return;
    this.trace.note(`${slot.name} ${why}`);
    slot.current = undefined;
    current.process.kill();
    current.bus.vanish();
    this.scheduler.after(RESTART_MS * (0.2 + this.chance.fraction()), () => this.startIn(slot));
  }

  /** The process is asked to end, and does so in its own time. */
  async stop(slot: Slot): Promise<void> {
    const { current } = slot;
    if (current?.service === undefined) return;
    this.trace.note(`${slot.name} asked to stop`);
    await current.service.stop();
    if (slot.current === current) this.kill(slot, 'stopped');
  }

  /** The store was away for a moment, and every connection to it broke. */
  interruptStore(): void {
    for (const { current } of this.slots) {
      current?.lines.store.break();
    }
  }

  /** Puts the faults of a slot into force, also for the process that runs there now. */
  applyFaults(slot: Slot): void {
    const { current } = slot;
    if (current === undefined) return;
    current.process.clock.skewMs = slot.skewMs;
    current.store.refusesPositions = slot.refusesPositions;
    for (const server of SERVERS) {
      const { faults } = current.lines[server];
      Object.assign(faults, { isCut: false, slowMs: 0, losesAnswers: 0, delaysRequests: 0 });
      Object.assign(faults, slot.faults.get(server));
    }
  }

  private startIn(slot: Slot): void {
    slot.incarnations += 1;
    const process = new SimulatedProcess(`${slot.name}.${slot.incarnations}`, this.scheduler);
    const incarnation = this.incarnationOf(process);
    slot.current = incarnation;
    this.applyFaults(slot);
    this.trace.note(`${process.name} starts`);
    const seed = Math.floor(this.chance.fraction() * 2 ** 32);
    startService(slot.service, slot.name, {
      clock: process.clock,
      randomness: new SeededRandomness(seed),
      logger: this.loggerOf(process),
      store: incarnation.store,
      bus: incarnation.bus,
      database: databaseThrough(incarnation.lines.database, this.database),
      lagoon: this.coresOf(incarnation, seed),
      probe: new ProbeConnection(incarnation.lines.apps, this.apps),
      exit: () => this.kill(slot, 'ends itself'),
    }).then(
      (service) => {
        incarnation.service = service;
        if (!process.isDead) this.trace.note(`${process.name} has started`);
      },
      (error: unknown) => {
        if (slot.current === incarnation) this.kill(slot, `did not start: ${String(error)}`);
      },
    );
  }

  private incarnationOf(process: SimulatedProcess): Incarnation {
    const line = () => new Line(process, this.scheduler, this.network);
    const lines = {
      ...{ store: line(), bus: line(), database: line(), lagoon: line(), apps: line() },
    };
    const store = new StoreConnection(process, lines.store, this.store);
    this.byConnection.set(process.name, { process, line: lines.bus });
    const bus = new InMemoryBusConnection(this.bus, process.name, process.clock);
    return { process, bus, store, lines, service: undefined };
  }

  private coresOf({ process, lines }: Incarnation, seed: number): SingleLagoonCore {
    const { clock } = process;
    const randomness = new SeededRandomness(seed ^ 1);
    const observer = {
      onRequest: () => undefined,
      onBreaker: () => undefined,
      onTokenFailure: () => undefined,
    };
    const agreement = { name: 'default', requestsPerSecond: 0, settings: SETTINGS };
    const context = { clock: new JitterClock(clock, randomness), randomness, observer };
    return new SingleLagoonCore(
      guardedCore(lagoonThrough(lines.lagoon, this.lagoon), agreement, RULES, context),
    );
  }

  /** Messages between one connection and the server keep their order, unless they are disturbed. */
  private carry(hop: Hop, arrive: () => void): void {
    const owner = this.byConnection.get(hop.connection);
    if (owner === undefined) return this.carryIn(CLIENT_WAY_MS, arrive);
    const run = hop.to === 'client' ? () => owner.process.enter(arrive) : arrive;
    this.carryWithin(owner.line, hop, run);
  }

  private carryWithin(line: Line, hop: Hop, run: () => void): void {
    const { wayMs } = line;
    const [disturbed] = [...this.disturbances].flatMap((disturb) => disturb(hop) ?? []);
    if (wayMs === undefined || disturbed === 'drop') return;
    if (disturbed === 'late') return this.carryIn(wayMs + this.upTo(LATE_MS), run);
    const lane = `${hop.connection} ${hop.to}`;
    const at = Math.max(this.scheduler.now + wayMs, this.arrivals.get(lane) ?? 0);
    this.arrivals.set(lane, at + STEP_MS);
    // A pull and its heartbeats: they are many.
    this.carryIn(at - this.scheduler.now, run, hop.kind === 'pull' && hop.to === 'server');
    if (disturbed === 'twice') this.carryIn(wayMs + this.upTo(TWICE_MS), run);
  }

  private carryIn(ms: number, run: () => void, isPlain = false): void {
    this.scheduler.after(ms, run, isPlain);
  }

  private upTo(ms: number): number {
    return ms * this.network.fraction();
  }

  private checkBeats(): void {
    for (const slot of this.slots) {
      const { current } = slot;
      if (!current?.service || current.process.isFrozen) continue;
      const { ok, reasons } = current.service.health.liveness();
      if (ok) continue;
      this.standstills.push(`${current.process.name}: ${Object.keys(reasons).join(', ')}`);
      this.kill(slot, `stands still: ${Object.keys(reasons).join(', ')}`);
    }
    this.scheduler.after(BEAT_CHECK_MS, () => this.checkBeats());
  }

  private keepLedger(): void {
    const effect = (name: string, at: number) => ({ name, at });
    this.lagoon.script.observe({
      onBuild: ({ bulkName, name, createdAt }: Build) => {
        if (bulkName === null) return;
        const isCopy = this.builds.some(
          ({ marker, at }) => marker === bulkName && at === createdAt,
        );
        this.builds.push({
          ...{ marker: bulkName, ...effect(name, createdAt) },
          ...(isCopy ? { isCopy } : {}),
        });
        this.trace.note(`lagoon builds ${name} for ${bulkName}`);
      },
      onTask: ({ name, taskName, createdAt }) => {
        this.tasks.push({ marker: name, ...effect(taskName, createdAt) });
        this.trace.note(`lagoon runs ${taskName} for ${name}`);
      },
      onCancel: (name) => {
        this.cancels.push(name);
        this.trace.note(`lagoon cancels ${name}`);
      },
      onVariableWrite: () => undefined,
    });
  }

  private loggerOf(process: SimulatedProcess): Logger {
    const at =
      (level: string) =>
      (...args: readonly unknown[]) => {
        if (!process.isDead) this.trace.log(process.name, level, args);
      };
    const silent = () => undefined;
    const logger = {
      ...{ trace: silent, debug: silent, info: silent, silent },
      ...{ warn: at('warn'), error: at('error'), fatal: at('fatal') },
      child: () => logger,
      level: 'warn',
    };
    return logger as unknown as Logger;
  }
}

function slotOf(service: ServiceName, n: number): Slot {
  return {
    name: `${service}-${n + 1}`,
    service,
    incarnations: 0,
    current: undefined,
    skewMs: 0,
    faults: new Map(),
    refusesPositions: false,
  };
}

import { finalRefusal, passingRefusal } from '@uplift/lagoon';
import type { BuildTraits } from '@uplift/lagoon/testing';
import type { Hop } from '@uplift/bus/testing';
import type { FleetView } from './fleet-view';
import type { Operators } from './operators';
import type { ServerName, Slot, World } from './world';

/** What a fault meets, and what it may use to do its work. */
export interface FaultPlace {
  readonly world: World;
  readonly fleet: FleetView;
  readonly operators: Operators;
  /** The process that is hit, where it is one. */
  readonly slot: Slot;
  /** Project of the instance that is in the stage. */
  readonly project: string;
  readonly instanceId: string;
  /** At least 0, less than 1, another one with each call. */
  readonly chance: () => number;
  /** Ids of events that are no work of Uplift. */
  readonly forged: Set<string>;
  /** What messages carry that are not the relay's. */
  readonly forgedPayloads: Set<Uint8Array>;
  /** The store goes back to an older copy. */
  readonly restore: (backUp: Copy) => void;
  /** The run goes on at least until then. */
  readonly later: (ms: number, run: () => void) => void;
}

/** Puts the store back; answers what is lost. */
export type Copy = ReturnType<World['store']['backUp']>;

/** There was nothing to hit. */
export const NOTHING = 'nothing';

/** Begins the fault; what it returns ends it. */
type Begin = (place: FaultPlace) => (() => void) | typeof NOTHING | undefined;

const HOUR_MS = 3_600_000;

function onLine(
  server: ServerName,
  faults: Slot['faults'] extends Map<ServerName, infer F> ? F : never,
): Begin {
  return ({ world, slot }) => {
    slot.faults.set(server, faults);
    world.applyFaults(slot);
    return () => {
      slot.faults.delete(server);
      world.applyFaults(slot);
    };
  };
}

function onBuild(traits: Partial<BuildTraits>): Begin {
  return ({ world, project }) => {
    world.lagoon.script.nextBuilds({ project, environment: 'main' }, traits);
    return undefined;
  };
}

function onMessages(does: 'drop' | 'twice' | 'late', kinds: readonly Hop['kind'][]): Begin {
  return ({ world, chance }) => {
    const share = 0.1 + 0.5 * chance();
    const disturb = (hop: Hop) => {
      return kinds.includes(hop.kind) && chance() < share ? does : undefined;
    };
    world.disturbances.add(disturb);
    return () => world.disturbances.delete(disturb);
  };
}

const NO_MEMORY = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;
const GARBAGE = { kind: 'ambiguous', evidence: 'HTTP 200 <html>' } as const;

/** Everything that goes wrong in a run, by the name that reports use. */
export const FAULTS = {
  // Processes.
  kill: ({ world, slot }) => (slot.current ? void world.kill(slot) : NOTHING),
  stop: ({ world, slot }) => (slot.current?.service ? void world.stop(slot) : NOTHING),
  freeze: ({ slot }) => {
    const { current } = slot;
    if (!current) return NOTHING;
    current.process.freeze();
    return () => current.process.wake();
  },
  'clock-ahead': ({ world, slot }) => skewed(world, slot, 2 * HOUR_MS),
  'clock-behind': ({ world, slot }) => skewed(world, slot, -2 * HOUR_MS),
  'clock-drift': ({ world, slot, chance }) => skewed(world, slot, (chance() - 0.5) * 20_000),

  // The store.
  'store-cut': onLine('store', { isCut: true }),
  'store-slow': onLine('store', { slowMs: 3_000 }),
  'store-answers-lost': onLine('store', { losesAnswers: 0.5 }),
  'store-late': onLine('store', { delaysRequests: 0.5 }),
  'store-full': ({ world }) => {
    world.store.isFull = true;
    return () => (world.store.isFull = false);
  },
  'readers-thrown-out': ({ slot }) => (slot.current?.store.throwOut() ? undefined : NOTHING),
  'positions-refused': ({ world, slot }) => {
    slot.refusesPositions = true;
    world.applyFaults(slot);
    slot.current?.store.throwOut();
    return () => {
      slot.refusesPositions = false;
      world.applyFaults(slot);
    };
  },
  'foreign-event': ({ world, chance, instanceId }) => {
    const places = ['ops-test', 'instance-nobody', `other-${instanceId}`, '$$instance-x'] as const;
    world.store.putRaw(places[Math.floor(chance() * places.length)]!, 'Probe', { a: 1 });
    return undefined;
  },
  'forged-event': ({ world, instanceId, forged }) => {
    forged.add(world.store.putRaw(`instance-${instanceId}`, 'UpgradeRequested', { a: 1 }).id);
    return undefined;
  },
  'store-restored': ({ world, operators, chance, restore, later }) => {
    const copy = world.store.backUp();
    later(500 + 6_000 * chance(), () => {
      restore(copy);
      later(4_000, () => operators.acceptStore());
    });
    return undefined;
  },

  // The bus.
  'bus-cut': onLine('bus', { isCut: true }),
  'bus-slow': onLine('bus', { slowMs: 2_000 }),
  'bus-away': ({ world }) => {
    world.bus.stop();
    return () => world.bus.start();
  },
  'bus-wiped': ({ world }) => void world.bus.wipe(),
  'bus-rolled-back': ({ world, chance, later }) => {
    const rollBack = world.bus.backUp();
    later(500 + 5_000 * chance(), rollBack);
    return undefined;
  },
  'bus-full': ({ world }) => {
    world.bus.fillDisk();
    return () => {
      world.bus.makeRoom();
      world.bus.stop();
      world.bus.start();
    };
  },
  'messages-lost': onMessages('drop', ['publish', 'pull', 'delivery', 'ack']),
  'messages-twice': onMessages('twice', ['delivery', 'ack']),
  'messages-late': onMessages('late', ['delivery', 'ack', 'request']),
  'forged-message': ({ world, instanceId, chance, forgedPayloads }) => {
    const last = world.bus.contents.length;
    const copied = world.bus.messageAt(1 + Math.floor(chance() * last));
    if (!copied) return NOTHING;
    const { sequence: _, ...message } = copied;
    const forgery = Buffer.from(`{"instanceId":"${instanceId}"}`);
    const payload = chance() < 0.5 ? Buffer.from(message.payload) : forgery;
    forgedPayloads.add(payload);
    world.bus.store({ ...message, payload }, last);
    return undefined;
  },
  'message-deleted': ({ world, chance }) => {
    // Without its last message the relay would not know where to go on.
    world.bus.remove(1 + Math.floor((chance() * world.bus.contents.length) / 2));
    return undefined;
  },

  // The database.
  'database-cut': onLine('database', { isCut: true }),
  'database-answers-lost': onLine('database', { losesAnswers: 0.5 }),
  'database-away': ({ world }) => {
    world.database.isAway = true;
    return () => (world.database.isAway = false);
  },
  'database-wiped': ({ world }) => {
    world.database.wipe();
    return () => world.database.migrate();
  },

  // Lagoon.
  'lagoon-cut': onLine('lagoon', { isCut: true }),
  'lagoon-slow': onLine('lagoon', { slowMs: 6_000 }),
  'lagoon-answers-lost': onLine('lagoon', { losesAnswers: 0.6 }),
  'lagoon-late': onLine('lagoon', { delaysRequests: 0.6 }),
  'lagoon-away': ({ world }) => {
    world.lagoon.script.unavailable = true;
    return () => (world.lagoon.script.unavailable = false);
  },
  'lagoon-says-nothing': ({ world, chance }) =>
    void world.lagoon.script.answerNext(NO_MEMORY, { lands: chance() < 0.5 }),
  'lagoon-says-nonsense': ({ world, chance }) =>
    void world.lagoon.script.answerNext(GARBAGE, { lands: chance() < 0.5 }),
  'lagoon-refuses': ({ world, chance }) => {
    const isFinal = chance() < 0.5;
    const refusal = isFinal
      ? finalRefusal('permission', 'Unauthorized: no permission')
      : passingRefusal('unauthenticated', 'token expired');
    world.lagoon.script.answerNext(refusal);
    return undefined;
  },
  'build-twice': onBuild({ rows: 2 }),
  'build-late': onBuild({ rowSeconds: 5 }),
  'build-never': onBuild({ rowSeconds: 'never' }),
  'build-not-started': onBuild({ startSeconds: 'never' }),
  'build-regresses': onBuild({ regresses: true }),
  'build-strange': onBuild({ runningStatus: 'thinking' }),
  'build-vanishes': onBuild({ vanishSeconds: 3 }),
  'build-cancelled': onBuild({ endStatus: 'cancelled' }),
  'build-fails': onBuild({ endStatus: 'failed' }),
  'build-overlong': onBuild({ runSeconds: 60 }),
  'build-not-cancellable': onBuild({ ignoresCancel: true, runSeconds: 15 }),
  'build-of-others': ({ world, project }) =>
    void world.lagoon.script.foreignBuild({ project, environment: 'main' }),
  'task-fails': ({ world, project }) =>
    void world.lagoon.script.change({ project, environment: 'main' }, { failTasks: 1 }),

  // The app.
  'app-cut': onLine('apps', { isCut: true }),
  'app-unhealthy': ({ world, project }) => {
    const url = healthUrlOf(project);
    world.apps.answer(url, 'unhealthy');
    return () => world.apps.answer(url, 'healthy');
  },
} as const satisfies Readonly<Record<string, Begin>>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export function healthUrlOf(project: string): string {
  return `https://${project}.apps.example.com/health`;
}

function skewed(world: World, slot: Slot, ms: number): () => void {
  slot.skewMs = ms;
  world.applyFaults(slot);
  return () => {
    slot.skewMs = 0;
    world.applyFaults(slot);
  };
}

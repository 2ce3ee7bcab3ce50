import type { StoredEvent } from '@uplift/contracts';
import {
  instanceStream,
  isInstanceStream,
  isOurs,
  splitStreamName,
  toRecordedInstanceEvent,
} from '@uplift/contracts';
import type {
  InstanceEvent,
  InstanceState,
  InstanceView,
  RecordedInstanceEvent,
} from '@uplift/domain';
import { evolve, evolveInstanceView, INITIAL_STATE, upgradeIdOf } from '@uplift/domain';
import type { Finding, RunHistory } from './run-history';

/** What a rule finds: a finding but for the promise. */
export type Breach = Omit<Finding, 'promise'>;

/** One instance as its stream tells, event by event. */
export interface InstanceFacts {
  readonly instanceId: string;
  /** Up to the first event that cannot be folded. */
  readonly steps: readonly Step[];
  /** Why the rest cannot be folded; null if there is none. */
  readonly fault: { readonly event: StoredEvent; readonly why: string } | null;
}

export interface Step {
  readonly stored: StoredEvent;
  readonly event: InstanceEvent;
  /** When it was seen, else when it was stored. */
  readonly at: number;
  /** The state that the event led to. */
  readonly state: InstanceState;
  readonly view: InstanceView;
}

/** A run's history with what several rules ask of it, worked out once. */
export interface Facts {
  readonly history: RunHistory;
  /** Events of ours by stream. */
  readonly streams: ReadonlyMap<string, readonly StoredEvent[]>;
  readonly instances: readonly InstanceFacts[];
  /** Events that the store has lost with leave. */
  readonly lost: readonly StoredEvent[];
}

export function factsOf(history: RunHistory): Facts {
  const streams = byStream(history.store);
  const forged = history.forged ?? new Set();
  const instances = [...streams]
    .filter(([stream]) => isInstanceStream(stream))
    .map(([stream, events]) => instanceFacts(stream, untilForged(events, forged), history.seenAt));
  const lost = (history.restores ?? []).flatMap((restore) => restore.lost);
  return { history, streams, instances, lost };
}

/** What came before the first event that the run forged. */
export function untilForged(
  events: readonly StoredEvent[],
  forged: ReadonlySet<string>,
): readonly StoredEvent[] {
  if (forged.size === 0) return events;
  const first = events.findIndex(({ id }) => forged.has(id));
  return first < 0 ? events : events.slice(0, first);
}

/** Whether the run has forged an event of the instance. */
export function isForged({ history: { forged }, streams }: Facts, instanceId: string): boolean {
  if (forged === undefined || forged.size === 0) return false;
  return streams.get(instanceStream(instanceId))?.some(({ id }) => forged.has(id)) ?? false;
}

/** Of one attempt of one upgrade: `<upgrade id>-<attempt>`, as its marker ends. */
export function attemptOf(event: InstanceEvent): string | null {
  const upgradeId = upgradeIdOf(event);
  if (upgradeId === null) return null;
  const { data } = event;
  if ('workOrder' in data) return `${upgradeId}-${data.workOrder.attempt}`;
  return 'attempt' in data ? `${upgradeId}-${data.attempt}` : null;
}

function byStream(events: readonly StoredEvent[]): Map<string, StoredEvent[]> {
  const streams = new Map<string, StoredEvent[]>();
  for (const event of events.filter(isOurs)) {
    const known = streams.get(event.stream);
    if (known === undefined) streams.set(event.stream, [event]);
    else known.push(event);
  }
  return streams;
}

function instanceFacts(
  stream: string,
  events: readonly StoredEvent[],
  seenAt: RunHistory['seenAt'],
): InstanceFacts {
  const { id: instanceId } = splitStreamName(stream);
  const steps: Step[] = [];
  for (const stored of events) {
    const step = stepAfter(steps.at(-1), stored);
    if (typeof step === 'string') return { instanceId, steps, fault: { event: stored, why: step } };
    steps.push({ ...step, at: seenAt?.get(stored.id) ?? step.at });
  }
  return { instanceId, steps, fault: null };
}

/** Why it cannot follow, in words, if it cannot. */
function stepAfter(before: Step | undefined, stored: StoredEvent): Step | string {
  try {
    const recorded: RecordedInstanceEvent = toRecordedInstanceEvent(stored);
    const { event, at } = recorded;
    const state = evolve(before?.state ?? INITIAL_STATE, event);
    const view = evolveInstanceView(before?.view ?? null, recorded);
    return { stored, event, at, state, view };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

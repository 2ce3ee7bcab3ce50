import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, splitStreamName, toRecordedInstanceEvent } from '@uplift/contracts';
import type { InstanceState, UpgradingInstance } from '@uplift/domain';
import { evolve, INITIAL_STATE } from '@uplift/domain';

/** Where an upgrade may be met by a fault. */
export const STAGES = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade', 'verify'] as const;
export type Stage = (typeof STAGES)[number];

/** What the store says of the instances at this moment. */
export class FleetView {
  readonly events: StoredEvent[] = [];
  private states = new Map<string, InstanceState>();
  private readonly counts = new Map<string, number>();

  get instanceIds(): readonly string[] {
    return [...this.states.keys()];
  }

  add(stored: StoredEvent): void {
    this.events.push(stored);
    this.counts.set(stored.type, this.countOf(stored.type) + 1);
    this.fold(stored);
  }

  /** How many events of a type there were. */
  countOf(type: string): number {
    return this.counts.get(type) ?? 0;
  }

  /** Forgets what the store has lost. */
  forget(lost: readonly StoredEvent[]): void {
    const ids = new Set(lost.map(({ id }) => id));
    const kept = this.events.filter(({ id }) => !ids.has(id));
    this.events.splice(0, this.events.length, ...kept);
    this.states = new Map();
    for (const event of kept) this.fold(event);
  }

  stateOf(instanceId: string): InstanceState {
    return this.states.get(instanceId) ?? INITIAL_STATE;
  }

  get upgrading(): readonly (readonly [instanceId: string, state: UpgradingInstance])[] {
    return [...this.states].flatMap(([id, state]) =>
      state.kind === 'upgrading' ? [[id, state] as const] : [],
    );
  }

  /** Stages in which there is an upgrade. */
  get stages(): ReadonlySet<Stage> {
    return new Set(this.upgrading.map(([, state]) => stageOf(state)));
  }

  /** An event that cannot be folded leaves its instance as it was. */
  private fold(stored: StoredEvent): void {
    if (!isInstanceStream(stored.stream)) return;
    const { id } = splitStreamName(stored.stream);
    try {
      const { event } = toRecordedInstanceEvent(stored);
      this.states.set(id, evolve(this.stateOf(id), event));
    } catch {
      return;
    }
  }
}

export function stageOf({ status, deployment }: UpgradingInstance): Stage {
  switch (status) {
    case 'pending-pre-upgrade':
    case 'pre-upgrade-running':
    case 'pre-upgrade-completed':
      return 'pre-upgrade';
    case 'pending-upgrade':
      return 'upgrade';
    case 'upgrade-running':
      return deployment === null ? 'upgrade' : 'poll-upgrade';
    case 'upgrade-completed':
    case 'pending-post-upgrade':
    case 'post-upgrade-running':
      return 'post-upgrade';
    case 'post-upgrade-completed':
      return 'verify';
  }
}

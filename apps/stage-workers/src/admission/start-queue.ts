export interface KeptQueue {
  readonly urgent: readonly string[];
  readonly others: readonly string[];
}

/** Who waits to be admitted at one core: urgent ones first, then first come first served. */
export class StartQueue implements Iterable<string> {
  private readonly urgent = new Set<string>();
  private readonly others = new Set<string>();
  /** Made when somebody asks, forgotten when the queue moves. */
  private places: ReadonlyMap<string, number> | null = null;

  /** As a checkpoint carries it. */
  get kept(): KeptQueue {
    return { urgent: [...this.urgent], others: [...this.others] };
  }

  /** Nothing changes for whoever stands in the queue already, unless it has become urgent. */
  add(instanceId: string, isUrgent: boolean): void {
    const [own, other] = isUrgent ? [this.urgent, this.others] : [this.others, this.urgent];
    if (own.has(instanceId)) return;
    other.delete(instanceId);
    own.add(instanceId);
    this.places = null;
  }

  remove(instanceId: string): void {
    const wasThere = this.urgent.delete(instanceId) || this.others.delete(instanceId);
    if (wasThere) this.places = null;
  }

  /** From 1; null for whoever is not in the queue. */
  placeOf(instanceId: string): number | null {
    this.places ??= new Map([...this].map((id, n) => [id, n + 1]));
    return this.places.get(instanceId) ?? null;
  }

  *[Symbol.iterator](): Iterator<string> {
    yield* this.urgent;
    yield* this.others;
  }
}

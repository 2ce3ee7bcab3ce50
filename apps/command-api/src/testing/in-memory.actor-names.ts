import { ActorNames, NameNotStorableError } from '../access/actor-names.port';

export class InMemoryActorNames extends ActorNames {
  readonly rows = new Map<string, string | null>();
  /** Fails every call meanwhile. */
  isAway = false;
  writes = 0;
  /** Of the names that it cannot store. */
  unstorable: RegExp | null = null;

  override keep(names: ReadonlyMap<string, string>): Promise<void> {
    return this.answer(() => {
      if ([...names.values()].some((name) => this.unstorable?.test(name))) {
        throw new NameNotStorableError('not storable');
      }
      this.writes += 1;
      for (const [actorId, name] of names) {
        if (this.rows.get(actorId) !== null) this.rows.set(actorId, name);
      }
    });
  }

  override fill(names: ReadonlyMap<string, string>): Promise<void> {
    return this.keep(new Map([...names].filter(([actorId]) => !this.rows.has(actorId))));
  }

  override erase(actorIds: readonly string[]): Promise<void> {
    return this.answer(() => {
      for (const actorId of actorIds) this.rows.set(actorId, null);
    });
  }

  override find(actorIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return this.answer(() => new Map([...this.rows].filter(([id]) => actorIds.includes(id))));
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private async answer<Result>(work: () => Result): Promise<Result> {
    await Promise.resolve();
    if (this.isAway) throw new Error('the database is away');
    return work();
  }
}

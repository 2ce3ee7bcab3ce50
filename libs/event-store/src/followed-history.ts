import type { EventCategory, EventIn } from '@uplift/contracts';
import { loadOrEmpty } from './event-store.port';
import type { Loaded, Remembered } from './stream-history';
import { StreamHistory } from './stream-history';

/** Reads its one stream on from where it has read to, as long as the stream still goes on from there. */
export class FollowedHistory<Command, State, Category extends EventCategory> extends StreamHistory<
  Command,
  State,
  Category
> {
  private known = this.nothing;

  protected override async loadAlone(stream: string): Promise<Loaded<State, EventIn<Category>>> {
    const loaded = (await this.readOn(stream)) ?? (await super.loadAlone(stream));
    const { state, head, position, memory } = loaded;
    this.known = { state, head, position, memory };
    return loaded;
  }

  /** Undefined where the event that was read last is not there: another store, or nothing was read yet. */
  private async readOn(stream: string): Promise<Loaded<State, EventIn<Category>> | undefined> {
    const known: Remembered<State> = this.known;
    const { revision, hash } = known.head;
    if (revision < 0) return undefined;
    const [last, ...news] = await loadOrEmpty(this.store, stream, revision);
    return last?.metadata.hash === hash ? this.fold(known, news) : undefined;
  }
}

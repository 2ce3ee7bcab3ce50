/** Nothing was written, because the database cannot store one of the names. */
export class NameNotStorableError extends Error {}

/** The one table that knows actors by name. It follows from no event, so what is lost of it stays lost. */
export abstract class ActorNames {
  /** By actor. The name of an actor that was erased is not kept. Throws NameNotStorableError. */
  abstract keep(names: ReadonlyMap<string, string>): Promise<void>;

  /** The same, and the name of an actor that has one stays. */
  abstract fill(names: ReadonlyMap<string, string>): Promise<void>;

  /** From here on no name of theirs is kept, whether there was one or not. */
  abstract erase(actorIds: readonly string[]): Promise<void>;

  /** Those that are known: null for an actor that was erased. */
  abstract find(actorIds: readonly string[]): Promise<ReadonlyMap<string, string | null>>;

  abstract close(): Promise<void>;
}

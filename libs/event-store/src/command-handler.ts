import type { EventCategory, EventIn } from '@uplift/contracts';
import { environmentStream, instanceStream } from '@uplift/contracts';
import type {
  EnvironmentCommand,
  EnvironmentEvent,
  EnvironmentState,
  Holder,
  InstanceCommand,
  InstanceEvent,
  InstanceState,
  SystemEvent,
} from '@uplift/domain';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import { deterministicEventId } from './event-id';
import { EventStoreUnavailableError, RevisionConflictError } from './event-store.port';
import type { InstanceHistory } from './instance-history';
import type { StreamHead } from './event-store.port';
import type { Cause, Known, Loaded, Remembered, StreamHistory } from './stream-history';

/** A command, and what goes into the metadata of the events it leads to. */
export interface InstanceChange {
  readonly instanceId: string;
  readonly command: InstanceCommand;
  readonly cause: Cause;
}

export interface EnvironmentChange {
  readonly environmentId: string;
  readonly command: EnvironmentCommand;
  readonly cause: Cause;
}

/** The stream as it was after the last event of a command; undefined if the command left none. */
export type FindCommand<State, Event> = (
  commandId: string,
) => Promise<Loaded<State, Event> | undefined>;

export interface Policy<State, Event, Answer, Command = never> {
  /** Appends that are tried at most. */
  readonly tries: number;
  /** Decide from here at first, without reading the stream. Absent: load it. */
  readonly from?: Known<State>;
  /**
   * Whether an append of unknown outcome is looked for in the stream, by the ids of its events, and tried again if it
   * is not there. The cause then has to name this handling alone: an event that another one wrote counts as ours.
   */
  readonly retriesUnknown?: boolean;
  /**
   * Sees the stream before anything is decided, after each load and where it is tried without one. An answer ends the
   * handling, and so does an error after a load.
   */
  readonly onLoad?: (
    loaded: Loaded<State, Event>,
    find: FindCommand<State, Event>,
  ) => Answer | undefined | Promise<Answer | undefined>;
  /** Whether the stream is read before anything else, although the history knows its end: `onLoad` does more than look. */
  readonly readsFirst?: (known: Remembered<State>) => boolean;
  /** What is decided in place of the command, which depends on more than the state. */
  readonly fit?: (loaded: Loaded<State, Event>) => Promise<Command>;
  /** What to append where the command leads to nothing. Only asked about what was loaded. */
  readonly onNothing?: (loaded: Loaded<State, Event>) => readonly Event[];
}

export type HandlePolicy<Answer = never> = Policy<
  InstanceState,
  InstanceEvent,
  Answer,
  InstanceCommand
>;
export type SystemPolicy<State, Answer = never> = Policy<State, SystemEvent, Answer>;

/**
 * `appended`: the events of this command stand in the stream, and the instance is as they left it or later.
 * `not-due`: nothing to do, the instance is as it was decided on, or as the events of `onNothing` left it.
 * `answered`: by `onLoad`.
 */
export type Outcome<State, Answer> =
  | { readonly kind: 'appended' | 'not-due'; readonly instance: Known<State> }
  | { readonly kind: 'answered'; readonly answer: Answer };

export type Handled<Answer = never> = Outcome<InstanceState, Answer>;

export interface HandlerPorts {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Load, decide, append at the revision that was decided on; on a conflict pause, load and decide again. The only way
 * to change an instance.
 *
 * - A command from outside: no `from`; `onLoad` finds the earlier result of the same command and checks the revision
 *   that the caller expects. It is tried without a read where the history knows the stream's end.
 * - A message that carries state and head: `from` it, with `retriesUnknown`; `onLoad` runs only after a conflict.
 * - Somebody who has just looked at the instance and tries once: `from` what was loaded, `tries: 1`.
 *
 * Throws what `decide`, `onLoad` and the store throw; after the last try, or 20 seconds, the error of that try.
 */
export class CommandHandler {
  private readonly streams: StreamCommands<InstanceCommand, InstanceState, 'instance'>;

  constructor(history: InstanceHistory, ports: HandlerPorts) {
    this.streams = new StreamCommands(history.streams, ports);
  }

  handle<Answer = never>(
    { instanceId, command, cause }: InstanceChange,
    policy: HandlePolicy<Answer>,
  ): Promise<Handled<Answer>> {
    return this.streams.handle({ stream: instanceStream(instanceId), command, cause }, policy);
  }
}

/** The same for one stream of the system. */
export class SystemCommandHandler<Command, State> {
  private readonly streams: StreamCommands<Command, State, 'system'>;

  constructor(
    private readonly stream: string,
    history: StreamHistory<Command, State, 'system'>,
    ports: HandlerPorts,
  ) {
    this.streams = new StreamCommands(history, ports);
  }

  handle<Answer = never>(
    change: Omit<Change<Command>, 'stream'>,
    policy: SystemPolicy<State, Answer>,
  ): Promise<Outcome<State, Answer>> {
    return this.streams.handle({ stream: this.stream, ...change }, policy);
  }
}

/** The same for whom an environment belongs to. */
export class EnvironmentCommandHandler {
  private readonly streams: StreamCommands<EnvironmentCommand, EnvironmentState, 'environment'>;

  constructor(
    private readonly history: StreamHistory<EnvironmentCommand, EnvironmentState, 'environment'>,
    ports: HandlerPorts,
  ) {
    this.streams = new StreamCommands(history, ports);
  }

  /** Whom the environment was ever reserved for, newest first. */
  async holdersOf(environmentId: string): Promise<readonly Holder[]> {
    const { decoded } = await this.history.load(environmentStream(environmentId));
    const reserved = decoded.filter(({ type }) => type === 'EnvironmentReserved');
    return reserved.map(({ data }) => data).reverse();
  }

  handle(
    { environmentId, command, cause }: EnvironmentChange,
    policy: Policy<EnvironmentState, EnvironmentEvent, never>,
  ): Promise<Outcome<EnvironmentState, never>> {
    return this.streams.handle(
      { stream: environmentStream(environmentId), command, cause },
      policy,
    );
  }
}

/** A store that answers this late is not asked again: whoever handles waits, and others wait for them. */
const LAST_TRY_AFTER_MS = 20_000;

interface Change<Command> {
  readonly stream: string;
  readonly command: Command;
  readonly cause: Cause;
}

class StreamCommands<Command, State, Category extends EventCategory> {
  constructor(
    private readonly history: StreamHistory<Command, State, Category>,
    private readonly ports: HandlerPorts,
  ) {}

  async handle<Answer>(
    change: Change<Command>,
    policy: Policy<State, EventIn<Category>, Answer, Command>,
  ): Promise<Outcome<State, Answer>> {
    const unread = policy.from === undefined ? await this.tryUnread(change, policy) : undefined;
    return unread ?? this.tryInTurn(change, policy);
  }

  private async tryInTurn<Answer>(
    change: Change<Command>,
    policy: Policy<State, EventIn<Category>, Answer, Command>,
  ): Promise<Outcome<State, Answer>> {
    const { clock, randomness } = this.ports;
    const backoff = new Backoff(randomness, { firstMs: 10, longestMs: 200 });
    const lastTryAt = clock.monotonic() + LAST_TRY_AFTER_MS;
    let found = policy.from ?? (await this.load(change, policy));
    const mayLandAfter = placeOfUnknown(policy, found);
    for (let n = 1; ; n += 1) {
      if ('kind' in found) return found;
      const outcome = await this.attempt(await fitted(change, policy, found), policy, found);
      if ('kind' in outcome) return outcome;
      const isLast = n >= policy.tries || clock.monotonic() >= lastTryAt;
      if (isLast || !isWorthAnotherTry(outcome.error, policy)) throw outcome.error;
      await clock.pause(backoff.next());
      found = await this.load(change, policy, mayLandAfter);
    }
  }

  /**
   * By what this process knows, without a read. It may be old, so that only an append counts, or what was found in the store
   * itself. Undefined for all else: a refusal, a conflict, nothing to do. Then it is decided on what is read.
   */
  private async tryUnread<Answer>(
    change: Change<Command>,
    policy: Policy<State, EventIn<Category>, Answer, Command>,
  ): Promise<Outcome<State, Answer> | undefined> {
    const known = this.history.newestKnown(change.stream);
    if (known === undefined || policy.readsFirst?.(known) === true) return undefined;
    const outcome = await this.decideUnread(change, policy, known).catch(() => undefined);
    if (outcome === undefined || !('error' in outcome)) return outcome;
    if (outcome.error instanceof EventStoreUnavailableError) throw outcome.error;
    return undefined;
  }

  private async decideUnread<Answer>(
    change: Change<Command>,
    { onLoad }: Policy<State, EventIn<Category>, Answer, Command>,
    known: Remembered<State>,
  ): Promise<Outcome<State, Answer> | { readonly error: unknown } | undefined> {
    // Before earlier commands are looked for, which is done again after the read.
    if (this.history.decider.decide(change.command, known.state).length === 0) return undefined;
    const loaded = { ...known, events: [], decoded: [] };
    return (await this.answerTo(change.stream, loaded, onLoad)) ?? this.attempt(change, {}, known);
  }

  private async load<Answer>(
    { stream, cause }: Change<Command>,
    { onLoad }: Policy<State, EventIn<Category>, Answer, Command>,
    mayHaveLandedAfter?: StreamHead,
  ): Promise<Outcome<State, Answer> | Loaded<State, EventIn<Category>>> {
    const instance = await this.history.load(stream);
    if (mayHaveLandedAfter !== undefined) {
      const eventId = deterministicEventId(cause.causationId, cause.step, 0);
      const news = await this.history.eventsAfter(stream, mayHaveLandedAfter, instance);
      if (news.some(({ id }) => id === eventId)) return { kind: 'appended', instance };
    }
    return (await this.answerTo(stream, instance, onLoad)) ?? instance;
  }

  private async answerTo<Answer>(
    stream: string,
    instance: Loaded<State, EventIn<Category>>,
    onLoad: Policy<State, EventIn<Category>, Answer, Command>['onLoad'],
  ): Promise<Outcome<State, Answer> | undefined> {
    const find = (commandId: string) => this.history.findCommand(stream, instance, commandId);
    const answer = await onLoad?.(instance, find);
    return answer === undefined ? undefined : { kind: 'answered', answer };
  }

  private async attempt<Answer>(
    { stream, command, cause }: Change<Command>,
    { onNothing }: Pick<Policy<State, EventIn<Category>, Answer, Command>, 'onNothing'>,
    instance: Known<State> | Loaded<State, EventIn<Category>>,
  ): Promise<Outcome<State, never> | { readonly error: unknown }> {
    const { decide, evolve } = this.history.decider;
    const decided = decide(command, instance.state);
    const noted = decided.length === 0 && 'events' in instance ? onNothing?.(instance) : undefined;
    const events = noted ?? decided;
    if (events.length === 0) return { kind: 'not-due', instance };
    try {
      const { head, position } = await this.history.appendTo(stream, instance, events, cause);
      const state = events.reduce((before, event) => evolve(before, event), instance.state);
      return { kind: noted ? 'not-due' : 'appended', instance: { state, head, position } };
    } catch (error) {
      return { error };
    }
  }
}

/** As it is to be decided on: of what was not loaded, as it was given. */
async function fitted<Command, State, Event>(
  change: Change<Command>,
  { fit }: Policy<State, Event, unknown, Command>,
  found: Known<State> | Loaded<State, Event>,
): Promise<Change<Command>> {
  return fit && 'events' in found ? { ...change, command: await fit(found) } : change;
}

/** Behind what was known at first: there an append of unknown outcome is looked for. */
function placeOfUnknown(
  { retriesUnknown = false }: { readonly retriesUnknown?: boolean },
  found: { readonly kind: string } | Known<unknown>,
): StreamHead | undefined {
  return retriesUnknown && 'head' in found ? found.head : undefined;
}

function isWorthAnotherTry(
  error: unknown,
  { retriesUnknown }: { readonly retriesUnknown?: boolean },
): boolean {
  if (error instanceof EventStoreUnavailableError) return retriesUnknown === true;
  return error instanceof RevisionConflictError;
}

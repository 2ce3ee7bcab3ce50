import type {
  CommandAnswers,
  CommandInputs,
  EventCategory,
  EventDocument,
  EventIn,
  QueryAnswers,
  QueryInputs,
} from '@uplift/contracts';
import { untilAnswered, type Patience } from './retries';
import type { Waits } from './waits';

export type CommandName = keyof CommandInputs;
export type CommandInput<Name extends CommandName> = CommandInputs[Name];
export type CommandAnswerOf<Name extends CommandName> = CommandAnswers[Name];
export type QueryName = keyof QueryInputs;
export type QueryInput<Name extends QueryName> = QueryInputs[Name];
export type QueryAnswerOf<Name extends QueryName> = QueryAnswers[Name];

export interface CommandOptions extends Patience {
  /** Names the command: whoever sends it again under the same key has it done once. A random one if absent. */
  readonly key?: string;
  /** Refused if the instance has gone on since this revision. Over HTTP alone. */
  readonly ifRevision?: number;
}

type Described<Event> = Event extends unknown
  ? Omit<EventDocument, 'type' | 'data'> & Event
  : never;

/** An event with its place in the store. Pass over a `type` that you do not know: newer services write more of them. */
export type UpliftEvent = Described<EventIn<EventCategory>>;

/** What `command` hands to a transport. */
export interface SentCommand {
  readonly name: CommandName;
  readonly input: object;
  readonly key: string;
  readonly ifRevision: number | undefined;
}

/** One way to the services. An attempt that gets no answer throws NotAnsweredError, a refused one ProblemError. */
export interface Transport<FollowOptions> {
  command(command: SentCommand, signal: AbortSignal): Promise<unknown>;
  query(name: QueryName, input: object, signal: AbortSignal): Promise<unknown>;
  follow(options: FollowOptions): AsyncGenerator<UpliftEvent, void, undefined>;
  close(): Promise<void>;
}

const USABLE_KEY = /^[\x21-\x7e]{1,255}$/;

/** Commands, queries and events of Uplift, over HTTP or NATS. */
export class UpliftClient<FollowOptions> {
  constructor(
    private readonly transport: Transport<FollowOptions>,
    private readonly waits: Waits,
  ) {}

  /**
   * Sends a command until it is answered, each time under the same key. Throws ProblemError if it is refused, and
   * GaveUpError, which knows the key, if nobody answers.
   */
  async command<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    { key = this.waits.key(), ifRevision, ...patience }: CommandOptions = {},
  ): Promise<CommandAnswerOf<Name>> {
    if (!USABLE_KEY.test(key)) {
      throw new RangeError('A key has 1 to 255 printable ASCII characters without spaces');
    }
    const sent = { name, input, key, ifRevision };
    const send = (signal: AbortSignal) => this.transport.command(sent, signal);
    return (await untilAnswered(this.waits, { ...patience, key }, send)) as CommandAnswerOf<Name>;
  }

  /** Asks until there is an answer. Throws ProblemError and GaveUpError. */
  async query<Name extends QueryName>(
    name: Name,
    input: QueryInput<Name>,
    patience: Patience = {},
  ): Promise<QueryAnswerOf<Name>> {
    const send = (signal: AbortSignal) => this.transport.query(name, input, signal);
    return (await untilAnswered(this.waits, patience, send)) as QueryAnswerOf<Name>;
  }

  /** Events in the order of the store; goes on by itself after a lost connection. Leave the loop to end it. */
  follow(options: FollowOptions): AsyncGenerator<UpliftEvent, void, undefined> {
    return this.transport.follow(options);
  }

  /** Ends the connection, unless it was the caller's own. */
  close(): Promise<void> {
    return this.transport.close();
  }
}

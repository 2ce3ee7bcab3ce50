import {
  COMMAND_SUBJECTS,
  CONTENT_TYPES,
  ERROR_HEADERS,
  isProblemDetails,
  ProblemError,
  QUERY_SUBJECTS,
  REQUEST_HEADERS,
  type QueryName,
} from '@uplift/contracts';
import {
  connect,
  ErrorCode,
  headers as newHeaders,
  NatsError,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
} from 'nats';
import { NatsFollowing, type NatsFollowOptions } from './nats.following';
import { withLogin } from './nats.login';
import { NotAnsweredError } from './retries';
import { UpliftClient, type SentCommand, type Transport } from './uplift-client';
import { SYSTEM_WAITS, type Waits } from './waits';

export interface NatsOptions {
  /** A token of whoever a command is sent for; without it the command is that of the user of the bus. */
  readonly actorToken?: string;
}

/** Longer than an attempt may take: its signal ends it. */
const REQUEST_LIMIT_MS = 30_000;

/** What says that nobody has answered, not that somebody has refused. */
const SILENCES: readonly string[] = [
  ErrorCode.NoResponders,
  ErrorCode.Timeout,
  ErrorCode.Disconnect,
];

/** A service of yours outlives a restart of every server; all of it can be set otherwise. */
const LASTING: ConnectionOptions = { maxReconnectAttempts: -1, pingInterval: 10_000 };

/**
 * Speaks to the services on the bus. Takes a connection of yours, or what the package nats takes to make one: addresses,
 * user or NKey, `inboxPrefix`.
 */
export async function overNats(
  connection: NatsConnection | ConnectionOptions,
  options: NatsOptions = {},
  waits: Waits = SYSTEM_WAITS,
): Promise<UpliftClient<NatsFollowOptions>> {
  const isGiven = isConnection(connection);
  const nats = isGiven ? connection : await connect({ ...LASTING, ...withLogin(connection) });
  const close = () => (isGiven ? Promise.resolve() : nats.drain());
  return new UpliftClient(new NatsTransport(nats, waits, options, close), waits);
}

function isConnection(value: NatsConnection | ConnectionOptions): value is NatsConnection {
  return 'request' in value;
}

class NatsTransport implements Transport<NatsFollowOptions> {
  constructor(
    private readonly nats: NatsConnection,
    private readonly waits: Waits,
    private readonly options: NatsOptions,
    readonly close: () => Promise<void>,
  ) {}

  async command(command: SentCommand, signal: AbortSignal): Promise<unknown> {
    const { name, input, key, ifRevision } = command;
    if (ifRevision !== undefined) throw new RangeError('ifRevision is for HTTP alone');
    const { actorToken } = this.options;
    const fields = {
      [REQUEST_HEADERS.idempotencyKey]: key,
      ...(actorToken === undefined ? {} : { [REQUEST_HEADERS.actorToken]: actorToken }),
    };
    return this.request(COMMAND_SUBJECTS[name], input, { signal, fields });
  }

  query(name: QueryName, input: object, signal: AbortSignal): Promise<unknown> {
    return this.request(QUERY_SUBJECTS[name], input, { signal, fields: {} });
  }

  follow(options: NatsFollowOptions) {
    return new NatsFollowing(this.nats, this.waits, options).events();
  }

  private async request(
    subject: string,
    body: object,
    { signal, fields }: { signal: AbortSignal; fields: Readonly<Record<string, string>> },
  ): Promise<unknown> {
    const headers = newHeaders();
    headers.set(REQUEST_HEADERS.contentType, CONTENT_TYPES.json);
    for (const [name, value] of Object.entries(fields)) headers.set(name, value);
    const options = { timeout: REQUEST_LIMIT_MS, headers };
    try {
      const answer = this.nats.request(subject, JSON.stringify(body), options);
      return contentOf(await orAborted(answer, signal), subject);
    } catch (error) {
      if (!isSilence(error)) throw error;
      throw new NotAnsweredError(`Nobody answered on ${subject}`, { cause: error });
    }
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof NatsError && SILENCES.includes(error.code);
}

/** The client itself cannot be told to wait no longer. */
function orAborted(answer: Promise<Msg>, signal: AbortSignal): Promise<Msg> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new NotAnsweredError('No answer came in time'));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function contentOf(answer: Msg, subject: string): unknown {
  const content = parsed(answer, subject);
  if (!answer.headers?.has(ERROR_HEADERS.code)) return content;
  if (isProblemDetails(content)) throw new ProblemError(content);
  throw new Error(`The answer on ${subject} is an error that cannot be read`);
}

function parsed(answer: Msg, subject: string): unknown {
  try {
    return answer.json();
  } catch (cause) {
    throw new Error(`The answer on ${subject} is not JSON`, { cause });
  }
}

import type { Clock } from '@uplift/runtime';
import { NatsError } from 'nats';
import type { BusAccess } from './bus-access';
import type { BusConnection } from './bus-connection.port';
import { inboxPrefixOf } from './bus-permissions';
import { connectBus, refusedWith } from './nats.bus-connection';
import { UpcomingBusConnection } from './upcoming.bus-connection';

type Check = (name: string, check: () => string | undefined) => void;

/** What a service brings along: its name, its clock, its log and its readiness. */
export interface ServiceBusOptions extends BusAccess {
  readonly name: string;
  /** The bus user whose rights it needs: answers come where that one may read. */
  readonly user: string;
  readonly clock: Clock;
  readonly logger: {
    fatal(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  readonly health: { readonly addReadiness: Check };
}

export interface DegradableBusOptions extends Omit<ServiceBusOptions, 'health'> {
  readonly health: { readonly addDegradation: Check };
}

/** The connection of a whole service: unready while it is down, and the process ends when it is gone for good. */
export async function connectServiceBus(options: ServiceBusOptions): Promise<BusConnection> {
  const coming = new ComingConnection(options);
  options.health.addReadiness('bus', () => coming.trouble);
  return coming.connection;
}

/** How long a service that can do without the bus waits for it at its start, in ms. */
const SHORT_WAIT_MS = 2_000;

/** The same for a service that works without the bus as well: it starts, and is ready, while the bus is away. */
export async function openServiceBus(options: DegradableBusOptions): Promise<BusConnection> {
  const coming = new ComingConnection(options);
  const there = coming.connection.catch((error: unknown) => endFor(options, error));
  const connection = new UpcomingBusConnection(there, options.clock);
  options.health.addDegradation('bus', () => coming.trouble);
  const isThere = new AbortController();
  await Promise.race([there, options.clock.idle(SHORT_WAIT_MS, isThere.signal)]);
  isThere.abort();
  return connection;
}

type Options = Omit<ServiceBusOptions, 'health'>;

/** Pause before a server is asked again that has refused the user, in ms. */
const REFUSED_PAUSE_MS = 1_000;

/** A connection that is tried for until the server is there and knows the user. */
class ComingConnection {
  readonly connection: Promise<BusConnection>;
  private current: BusConnection | undefined;
  private refusal = '';

  constructor(private readonly options: Options) {
    this.connection = this.connect();
  }

  /** Why the bus cannot be worked with as it must; undefined if it can. */
  get trouble(): string | undefined {
    if (this.current !== undefined) return this.current.trouble;
    return this.refusal === '' ? 'not connected' : `not connected: ${refusedWith(this.refusal)}`;
  }

  private async connect(): Promise<BusConnection> {
    let connection = await this.tried();
    while (connection === undefined) {
      await this.options.clock.pause(REFUSED_PAUSE_MS);
      connection = await this.tried();
    }
    this.current = connection;
    return connection;
  }

  /** Undefined if the server refuses the user. */
  private async tried(): Promise<BusConnection | undefined> {
    try {
      return await connectFor(this.options);
    } catch (error) {
      if (!(error instanceof NatsError && error.isAuthError())) throw error;
      this.tell(error);
      return undefined;
    }
  }

  private tell({ code }: NatsError): void {
    if (code === this.refusal) return;
    this.refusal = code;
    this.options.logger.error(
      { code, user: this.options.user },
      'the NATS server refuses the user',
    );
  }
}

function connectFor({ name, user, clock, logger, ...access }: Options): Promise<BusConnection> {
  return connectBus({
    ...access,
    name,
    clock,
    inboxPrefix: inboxPrefixOf(user),
    onTrouble: (fields, message) => logger.error({ ...fields, user }, message),
    onClosed: (error) => endFor({ logger }, error),
  });
}

function endFor({ logger }: Pick<Options, 'logger'>, error: unknown): never {
  logger.fatal({ err: error }, 'the bus connection is closed');
  process.exit(1);
}

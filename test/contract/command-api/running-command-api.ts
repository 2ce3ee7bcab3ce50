import { BusClient, connectBus } from '@uplift/bus';
import type { NatsBusConnection } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { categoryOf, encodeHeartbeat, HEARTBEAT_SUBJECT, instanceStream } from '@uplift/contracts';
import { EsdbEventStore, loadOrEmpty } from '@uplift/event-store';
import { Stack } from '../../../tools/stack/src';
import { PublishedContract } from './published-contract';

type Settings = Readonly<Record<string, string>>;

export interface Call {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when a text, else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The command API alone, as a process, on a real bus and the embedded event store. */
export class RunningCommandApi {
  private constructor(
    readonly stack: Stack,
    readonly store: EsdbEventStore,
    readonly connection: NatsBusConnection,
  ) {}

  static async start(
    settings: Settings = {},
    eventStore: Settings = {},
  ): Promise<RunningCommandApi> {
    const stack = await Stack.start({
      infrastructure: ['eventstore', 'nats'],
      services: ['command-api'],
      eventStore,
      serviceEnv: { 'command-api': settings },
    });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    const connection = await connectBus({ servers: stack.url('nats'), name: 'contract-test' });
    await standInForWatchdog(connection);
    return new RunningCommandApi(stack, store, connection);
  }

  get bus(): BusClient {
    return new BusClient(this.connection);
  }

  get url(): string {
    return this.stack.apiUrl;
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.store.close();
    await this.stack.stop();
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  post(path: string, call: Call, url = this.url): Promise<Answer> {
    return this.request('POST', path, call, url);
  }

  /** Every answer is held to what is published. */
  async request(method: string, path: string, call: Call, url = this.url): Promise<Answer> {
    const { key, headers = {}, body } = call;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    const { status } = response;
    PublishedContract.load().check({ method, path, status, body: answer });
    return { status, headers: response.headers, body: answer };
  }

  eventsOf(instanceId: string): Promise<readonly StoredEvent[]> {
    return loadOrEmpty(this.store, instanceStream(instanceId));
  }

  lastPosition(): Promise<bigint | null> {
    return this.store.lastPosition();
  }

  /** Streams written to after a position; refusals and reads are kept beside the instances. */
  async writtenSince(after: bigint | null): Promise<readonly string[]> {
    const streams: string[] = [];
    const from = after === null ? {} : { after };
    for await (const { events, caughtUp } of this.store.subscribeToAll(from)) {
      streams.push(...events.map(({ stream }) => stream));
      if (caughtUp) break;
    }
    return streams.filter((stream) => !['refusal', 'audit'].includes(categoryOf(stream) ?? ''));
  }

  /** The data of every denied command. */
  async denials(): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    for await (const { events, caughtUp } of this.store.subscribeToAll({})) {
      found.push(...events.filter(({ type }) => type === 'CommandDenied').map(({ data }) => data));
      if (caughtUp) break;
    }
    return found;
  }

  async register(key: string): Promise<string> {
    const { body } = await this.post('/v1/instances', { key, body: registrationOf(key) });
    return String(body.instanceId);
  }
}

/** Without one the health page would say, from some time on, that there is none. */
async function standInForWatchdog(connection: NatsBusConnection): Promise<void> {
  await connection.serve({
    ...{ name: 'contract-test-watchdog', version: '1.0.0' },
    endpoints: [
      {
        ...{ name: 'heartbeat', subject: HEARTBEAT_SUBJECT, metadata: {} },
        onRequest: (request) => request.respond(encodeHeartbeat({ ageMs: 0, idleBecause: null })),
      },
    ],
  });
}

/** One API for every suite of a `describe`; what it returns is called within a hook or a test. */
export function commandApiForAll(
  settings: Settings = {},
  eventStore: Settings = {},
): () => RunningCommandApi {
  let api: RunningCommandApi | undefined;
  beforeAll(async () => {
    api = await RunningCommandApi.start(settings, eventStore);
  });
  afterAll(() => api?.stop());
  return () => {
    if (api === undefined) throw new Error('The command API has not started');
    return api;
  };
}

export const REGISTRATION = {
  project: 'shop',
  environment: 'main',
  app: 'store-app',
  status: 'running-healthy-claimed',
};

/** The same in an environment of its own: each can only be one instance. */
export function registrationOf(key: string) {
  const name = key.replace(/[^A-Za-z0-9]+/g, '-').slice(-90);
  return { ...REGISTRATION, environment: `at-${name}` };
}

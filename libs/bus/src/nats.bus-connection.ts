import { RepeatedLines, systemClock, type CancelTimer, type Clock } from '@uplift/runtime';
import type { ReceivedMessage } from '@uplift/contracts';
import {
  connect,
  createInbox,
  ErrorCode,
  Events,
  NatsError,
  type JetStreamManager,
  type NatsConnection,
  type Status,
} from 'nats';
import {
  BusConnection,
  JetStreamSilentError,
  NoAnswerError,
  PayloadTooLargeError,
  type ConsumerState,
  type MessageOnBus,
  type PublishChannel,
  type PublishListener,
  type Pull,
  type PullListener,
  type PullRequest,
  type RequestOptions,
  type ServiceDescription,
  type StreamFill,
  type TopologyReport,
} from './bus-connection.port';
import { natsAccess, type BusAccess } from './bus-access';
import type { TopologyOptions } from './bus-topology';
import { Denials } from './denials';
import { NatsAnswers } from './nats.answers';
import {
  headerRecord,
  isTooLarge,
  natsHeaders,
  NatsPublishChannel,
  NatsPull,
} from './nats.messages';
import { NatsService, type DroppedRequest } from './nats.services';
import {
  consumerState,
  ensureNatsConsumers,
  ensureNatsStream,
  hasConsumer,
  isSilence,
  storedMessage,
  streamFaults,
  streamFill,
  type StoredMessageQuery,
} from './nats.event-stream';

export interface BusOptions extends BusAccess {
  /** Shown by the server in its connection list. */
  readonly name: string;
  /** Prefix of the reply subjects, so that a bus user can be limited to its own; default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** The connection is gone for good: the process has to end. Not called by `close()`. */
  readonly onClosed?: (error: Error | undefined) => void;
  /** What builds on the connection goes by it; default: the machine's. */
  readonly clock?: Clock;
  /** Gives up when no server has answered so many times, instead of waiting for one. */
  readonly tries?: number;
  /** Told of what is denied to this user or asked wrongly of it, each kind once a minute. */
  readonly onTrouble?: (fields: object, message: string) => void;
}

/** Of a server that does not say otherwise. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

const SETTINGS = {
  /** For one attempt: a server that dies while a client connects may never say a word. */
  timeout: 2_000,
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
  /** A server that hangs answers no ping: noticed after 2 to 3 s. The client tries it once more before another. */
  pingInterval: 1_000,
  maxPingOut: 2,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
};

const DIAL_CHECK_MS = 1_000;

/** What the client keeps for itself: it dials a server again only a while after its last dial, by the wall clock. */
interface Dialled {
  readonly protocol?: { readonly servers?: { readonly servers?: { lastConnect: number }[] } };
  readonly options?: { ignoreAuthErrorAbort?: boolean };
}

/** A user that was known once may be known again: the client would give up at the second refusal. */
function outlastRefusals({ options }: NatsConnection & Dialled): void {
  if (options !== undefined) options.ignoreAuthErrorAbort = true;
}

/** A wall clock that was ahead and was put back would have it wait for as long as it was ahead. */
function forgetDialsToCome(client: NatsConnection & Dialled, wall: number): void {
  for (const server of client.protocol?.servers?.servers ?? []) {
    if (server.lastConnect > wall) server.lastConnect = 0;
  }
}

/** The bus as a NATS server with JetStream. */
export class NatsBusConnection extends BusConnection {
  override readonly clock: Clock;
  private connected = true;
  private closing = false;
  private manager: Promise<JetStreamManager> | undefined;
  private readonly answers: NatsAnswers;
  private stopWaiting: CancelTimer = () => undefined;
  private readonly reconnectListeners = new Set<() => void>();
  private readonly denials: Denials;
  private readonly lines: RepeatedLines;
  /** What the server said when it ended the connection, or would not have it. */
  private refusal = '';

  constructor(
    /** For this library and for tests: nobody else speaks the client's language. */
    readonly nats: NatsConnection,
    private readonly options: Pick<
      BusOptions,
      'inboxPrefix' | 'onClosed' | 'clock' | 'onTrouble'
    > = {},
  ) {
    super();
    this.clock = options.clock ?? systemClock;
    this.denials = new Denials(this.clock, {
      onDenied: (denied) =>
        options.onTrouble?.({ denied }, 'the NATS server denies this user what it needs'),
      onAnswersDenied: (answers) =>
        options.onTrouble?.({ answers }, 'the NATS server denies answers of this user'),
    });
    this.lines = new RepeatedLines(this.clock);
    outlastRefusals(nats);
    this.answers = new NatsAnswers(nats, this.clock);
    void this.followStatus();
    void this.followEnd();
  }

  override get isConnected(): boolean {
    return this.connected && !this.nats.isClosed();
  }

  override get isClosed(): boolean {
    return this.nats.isClosed();
  }

  override get maxPayload(): number {
    return this.nats.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
  }

  override get trouble(): string | undefined {
    if (this.isConnected) return this.denials.reason;
    return this.refusal === '' ? 'not connected' : `not connected: ${refusedWith(this.refusal)}`;
  }

  override onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  override flush(): Promise<void> {
    this.answers.send();
    return this.nats.flush();
  }

  override async close(): Promise<void> {
    this.closing = true;
    if (this.nats.isClosed()) return;
    this.answers.send();
    if (this.connected && !this.nats.isDraining()) return this.nats.drain();
    return this.nats.close();
  }

  override ensureStream(options: TopologyOptions = {}): Promise<TopologyReport> {
    return this.administer((manager) => ensureNatsStream(manager, options));
  }

  override ensureConsumers(options: TopologyOptions = {}): Promise<TopologyReport> {
    return this.administer((manager) => ensureNatsConsumers(manager, options));
  }

  override streamFaults(): Promise<readonly string[]> {
    return this.administer((manager) => streamFaults(manager));
  }

  override async lastSequence(): Promise<number> {
    return (await this.streamFill()).lastSequence;
  }

  override streamFill(): Promise<StreamFill> {
    return this.administer((manager) => streamFill(manager));
  }

  override messageAt(sequence: number): Promise<MessageOnBus | null> {
    return this.storedMessage({ seq: sequence });
  }

  override messageFrom(sequence: number): Promise<MessageOnBus | null> {
    return this.storedMessage({ seq: sequence, next_by_subj: '>' });
  }

  override firstWith(subject: string, sequence: number): Promise<MessageOnBus | null> {
    return this.storedMessage({ seq: sequence, next_by_subj: subject });
  }

  override openPublishing(listener: PublishListener): PublishChannel {
    return new NatsPublishChannel(this.nats, this.newInbox(), listener);
  }

  override hasConsumer(durable: string): Promise<boolean> {
    return hasConsumer(this.nats, durable);
  }

  override consumerState(durable: string): Promise<ConsumerState | null> {
    return consumerState(this.nats, durable);
  }

  override pull(request: PullRequest, listener: PullListener): Pull {
    return new NatsPull(this.nats, this.answers, { ...request, inbox: this.newInbox() }, listener);
  }

  override async request(
    subject: string,
    payload: Uint8Array | string,
    { headers, timeoutMs }: RequestOptions,
  ): Promise<ReceivedMessage> {
    try {
      const options = { timeout: timeoutMs, headers: natsHeaders(headers) };
      const reply = await this.nats.request(subject, payload, options);
      return { headers: headerRecord(reply.headers), payload: reply.data };
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      if (isTooLarge(error)) {
        throw new PayloadTooLargeError(Buffer.byteLength(payload), this.maxPayload);
      }
      throw new NoAnswerError(silenceOf(error), { cause: error });
    }
  }

  override async serve(description: ServiceDescription): Promise<() => Promise<void>> {
    const { nats, clock } = this;
    const service = new NatsService(nats, description, {
      clock,
      maxPayload: () => this.maxPayload,
      onDropped: (request, fault) => this.tellDropped(request, fault),
    });
    await service.start();
    return () => service.stop();
  }

  private tellDropped(request: DroppedRequest, fault: string): void {
    if (!this.lines.isDue(fault)) return;
    this.options.onTrouble?.(request, `a request is dropped: ${fault}`);
  }

  private newInbox(): string {
    return createInbox(this.options.inboxPrefix);
  }

  private storedMessage(query: StoredMessageQuery): Promise<MessageOnBus | null> {
    return this.administer((manager) => storedMessage(manager, query));
  }

  private async administer<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      this.manager ??= this.nats.jetstreamManager({ checkAPI: false, timeout: 2_000 });
      return await work(await this.manager);
    } catch (error) {
      if (isSilence(error)) throw new JetStreamSilentError(this.isConnected, { cause: error });
      throw error;
    }
  }

  private onDisconnect(): void {
    this.connected = false;
    this.stopWaiting();
    this.stopWaiting = this.clock.every(DIAL_CHECK_MS, () =>
      forgetDialsToCome(this.nats, this.clock.wall()),
    );
  }

  private onConnected(): void {
    this.connected = true;
    this.refusal = '';
    this.denials.forget();
    this.stopWaiting();
    this.reconnectListeners.forEach((listener) => listener());
  }

  private onRefused({ data, permissionContext }: Status): void {
    if (permissionContext !== undefined) this.denials.record(permissionContext);
    else if (typeof data === 'string') this.refusal = data;
  }

  private async followStatus(): Promise<void> {
    for await (const status of this.nats.status()) {
      if (status.type === Events.Disconnect) this.onDisconnect();
      if (status.type === Events.Error) this.onRefused(status);
      if (status.type === Events.Reconnect) this.onConnected();
    }
  }

  private async followEnd(): Promise<void> {
    const error = await this.nats.closed();
    this.connected = false;
    this.stopWaiting();
    if (!this.closing) this.options.onClosed?.(error instanceof Error ? error : undefined);
  }
}

/** In words what the server said, by the code that the client has for it. */
export function refusedWith(code: string): string {
  return `the NATS server refuses this user (${code})`;
}

function silenceOf({ code }: NatsError): NoAnswerError['reason'] {
  if (code === (ErrorCode.Timeout as string)) return 'timeout';
  return code === (ErrorCode.PermissionsViolation as string) ? 'denied' : 'no-responder';
}

/** Waits until a server answers, however long that takes. Throws BusAccessError. */
export async function connectBus(options: BusOptions): Promise<NatsBusConnection> {
  const { name, inboxPrefix, tries } = options;
  const nats = await connect({
    ...SETTINGS,
    ...natsAccess(options),
    name,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(tries === undefined ? {} : { waitOnFirstConnect: false, maxReconnectAttempts: tries }),
  });
  return new NatsBusConnection(nats, options);
}

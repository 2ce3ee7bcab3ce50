import type { BusMessage, ReceivedMessage } from '@uplift/contracts';
import type { Clock, Randomness } from '@uplift/runtime';
import {
  merged,
  type MessageOnBus,
  type PublishAnswer,
  type ServedEndpoint,
  type StreamFill,
  type TopologyReport,
} from '../bus-connection.port';
import {
  differences,
  uncorrected,
  wantedConsumers,
  wantedStream,
  type ServerSettings,
  type TopologyOptions,
  type WantedSettings,
} from '../bus-topology';
import { InMemoryConsumer } from './in-memory.consumer';

/** One message on its way between a connection and the server. */
export interface Hop {
  /** Name of the connection. */
  readonly connection: string;
  readonly to: 'server' | 'client';
  readonly kind: 'publish' | 'pull' | 'delivery' | 'ack' | 'request' | 'administration';
}

export interface InMemoryBusOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /**
   * Carries a message: calls `arrive` when it is there, which may be later, several times or never. Absent: everything
   * arrives, in order, before any timer runs.
   */
  readonly carry?: (hop: Hop, arrive: () => void) => void;
}

/** What the server knows of a connection. */
export interface AttachedConnection {
  readonly isConnected: boolean;
  /** The server cannot be reached and forgets what this connection has asked for. */
  lose(): void;
  restore(): void;
  receive(
    endpoint: ServedEndpoint,
    message: ReceivedMessage,
    answer: (reply: ReceivedMessage) => void,
  ): void;
}

interface Server {
  readonly connection: AttachedConnection;
  readonly endpoint: ServedEndpoint;
}

interface Stream {
  readonly messages: MessageOnBus[];
  /** Sequences of messages that somebody with the right to do so has deleted. */
  readonly removed: Set<number>;
  readonly consumers: Map<string, InMemoryConsumer>;
  settings: ServerSettings;
  bytes: number;
  readonly createdAt: string;
}

/** A whole bus inside the process: stream, consumers, services, and as many connections as there are services. */
export class InMemoryBus {
  readonly clock: Clock;
  readonly carry: (hop: Hop, arrive: () => void) => void;
  private readonly connections = new Set<AttachedConnection>();
  private readonly servers = new Map<string, Set<Server>>();
  private stream: Stream | undefined;
  private created = 0;
  private running = true;
  private isDiskFull = false;
  /** A real server that could not write a message confirms none any more, until it starts again. */
  private hasFailedToWrite = false;

  constructor(private readonly options: InMemoryBusOptions) {
    this.clock = options.clock;
    this.carry = options.carry ?? ((_, arrive) => queueMicrotask(arrive));
  }

  get isRunning(): boolean {
    return this.running;
  }

  /** The server is gone for a while; what it has stored stays. */
  stop(): void {
    this.running = false;
    this.connections.forEach((connection) => connection.lose());
  }

  start(): void {
    this.running = true;
    this.hasFailedToWrite = false;
    this.connections.forEach((connection) => connection.restore());
  }

  /** The server comes back without anything it had stored. */
  wipe(): void {
    this.restart(undefined);
  }

  /** Somebody with the right to do so deletes the stream: nobody loses a connection. */
  deleteStream(): void {
    this.stream?.consumers.forEach((consumer) => consumer.end());
    this.stream = undefined;
  }

  /** Returns the function that takes the server back to the messages of this moment; consumers start anew. */
  backUp(): () => void {
    const { stream } = this;
    const messages = [...(stream?.messages ?? [])];
    const bytes = stream?.bytes ?? 0;
    return () => this.restart(stream && { ...stream, messages, bytes, consumers: new Map() });
  }

  /** Somebody with the right to do so deletes a message: consumers that have not come that far still get it. */
  remove(sequence: number): void {
    this.stream?.removed.add(sequence);
  }

  /** The disk gives back something else than it was given. */
  flip(sequence: number, change: (message: MessageOnBus) => BusMessage): void {
    const { messages = [] } = this.stream ?? {};
    const message = messages[sequence - 1];
    if (message) messages[sequence - 1] = { ...change(message), sequence };
  }

  /** What is stored can still be read, and consumers go on. */
  fillDisk(): void {
    this.isDiskFull = true;
  }

  makeRoom(): void {
    this.isDiskFull = false;
  }

  /** All that is stored, deleted messages too. */
  get contents(): readonly MessageOnBus[] {
    return this.stream?.messages ?? [];
  }

  /** Messages of a durable that are still to be handed out, or in somebody's hands. */
  undone(durable: string): number {
    return this.consumer(durable)?.undone ?? 0;
  }

  // What connections ask of the server.

  attach(connection: AttachedConnection): () => void {
    this.connections.add(connection);
    return () => this.connections.delete(connection);
  }

  ensureStream(options: TopologyOptions): TopologyReport {
    const wanted = wantedStream(options);
    const { settings, report } = ensured(`stream ${wanted.name}`, wanted, this.stream?.settings);
    this.stream ??= {
      messages: [],
      removed: new Set(),
      consumers: new Map(),
      settings,
      bytes: 0,
      createdAt: `stream ${(this.created += 1)}`,
    };
    this.stream.settings = settings;
    return report;
  }

  ensureConsumers(options: TopologyOptions): TopologyReport {
    const { stream } = this;
    if (!stream) throw new Error('stream not found');
    const reports = wantedConsumers(options).map((each) => {
      const found = stream.consumers.get(each.name);
      const { settings, report } = ensured(`consumer ${each.name}`, each, found?.settings);
      if (report.changes.length > 0) {
        found?.end();
        const consumer = new InMemoryConsumer(settings, stream.messages, this.clock);
        stream.consumers.set(each.name, consumer);
      }
      return report;
    });
    return merged(reports);
  }

  /** What an operator does to the stream, or to a consumer. */
  configure(name: string, settings: ServerSettings): void {
    const changed = this.stream?.consumers.get(name) ?? this.stream;
    if (changed) changed.settings = { ...changed.settings, ...settings };
  }

  streamFaults(): readonly string[] {
    if (!this.stream) throw new Error('stream not found');
    return uncorrected(this.stream.settings, wantedStream({}));
  }

  lastSequence(): number {
    if (!this.stream) throw new Error('stream not found');
    return this.stream.messages.length;
  }

  streamFill(): StreamFill {
    const lastSequence = this.lastSequence();
    const { bytes = 0, settings, createdAt = '' } = this.stream ?? {};
    const maxBytes = Number(settings?.max_bytes);
    return { lastSequence, bytes, maxBytes: maxBytes > 0 ? maxBytes : null, createdAt };
  }

  messageAt(sequence: number): MessageOnBus | null {
    if (this.stream?.removed.has(sequence)) return null;
    return this.stream?.messages[sequence - 1] ?? null;
  }

  messageFrom(sequence: number): MessageOnBus | null {
    const { messages = [], removed } = this.stream ?? {};
    return messages.slice(sequence - 1).find((each) => !removed?.has(each.sequence)) ?? null;
  }

  firstWith(subject: string, sequence: number): MessageOnBus | null {
    const { messages = [], removed } = this.stream ?? {};
    const from = messages.slice(sequence - 1).filter((each) => !removed?.has(each.sequence));
    return from.find((message) => message.subject === subject) ?? null;
  }

  consumer(durable: string): InMemoryConsumer | undefined {
    return this.stream?.consumers.get(durable);
  }

  /** Undefined: nobody is answered. */
  store(message: BusMessage, expectedLast: number): PublishAnswer | undefined {
    const { stream } = this;
    if (!stream) return { kind: 'failed', reason: 'no-stream', detail: 'nobody answered' };
    const last = stream.messages.length;
    if (last !== expectedLast) {
      const detail = `wrong last sequence: ${last}`;
      return { kind: 'failed', reason: 'wrong-sequence', detail };
    }
    this.hasFailedToWrite ||= this.isDiskFull;
    if (this.hasFailedToWrite) return undefined;
    const maxBytes = Number(stream.settings.max_bytes);
    const bytes = stream.bytes + sizeOf(message);
    if (maxBytes >= 0 && bytes > maxBytes) {
      return { kind: 'failed', reason: 'refused', detail: 'maximum bytes exceeded' };
    }
    stream.bytes = bytes;
    stream.messages.push({ ...message, sequence: last + 1 });
    stream.consumers.forEach((consumer) => consumer.serve());
    return { kind: 'stored', sequence: last + 1 };
  }

  /** Returns the function that takes the endpoint off the bus. */
  serve(server: Server): () => void {
    const { subject } = server.endpoint;
    const known = this.servers.get(subject) ?? new Set<Server>();
    this.servers.set(subject, known.add(server));
    return () => known.delete(server);
  }

  /** One of those that serve the subject. */
  serverOf(subject: string): Server | undefined {
    const all = [...(this.servers.get(subject) ?? [])];
    const reachable = all.filter(({ connection }) => connection.isConnected);
    return reachable[Math.floor(this.options.randomness.fraction() * reachable.length)];
  }

  private restart(stream: Stream | undefined): void {
    this.stop();
    this.stream?.consumers.forEach((consumer) => consumer.end());
    this.stream = stream;
    this.start();
  }
}

/** Headers and subject take room too. */
function sizeOf({ subject, headers, payload }: BusMessage): number {
  const beside = [subject, ...Object.entries(headers).flat()].join('');
  return Buffer.byteLength(beside) + payload.byteLength;
}

function ensured(title: string, wanted: WantedSettings, found: ServerSettings | undefined) {
  const { kept, atCreation } = wanted;
  const wrong = found ? uncorrected(found, wanted) : [];
  const report: TopologyReport = {
    changes: found ? wrong.slice(0, 1).map(() => `${title} (${wrong.join(', ')})`) : [title],
    differences: found ? differences(found, wanted) : [],
    faults: [],
  };
  return { report, settings: { ...(found ?? atCreation), ...kept } };
}

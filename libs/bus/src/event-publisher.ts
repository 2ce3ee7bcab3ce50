import { EVENTS_STREAM, type BusMessage } from '@uplift/contracts';
import type { JetStreamManager, MsgHdrs } from 'nats';
import type { BusConnection } from './bus-connection';
import { PublishRun } from './publish-run';
import { ResumePointLostError } from './publish.errors';
import { isNotFound } from './topology-keeper';

/** A message as the stream keeps it; a relay goes on after the last one. */
export interface MessageOnBus extends BusMessage {
  readonly sequence: number;
}

export interface EventPublisherOptions {
  /** Most messages sent and not yet confirmed; default 512. */
  readonly maxInFlight?: number;
  /** Longest silence of the bus while messages are in flight, in milliseconds; default 5,000. */
  readonly ackTimeoutMs?: number;
}

/** The relay's side of the bus: reads where the stream ends and publishes from there, in order. */
export class EventPublisher {
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly connection: BusConnection,
    private readonly options: EventPublisherOptions = {},
  ) {}

  /** 0 for a stream that never had a message. */
  async lastSequence(): Promise<number> {
    const { state } = await (await this.api()).streams.info(EVENTS_STREAM);
    return state.last_seq;
  }

  /** Null for a stream that never had a message. Throws ResumePointLostError. */
  async lastMessage(): Promise<MessageOnBus | null> {
    const sequence = await this.lastSequence();
    if (sequence === 0) return null;
    const last = await this.messageAt(sequence);
    if (!last) throw new ResumePointLostError(sequence);
    return last;
  }

  /** Null if there is no such message (any more). */
  async messageAt(sequence: number): Promise<MessageOnBus | null> {
    try {
      const stored = await (await this.api()).streams.getMessage(EVENTS_STREAM, { seq: sequence });
      const { subject, header, data } = stored;
      return { sequence, subject, headers: recordOf(header), payload: data };
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  /** The first message published will have to be the one right after `sequence`. */
  startAfter(sequence: number): PublishRun {
    const { maxInFlight = 512, ackTimeoutMs = 5_000 } = this.options;
    return new PublishRun(this.connection, { after: sequence, maxInFlight, ackTimeoutMs });
  }

  private api(): Promise<JetStreamManager> {
    this.manager ??= this.connection.nats.jetstreamManager({ checkAPI: false, timeout: 2_000 });
    return this.manager;
  }
}

function recordOf(headers: MsgHdrs): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, [first]] of headers) {
    if (first !== undefined) record[name] = first;
  }
  return record;
}

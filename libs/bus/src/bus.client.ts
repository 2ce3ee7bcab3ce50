import { ErrorCode, headers as newHeaders, NatsError, type Msg, type MsgHdrs } from 'nats';
import {
  CONTENT_TYPES,
  ERROR_HEADERS,
  isProblemDetails,
  ProblemError,
  REQUEST_HEADERS,
} from '@uplift/contracts';
import type { BusConnection } from './bus-connection';
import { BUS_PROBLEMS } from './bus-problems';
import { headerRecord, ignoringCase } from './header-record';

export interface BusRequestOptions {
  readonly idempotencyKey?: string;
  /** Default 5,000 ms. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** Asks a service on the bus, in plain JSON. */
export class BusClient {
  constructor(private readonly connection: BusConnection) {}

  /**
   * Throws ProblemError: the service's own problem; 503 when nobody answers on the subject (nothing
   * happened); 504 when no answer came in time (the outcome is unknown).
   */
  async request(subject: string, body: unknown, options: BusRequestOptions = {}): Promise<unknown> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const payload = JSON.stringify(body ?? null);
    const reply = await this.send(subject, payload, {
      timeout: timeoutMs,
      headers: headersFor(options),
    });
    return contentOf(reply, subject);
  }

  private async send(
    subject: string,
    payload: string,
    options: { timeout: number; headers: MsgHdrs },
  ): Promise<Msg> {
    try {
      return await this.connection.nats.request(subject, payload, options);
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      const timedOut = error.code === (ErrorCode.Timeout as string);
      const problem = timedOut
        ? BUS_PROBLEMS.timeout(subject, options.timeout)
        : BUS_PROBLEMS.noResponder(subject);
      throw new ProblemError(problem, { cause: error });
    }
  }
}

function headersFor({ idempotencyKey, headers = {} }: BusRequestOptions): MsgHdrs {
  const result = newHeaders();
  result.set(REQUEST_HEADERS.contentType, CONTENT_TYPES.json);
  if (idempotencyKey !== undefined) result.set(REQUEST_HEADERS.idempotencyKey, idempotencyKey);
  Object.entries(headers).forEach(([name, value]) => result.set(name, value));
  return result;
}

function contentOf(reply: Msg, subject: string): unknown {
  const content = parsed(reply, subject);
  const failed = ignoringCase(headerRecord(reply))[ERROR_HEADERS.code] !== undefined;
  if (!failed) return content;
  const problem = isProblemDetails(content) ? content : BUS_PROBLEMS.unreadableReply(subject);
  throw new ProblemError(problem);
}

function parsed(reply: Msg, subject: string): unknown {
  try {
    return reply.json();
  } catch (cause) {
    throw new ProblemError(BUS_PROBLEMS.unreadableReply(subject), { cause });
  }
}

import { headers as newHeaders, type ServiceMsg } from 'nats';
import {
  decodeRequest,
  encodeProblem,
  encodeReply,
  type EncodedReply,
  type RequestFormat,
} from '@uplift/contracts';
import { BUS_PROBLEMS, problemOf } from './bus-problems';
import { headerRecord, ignoringCase } from './header-record';

/** What a `@MessagePattern(subject)` handler receives, whatever format the caller used. */
export interface BusRequest {
  readonly body: unknown;
  /** Found by name whatever the case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The subject the request came in on; of an alias, the subject it stands for. */
  readonly subject: string;
}

export interface EndpointOptions {
  readonly subject: string;
  /** Name of the service, as the source of its replies. */
  readonly service: string;
  readonly handle: (request: BusRequest) => Promise<unknown>;
  readonly onError: (error: unknown, subject: string) => void;
  readonly maxBodyBytes: number;
  readonly mayStart: () => boolean;
}

const PLAIN: RequestFormat = { kind: 'json' };

/** Answers every message on one subject, whatever it contains. Never throws. */
export class RequestEndpoint {
  constructor(private readonly options: EndpointOptions) {}

  async answer(message: ServiceMsg): Promise<void> {
    const reply = await this.reply(message);
    try {
      send(message, reply);
    } catch (error) {
      this.options.onError(error, this.options.subject);
      send(message, encodeProblem(PLAIN, BUS_PROBLEMS.internal()));
    }
  }

  private async reply(message: ServiceMsg): Promise<EncodedReply> {
    const { maxBodyBytes, mayStart } = this.options;
    const { byteLength } = message.data;
    if (!mayStart()) return encodeProblem(PLAIN, BUS_PROBLEMS.overloaded());
    if (byteLength > maxBodyBytes) {
      return encodeProblem(PLAIN, BUS_PROBLEMS.tooLarge(byteLength, maxBodyBytes));
    }
    return this.handled(message);
  }

  private async handled(message: ServiceMsg): Promise<EncodedReply> {
    const { handle, subject, service } = this.options;
    let format = PLAIN;
    try {
      const sent = headerRecord(message);
      const request = decodeRequest(sent, message.data);
      format = request.format;
      const body = await handle({ body: request.body, headers: ignoringCase(sent), subject });
      return encodeReply(format, body, service);
    } catch (error) {
      return encodeProblem(format, this.problemFor(error));
    }
  }

  private problemFor(error: unknown) {
    const known = problemOf(error);
    if (!known) this.options.onError(error, this.options.subject);
    return known ?? BUS_PROBLEMS.internal();
  }
}

function send(message: ServiceMsg, reply: EncodedReply): void {
  const headers = newHeaders();
  Object.entries(reply.headers).forEach(([name, value]) => headers.set(name, value));
  message.respond(reply.payload, { headers });
}

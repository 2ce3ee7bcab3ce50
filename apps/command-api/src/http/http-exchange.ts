import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of the web framework's request that this service reads. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly raw: IncomingMessage;
}

/** The part of the web framework's answer that this service writes. */
export interface HttpReply {
  header(name: string, value: string): HttpReply;
  status(code: number): HttpReply;
  send(payload?: unknown): unknown;
  /** From here on the handler writes to `raw` itself. */
  hijack(): void;
  readonly raw: ServerResponse;
}

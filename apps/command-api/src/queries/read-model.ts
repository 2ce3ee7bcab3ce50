import { Injectable } from '@nestjs/common';
import { BusClient } from '@uplift/bus';
import { ProblemError, REQUEST_HEADERS } from '@uplift/contracts';
import { isProblemCode } from '../problems/problem-table';
import { problem } from '../problems/problems';

/** Longer than the read model itself waits for a position. */
const TIMEOUT_MS = 8_000;
const STILL_POSSIBLE = 'Commands still work, and raw events can be read: ask again later';
/** What the bus says when the read model as a whole is away. */
const AWAY = ['no-responder', 'request-timeout', 'unreadable-reply'];

/** Queries, forwarded to the service that keeps the read model. */
@Injectable()
export class ReadModel {
  constructor(private readonly bus: BusClient) {}

  /** Throws the read model's own problem, or `queries-unavailable`. */
  async ask(subject: string, body: object, traceparent?: string): Promise<object> {
    const headers = traceparent === undefined ? {} : { [REQUEST_HEADERS.traceparent]: traceparent };
    try {
      const answer = await this.bus.request(subject, body, { timeoutMs: TIMEOUT_MS, headers });
      return answer as object;
    } catch (error) {
      throw error instanceof ProblemError ? inOwnWords(error) : error;
    }
  }
}

/** The same document that this service would write: references that resolve here. */
function inOwnWords(error: ProblemError): ProblemError {
  const { type: _type, title: _title, status: _status, code, detail, ...fields } = error.problem;
  if (AWAY.includes(code)) return new ProblemError(problem('queries-unavailable', STILL_POSSIBLE));
  return isProblemCode(code) ? new ProblemError(problem(code, detail, fields)) : error;
}

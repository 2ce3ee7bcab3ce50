import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProblemError } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { HttpRequest } from './http-exchange';

export const IMPORT_ROUTE = '/v1/instances/import';
export const NDJSON = 'application/x-ndjson';

/** What was sent as something else, by its own content type. */
const SENT_AS = new WeakMap<IncomingMessage, string>();

/**
 * The body of an import is left to its handler, whatever it is sent as: what would read it as one document would say
 * something else than what is wrong. Nobody reads the lines of an import that was refused: they may never end.
 */
export function leaveUnread(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', ({ raw, headers, routeOptions }, _reply, done) => {
    const { 'content-type': type = 'missing' } = headers;
    const [mediaType = ''] = type.split(';');
    if (routeOptions.url === IMPORT_ROUTE && mediaType.trim().toLowerCase() !== NDJSON) {
      SENT_AS.set(raw, type);
      headers['content-type'] = NDJSON;
    }
    done();
  });
  fastify.addHook('onSend', ({ raw, routeOptions }, reply, _payload, done) => {
    if (routeOptions.url === IMPORT_ROUTE && !raw.complete) reply.header('connection', 'close');
    done();
  });
}

/** The lines of an import, still to be read. Throws what the caller is told if there can be none. */
export function linesIn({ raw, headers }: HttpRequest, body: unknown): Readable {
  const sentAs = SENT_AS.get(raw);
  if (isEmpty(headers)) throw refusal('malformed-json', NO_LINES);
  if (sentAs === undefined && body instanceof Readable) return body;
  throw wrongType(sentAs, `the lines as ${NDJSON}, one JSON object per line`);
}

export function wrongType(sentAs: string | undefined, wanted: string): ProblemError {
  const detail = `The content type is ${sentAs?.slice(0, LONGEST_TYPE) ?? 'missing'}: send ${wanted}`;
  return refusal('unsupported-media-type', detail);
}

const LONGEST_TYPE = 100;
export const NO_LINES =
  'The import has no line: send one JSON object per line, one for each instance';

function isEmpty(headers: HttpRequest['headers']): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding === undefined && (length === undefined || length === '0');
}

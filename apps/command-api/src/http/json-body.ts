import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refusal } from '../problems/problem';
import { BODY_LIMIT_BYTES } from './limits';

/** Registering a format keeps Nest from adding its own, forms included. */
export function acceptJson(app: NestFastifyApplication): void {
  app.useBodyParser(
    'application/json',
    { bodyLimit: BODY_LIMIT_BYTES },
    (_request, body: Buffer, done) => {
      try {
        done(null, parse(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw refusal('malformed-json', 'The body must be one JSON document in UTF-8');
  }
}

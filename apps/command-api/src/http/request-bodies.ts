import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refusal } from '@uplift/contracts';
import { BODY_LIMIT_BYTES } from '../input/read-dto';

const LIMITED = { bodyLimit: BODY_LIMIT_BYTES };
export const NDJSON = 'application/x-ndjson';

/** A body in a format that no command takes; routes that ignore bodies let it pass. */
export class UnreadBody {
  constructor(readonly contentType: string | undefined) {}
}

/** JSON for commands, a stream of lines for the import. Registering any keeps Nest from adding its own. */
export function acceptBodies(app: NestFastifyApplication): void {
  app.useBodyParser('application/json', LIMITED, (_request, body: Buffer, done) => {
    try {
      done(null, parse(body));
    } catch (error) {
      done(error as Error);
    }
  });
  app.useBodyParser('*', LIMITED, ({ headers }, _body, done) => {
    done(null, new UnreadBody(headers['content-type']));
  });
  app
    .getHttpAdapter()
    .getInstance()
    .addContentTypeParser(NDJSON, (_request, stream, done) => done(null, stream));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw refusal('malformed-json', 'The body must be one JSON document in UTF-8');
  }
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CONTENT_TYPES, parseBody, problem } from '@uplift/contracts';
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Clock } from '@uplift/runtime';
import { CommandLimiter } from '../commands/command-limiter';
import { BODY_LIMIT_BYTES } from '../input/read-dto';
import { refuseForeign } from './foreign-requests';
import { IMPORT_ROUTE, leaveUnread, NDJSON } from './import-body';
import type { HttpReply } from './http-exchange';
import { sendProblem } from './http-exchange';
import { ProblemDetailsFilter, RouteTable } from './problem-details.filter';
import { traceRequests } from './traced-requests';

/** Longest time a client may take to send a request. */
const REQUEST_TIMEOUT_MS = 60_000;

export const FASTIFY_OPTIONS = {
  bodyLimit: BODY_LIMIT_BYTES,
  // Node's own limit cuts an import that moves: `limitBodies` stands in for it.
  requestTimeout: 0,
  exposeHeadRoutes: false,
  frameworkErrors: refuseUrl,
  clientErrorHandler: refuseBytes,
  // Node would answer without a document: `refuseWithoutHost` stands in for it.
  http: { requireHostHeader: false },
};

const COMMAND_METHOD = 'POST';
/** What an operator may need just then. */
const OPERATORS_COMMANDS = ['/v1/system/', '/v1/tokens'];
const LIMITED = { bodyLimit: BODY_LIMIT_BYTES };

/** Body formats and one shape of error. */
export function configureHttp(app: NestFastifyApplication): void {
  acceptBodies(app);
  limitBodies(app, app.get(Clock, { strict: false }));
  const routes = new RouteTable();
  const fastify = app.getHttpAdapter().getInstance();
  leaveUnread(app);
  refuseWithoutHost(app);
  refuseForeign(app);
  ignoreExpectations(app);
  refuseUnderOverload(app, app.get(CommandLimiter, { strict: false }));
  traceRequests(app);
  fastify.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.useGlobalFilters(new ProblemDetailsFilter(routes));
}

/** A body has to come in time, but that of an import, which only has to move. */
function limitBodies(app: NestFastifyApplication, clock: Clock): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
      if (hasBody(raw) && routeOptions.url !== IMPORT_ROUTE) {
        const cancelTimer = clock.after(REQUEST_TIMEOUT_MS, () => refuseSlowBody(raw));
        raw.once('end', cancelTimer).once('close', cancelTimer);
      }
      done();
    });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function refuseSlowBody({ complete, socket }: IncomingMessage): void {
  if (complete) return;
  endWithProblem(socket, 408, 'The body of the request did not come in time');
}

const SLOW_HEADERS = 'The headers of the request did not come in time';

/** What is no request yet reaches no route and no filter. */
function refuseBytes({ code }: { readonly code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const isTooLong = code === 'HPE_HEADER_OVERFLOW';
  if (isTooLong) endWithProblem(socket, 431, 'The headers of the request are too long');
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') endWithProblem(socket, 408, SLOW_HEADERS);
  else endWithProblem(socket, 400, 'The request is no HTTP');
}

/** The last that is said on a connection: nobody knows where its next request would begin. */
function endWithProblem(socket: Socket, status: number, detail: string): void {
  const body = JSON.stringify({ ...problem('request-refused', detail), status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${CONTENT_TYPES.problem}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function refuseWithoutHost(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ raw }, reply, done) => {
      if (raw.headers.host !== undefined || raw.httpVersion === '1.0') return done();
      sendProblem(reply, problem('request-refused', 'The request names no host'));
    });
}

/** Whatever a client expects beside `100-continue` it does not get, and no refusal without a document either. */
function ignoreExpectations(app: NestFastifyApplication): void {
  const server = app.getHttpServer();
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Before its body is read: what is refused under load has to cost next to nothing. */
function refuseUnderOverload(app: NestFastifyApplication, limiter: CommandLimiter): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ method, url }, reply, done) => {
      const mayBeRefused =
        method === COMMAND_METHOD && !OPERATORS_COMMANDS.some((each) => url.startsWith(each));
      if (!mayBeRefused || limiter.hasRoom) return done();
      sendProblem(reply, limiter.refuse().problem);
    });
}

/** A URL that cannot be decoded reaches no route and no filter. */
function refuseUrl(_error: unknown, _request: unknown, reply: HttpReply): void {
  sendProblem(reply, problem('route-unknown', 'The URL cannot be decoded'));
}

/** A body in a format that no command takes; routes that ignore bodies let it pass. */
export class UnreadBody {
  constructor(readonly contentType: string | undefined) {}
}

/** JSON for commands, a stream of lines for the import. Registering any keeps Nest from adding its own. */
function acceptBodies(app: NestFastifyApplication): void {
  app.useBodyParser('application/json', LIMITED, (_request, body: Buffer, done) => {
    try {
      done(null, parseBody(body));
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

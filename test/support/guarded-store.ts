import { readFileSync } from 'node:fs';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Stream,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { CERTIFICATES } from './certificates/certificates';

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };
/** The client asks for it without saying who it is. */
const OPEN = /^\/event_store\.client\.(server_features|gossip)\./;

/** A plain event store behind TLS and a password, as a real one is guarded; for what the embedded one does not ask. */
export class GuardedStore {
  private readonly server: Http2SecureServer;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly authorization: string;

  constructor(
    private readonly port: number,
    user: string,
    password: string,
  ) {
    this.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const { server: certificate, serverKey } = CERTIFICATES;
    const files = { cert: readFileSync(certificate), key: readFileSync(serverKey) };
    this.server = createSecureServer({ ...files, allowHTTP1: false });
    this.server.on('session', (session) => this.guard(session));
  }

  /** Returns `host:port`. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private guard(session: ServerHttp2Session): void {
    const store = connect(`http://127.0.0.1:${this.port}`);
    this.sessions.add(session);
    const end = () => {
      this.sessions.delete(session);
      store.destroy();
      session.destroy();
    };
    session.on('close', end).on('error', end);
    store.on('close', end).on('error', end);
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      const isKnown = headers.authorization === this.authorization;
      if (isKnown || OPEN.test(headers[':path'] ?? '')) pass(stream, store.request(inner(headers)));
      else refuse(stream, headers.authorization === undefined);
    });
  }
}

function inner(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { ':authority': _host, ':scheme': _scheme, authorization: _who, ...rest } = headers;
  return rest;
}

function refuse(stream: ServerHttp2Stream, isNobody: boolean): void {
  const words = isNobody
    ? { 'grpc-status': '7', 'grpc-message': 'Access Denied', exception: 'access-denied' }
    : { 'grpc-status': '16', 'grpc-message': 'Unauthenticated' };
  stream.respond({ ...GRPC, ...words }, { endStream: true });
}

function pass(client: ServerHttp2Stream, store: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  store.on('error', () => client.close(constants.NGHTTP2_INTERNAL_ERROR));
  client.on('close', () => store.close(constants.NGHTTP2_CANCEL));
  store.on('response', (headers, flags) => {
    if (client.destroyed) return;
    const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    client.respond(headers, isAll ? { endStream: true } : { waitForTrailers: true });
    if (!isAll) store.pipe(client);
  });
  store.on('trailers', (headers: IncomingHttpHeaders) => {
    trailers = headers;
  });
  client.on('wantTrailers', () => client.sendTrailers(trailers));
  client.pipe(store);
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Span, SpanOptions } from '@uplift/runtime';
import { Tracing } from '@uplift/runtime';
import type { HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';

const TRACED = ['/v1/', '/api/'];
/** It lasts until its client goes. */
const EVENT_STREAM = '/v1/events';

/**
 * Each request is a trace of its own: a caller's `traceparent` is named by it, and has no say in whether it is kept.
 * From there on its own takes the place of that header, so that what comes of the request names it.
 */
export function traceRequests(app: NestFastifyApplication): void {
  const tracing = app.get(Tracing, { strict: false });
  if (!tracing.isOn) return;
  const fastify = app.getHttpAdapter().getInstance();
  const spans = new WeakMap<object, Span>();
  fastify.addHook('onRequest', (request, { raw }, done) => {
    const { url = '' } = request.routeOptions;
    if (!isTraced(url)) return done();
    const span = tracing.start(spanOf(request as HttpRequest, url));
    spans.set(request, span);
    request.headers.traceparent = span.traceparent;
    raw.once('close', () => end(span, raw));
    done();
  });
  // Reading the body leaves the span: it is entered behind that.
  fastify.addHook('preValidation', (request, _reply, done) => {
    tracing.within(spans.get(request) ?? {}, done);
  });
}

function isTraced(route: string): boolean {
  return TRACED.some((prefix) => route.startsWith(prefix)) && route !== EVENT_STREAM;
}

function spanOf(request: HttpRequest, route: string): SpanOptions {
  const { method } = request;
  const traceparent = headerOf(request, 'traceparent');
  return {
    name: `${method} ${route}`,
    kind: 'server',
    attributes: { 'http.request.method': method, 'http.route': route },
    origin: { linkedTo: { traceparent } },
  };
}

interface Answered {
  readonly statusCode: number;
  readonly writableFinished: boolean;
}

function end(span: Span, { statusCode, writableFinished }: Answered): void {
  span.set({ 'http.response.status_code': statusCode });
  if (!writableFinished) span.fail('aborted');
  else if (statusCode >= 500) span.fail(String(statusCode));
  span.end();
}

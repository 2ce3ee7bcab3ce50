import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CollectedTracing } from '../testing/collected.tracing';
import { VirtualClock } from '../testing/virtual.clock';
import { systemClock } from '../time/clock';
import type { OtelOptions } from './otel.tracing';
import { OtelTracing } from './otel.tracing';
import type { Span, SpanAttributes, SpanOptions, SpanOrigin } from './tracing';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const KEPT = { traceparent: `00-${TRACE}-${SPAN}-01` };
const NOT_KEPT = { traceparent: `00-${TRACE}-${SPAN}-00` };

const named = (name: string, more: Partial<SpanOptions> = {}): SpanOptions => ({
  name,
  kind: 'internal',
  ...more,
});
const nothing = () => Promise.resolve();
const traceIdOf = ({ traceparent = '' }: Span) => traceparent.split('-')[1];

describe('a span', () => {
  it('is below the one that it is begun within, across awaits and timers', async () => {
    const tracing = new CollectedTracing();
    await tracing.trace(named('outer'), async (outer) => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(tracing.active).toBe(outer);
      await tracing.trace(named('inner'), nothing);
    });
    expect(tracing.active).toBeUndefined();
    const [inner, outer] = await tracing.spans();
    expect([inner?.name, outer?.name]).toEqual(['inner', 'outer']);
    expect(inner).toMatchObject({ parent: outer?.spanId, traceId: outer?.traceId });
    expect(outer?.parent).toBeUndefined();
  });

  it('hands on what its work answers, and what it throws, of which it tells the kind alone', async () => {
    const tracing = new CollectedTracing();
    const error = Object.assign(new Error('hunter2'), { code: 'not-due', detail: 'hunter2' });
    expect(await tracing.trace(named('good'), () => Promise.resolve(7))).toBe(7);
    await expect(tracing.trace(named('bad'), () => Promise.reject(error))).rejects.toBe(error);
    const [good, bad] = await tracing.spans();
    expect(good).toMatchObject({ hasFailed: false, attributes: {} });
    expect(bad).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'not-due' } });
    expect(await tracing.text()).not.toContain('hunter2');
  });

  it('goes on with the trace of another process, with its state', async () => {
    const tracing = new CollectedTracing();
    const parent = { ...KEPT, tracestate: 'vendor=1' };
    await tracing.trace(named('a', { origin: { parent } }), (span) => {
      expect(span).toMatchObject({ tracestate: 'vendor=1' });
      expect(traceIdOf(span)).toBe(TRACE);
      return nothing();
    });
    expect(await tracing.spans()).toMatchObject([{ traceId: TRACE, parent: SPAN, links: [] }]);
  });

  it.each(['linkedTo', 'follows'] as const)(
    'begins a trace that names another: %s',
    async (how) => {
      const tracing = new CollectedTracing();
      const origin = { [how]: KEPT } as unknown as SpanOrigin;
      await tracing.trace(named('outer'), () => tracing.trace(named('a', { origin }), nothing));
      const [span] = await tracing.spans();
      expect(span).toMatchObject({ parent: undefined, links: [SPAN] });
      expect(span?.traceId).not.toBe(TRACE);
    },
  );

  it.each(['parent', 'linkedTo', 'follows'] as const)(
    'takes no notice of what is no trace context: %s',
    async (how) => {
      const tracing = new CollectedTracing();
      for (const traceparent of [undefined, 'canary', `${KEPT.traceparent}!`, 'x'.repeat(1e6)]) {
        const origin = { [how]: { traceparent } } as unknown as SpanOrigin;
        await tracing.trace(named('a', { origin }), nothing);
      }
      const spans = await tracing.spans();
      expect(spans).toHaveLength(4);
      for (const span of spans) expect(span).toMatchObject({ parent: undefined, links: [] });
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(4);
    },
  );

  it('takes no notice of a state that is none, or is huge', async () => {
    const tracing = new CollectedTracing();
    for (const tracestate of ['', '=', 'x'.repeat(1e6), 'a=1,'.repeat(1_000)]) {
      const origin = { parent: { ...KEPT, tracestate } };
      await tracing.trace(named('a', { origin }), ({ tracestate: kept = '' }) => {
        expect(kept.length).toBeLessThanOrEqual(512);
        return nothing();
      });
    }
    expect(await tracing.spans()).toHaveLength(4);
  });

  it('goes on where somebody else holds it, also when it has ended', async () => {
    const tracing = new CollectedTracing();
    const span = tracing.start(named('stage'));
    span.end();
    const { traceparent } = span;
    await tracing.within({ traceparent }, () => tracing.trace(named('later'), nothing));
    tracing.within({ traceparent }, () => tracing.note(named('noted'), 60_000));
    const [stage, later, noted] = await tracing.spans();
    expect(later).toMatchObject({ name: 'later', parent: stage?.spanId });
    expect(noted).toMatchObject({ name: 'noted', parent: stage?.spanId });
    expect(noted?.tookMs).toBeGreaterThanOrEqual(59_000);
    expect(noted?.tookMs).toBeLessThan(120_000);
  });
});

describe('work', () => {
  it('that is begun outside of all spans stays there, with whatever it begins', async () => {
    const tracing = new CollectedTracing();
    let later = Promise.resolve();
    await tracing.trace(named('outer'), () => {
      tracing.within({}, () => {
        later = new Promise((resolve) => setImmediate(resolve)).then(() => {
          expect(tracing.active).toBeUndefined();
          return tracing.trace(named('other'), nothing);
        });
      });
      expect(tracing.active).toBeDefined();
      return nothing();
    });
    await later;
    const other = (await tracing.spans()).find(({ name }) => name === 'other');
    expect(other).toMatchObject({ parent: undefined });
  });
});

describe('whether a trace is kept', () => {
  async function kept(sampler: OtelOptions['sampler'], origin?: SpanOrigin) {
    const tracing = new CollectedTracing({ sampler, ratio: 0 });
    let flag = '';
    await tracing.trace(named('a', origin && { origin }), (span) => {
      flag = span.traceparent?.slice(-2) ?? '';
      return nothing();
    });
    const isKept = (await tracing.spans()).length === 1;
    expect(flag).toBe(isKept ? '01' : '00');
    return isKept;
  }

  it.each([
    ['always_on', true],
    ['always_off', false],
    ['traceidratio', false],
    ['parentbased_always_on', true],
    ['parentbased_always_off', false],
    ['parentbased_traceidratio', false],
  ] as const)('says the sampler: %s', async (sampler, isKept) => {
    expect(await kept(sampler)).toBe(isKept);
  });

  it('is not for a caller to say whose trace is only named', async () => {
    expect(await kept('parentbased_always_off', { linkedTo: KEPT })).toBe(false);
    expect(await kept('parentbased_always_on', { linkedTo: NOT_KEPT })).toBe(true);
  });

  it('is the same for what goes on with a trace, and for what follows on one', async () => {
    for (const how of ['parent', 'follows'] as const) {
      const by = (context: typeof KEPT) => ({ [how]: context }) as unknown as SpanOrigin;
      expect(await kept('parentbased_always_off', by(KEPT))).toBe(true);
      expect(await kept('parentbased_always_on', by(NOT_KEPT))).toBe(false);
    }
  });
});

/** So many are sent without a wait for more. */
const BATCH = 512;

describe('the collector', () => {
  const options: Omit<OtelOptions, 'url'> = {
    ...{ service: 'relay', version: 'abc', headers: { 'x-key': 'k' }, ratio: 1 },
    sampler: 'always_on',
  };

  function recording(clock: VirtualClock | typeof systemClock = systemClock) {
    const lines: object[] = [];
    const log = new EventEmitter();
    const warn = (fields: object) => {
      lines.push(fields);
      log.emit('line');
    };
    const ports = { clock, logger: { info: () => undefined, warn } };
    return { lines, ports, told: () => once(log, 'line') };
  }

  async function served(status: number) {
    const bodies: string[] = [];
    const keys: unknown[] = [];
    const server = createServer((request, response) => {
      keys.push(request.headers['x-key']);
      void text(request).then((body) => {
        bodies.push(body);
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const close = () => {
      server.closeAllConnections();
      server.close();
    };
    return { url: `http://127.0.0.1:${port}/v1/traces`, bodies, keys, close };
  }

  it('gets spans as OTLP in JSON, with the service that they are of', async () => {
    const { url, bodies, keys, close } = await served(200);
    const { lines, ports } = recording();
    const tracing = new OtelTracing({ ...options, url }, ports);
    await tracing.trace(named('a', { attributes: { 'uplift.stage': 'upgrade' } }), nothing);
    await tracing.close();
    close();
    expect([bodies.length, keys, lines]).toEqual([1, ['k'], []]);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      resourceSpans: [
        {
          resource: {
            attributes: expect.arrayContaining([
              { key: 'service.name', value: { stringValue: 'relay' } },
              { key: 'service.version', value: { stringValue: 'abc' } },
            ]) as unknown,
          },
          scopeSpans: [{ spans: [{ name: 'a' }] }],
        },
      ],
    });
  });

  it('may refuse everything: work goes on, and one line a minute says what is lost', async () => {
    const { url, close } = await served(400);
    const clock = new VirtualClock();
    const { lines, ports, told } = recording(clock);
    const tracing = new OtelTracing({ ...options, url }, ports);
    const work = async (count: number) => {
      for (let n = 0; n < count; n += 1) {
        expect(await tracing.trace(named('a'), () => Promise.resolve(n))).toBe(n);
      }
    };
    await work(BATCH);
    await told();
    await work(BATCH);
    await clock.advance(60_000);
    await work(1);
    await tracing.close();
    close();
    const line = { reason: expect.any(String) as string, lost: expect.any(Number) as number };
    expect(lines).toEqual([{ ...line, lost: BATCH }, line]);
  });

  it('may be away: a process that stops does not wait for it', async () => {
    const clock = new VirtualClock();
    const { ports } = recording(clock);
    const short = jest.replaceProperty(process, 'env', { OTEL_EXPORTER_OTLP_TIMEOUT: '50' });
    const tracing = new OtelTracing({ ...options, url: 'http://127.0.0.1:9/v1/traces' }, ports);
    short.restore();
    await tracing.trace(named('a'), nothing);
    const closed = tracing.close();
    await clock.advance(2_000);
    await closed;
  });
});

describe('the names of attributes', () => {
  it('are those of the semantic conventions, or our own', () => {
    const known: readonly unknown[] = Object.values(conventions);
    const foreign = Object.keys(NAMES).filter(
      (name) => !name.startsWith('uplift.') && !known.includes(name),
    );
    expect(foreign).toEqual([]);
  });
});

const NAMES: Readonly<Record<keyof SpanAttributes | 'error.type', true>> = {
  'error.type': true,
  'uplift.upgrade.id': true,
  'uplift.instance.id': true,
  'uplift.stage': true,
  'uplift.attempt': true,
  'uplift.outcome': true,
  'uplift.problem': true,
  'uplift.event.types': true,
  'uplift.core': true,
  'messaging.system': true,
  'messaging.operation.name': true,
  'messaging.operation.type': true,
  'messaging.destination.name': true,
  'messaging.destination.template': true,
  'messaging.message.id': true,
  'messaging.message.conversation_id': true,
  'http.request.method': true,
  'http.route': true,
  'http.response.status_code': true,
  'db.system.name': true,
  'db.operation.name': true,
  'db.operation.batch.size': true,
  'db.collection.name': true,
  'graphql.operation.name': true,
};

import { Controller, Module, UseFilters, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { BusClient, BusExceptionFilter, ServicesStrategy } from '@uplift/bus';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { ProblemError, REQUEST_HEADERS } from '@uplift/contracts';
import { NO_TRACING, type Tracing } from '@uplift/runtime';
import type { CollectedTracing } from '@uplift/runtime/testing';
import { collectTraces } from '@uplift/runtime/testing';
import type { BusUnderTest } from './bus-under-test';
import { NO_SUCH } from './services.strategy.suite';

const TRACED = 'uplift.qry.v1.spec.traced';
const MISSING = 'uplift.qry.v1.spec.untraced';
const CANARY = 'canary7f3a9c51';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SENT = `00-${TRACE}-b7ad6b7169203331-01`;

@Controller()
@UseFilters(BusExceptionFilter)
class TracedController {
  @MessagePattern(TRACED)
  traced(@Payload() { headers }: BusRequest) {
    return { traceparent: headers[REQUEST_HEADERS.traceparent] ?? null };
  }

  @MessagePattern(MISSING)
  missing() {
    throw new ProblemError({ ...NO_SUCH, detail: CANARY });
  }
}

@Module({ controllers: [TracedController] })
class TracedModule {}

/** The traces of requests and of their answers. */
export function tracedRequestsSuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`the traces of requests over ${name}`, () => {
    let server: BusUnderTest;
    let service: BusConnection;
    let caller: BusConnection;
    let app: INestMicroservice;
    let tracing: CollectedTracing;

    beforeAll(async () => {
      server = await open();
      service = await server.connect('service');
      caller = await server.connect('caller');
    });

    beforeEach(() => {
      tracing = collectTraces();
    });
    afterEach(() => Promise.all([app.close(), tracing.close()]));

    afterAll(async () => {
      await Promise.all([service.close(), caller.close()]);
      await server.close();
    });

    async function serve(served: Tracing): Promise<void> {
      const strategy = new ServicesStrategy({
        connection: service,
        ...{ name: 'uplift-spec', version: '1.2.3', tracing: served },
      });
      app = await NestFactory.createMicroservice(TracedModule, { strategy, logger: false });
      await app.listen();
    }

    /** What the handler was told. */
    async function asked(headers: Record<string, string>, by: Tracing = NO_TRACING) {
      const client = new BusClient(caller, by);
      const answer = await client.request(TRACED, { note: CANARY }, { headers });
      return (answer as { traceparent: string | null }).traceparent;
    }

    it('go through the bus, and with them their state', async () => {
      await serve(tracing);
      const origin = { parent: { traceparent: SENT, tracestate: 'vendor=1' } };
      const outer = { name: 'outer', kind: 'internal', origin } as const;
      const told = await tracing.trace(outer, () => asked({}, tracing));
      const [handled, sent, first] = await tracing.spans();
      expect(sent).toMatchObject({ name: `request ${TRACED}`, parent: first?.spanId });
      expect(handled).toMatchObject({ name: `process ${TRACED}`, parent: sent?.spanId });
      expect(handled?.traceId).toBe(TRACE);
      expect(told).toBe(`00-${TRACE}-${handled?.spanId}-01`);
    });

    it.each(['traceparent', 'Traceparent', 'TRACEPARENT'])(
      'are gone on with where a caller sends %s, which what comes of it takes the place of',
      async (header) => {
        await serve(tracing);
        const told = await asked({ [header]: SENT });
        const [handled] = await tracing.spans();
        expect(handled).toMatchObject({ traceId: TRACE, parent: 'b7ad6b7169203331' });
        expect(told).toBe(`00-${TRACE}-${handled?.spanId}-01`);
      },
    );

    it.each(['', CANARY, SENT.replace('00-', 'ff-'), SENT.slice(1), 'x'.repeat(4_000)])(
      'are begun anew where what a caller sends is none: %#',
      async (traceparent) => {
        await serve(tracing);
        const told = await asked({ traceparent });
        const [handled] = await tracing.spans();
        expect(handled?.parent).toBeUndefined();
        expect(told).toBe(`00-${handled?.traceId}-${handled?.spanId}-01`);
        expect(await tracing.text()).not.toContain(CANARY);
      },
    );

    it('tell of a refusal its code alone', async () => {
      await serve(tracing);
      await expect(new BusClient(caller, tracing).request(MISSING, {})).rejects.toThrow();
      const [handled] = await tracing.spans();
      expect(handled).toMatchObject({ hasFailed: false });
      expect(handled?.attributes).toMatchObject({ 'uplift.problem': 'no-such' });
      expect(await tracing.text()).not.toContain(CANARY);
    });

    it('leave a request as it was sent where there are none', async () => {
      await serve(NO_TRACING);
      expect(await asked({ traceparent: SENT })).toBe(SENT);
      expect(await asked({})).toBeNull();
    });
  });
}

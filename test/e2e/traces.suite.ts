import { eventually } from '../support/eventually';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import type { SentSpan, TraceCollector } from '../support/trace-collector';
import { documentedTree, traceTree } from '../support/trace-tree';
import type { Accepted } from '../support/uplift-client';
import { CANARY } from './secrets.suite';

const REASON = 'reason4b8e2d07';

/** So that a test waits for no more than it has to. */
export const TRACE_SETTINGS = { OTEL_BSP_SCHEDULE_DELAY: '200' };

export function tracesSuite(running: () => RunningUplift, collecting: () => TraceCollector): void {
  describe('the traces of an upgrade', () => {
    let instance: FleetInstance;
    let accepted: Accepted;
    let spans: readonly SentSpan[];

    beforeAll(async () => {
      const uplift = running();
      [instance] = makeFleet(1) as [FleetInstance];
      await uplift.place([instance]);
      accepted = await uplift.client.trigger(instance, 'http', undefined, { reason: REASON });
      await uplift.ended([accepted]);
      await uplift.readModelCaughtUp();
    });

    it('are found by its id, and are those of the page on tracing', async () => {
      await eventually(() => {
        spans = collecting().ofUpgrade(accepted.upgradeId);
        expect(traceTree(spans)).toEqual(documentedTree());
      });
    });

    it('are one for each stage, each of which names the one before it', () => {
      const roots = spans.filter(({ parent }) => parent === '');
      const known = new Set(roots.map(({ traceId }) => traceId));
      const first = roots.filter(({ links }) => links.length === 0);
      expect(first.map(({ name }) => name)).toEqual(['POST /v1/instances/:id/upgrades']);
      for (const { links } of roots) for (const link of links) expect(known).toContain(link);
      const stages = roots.map(({ attributes }) => attributes['uplift.stage']);
      expect(stages).toEqual(
        expect.arrayContaining(['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade']),
      );
      for (const root of roots) {
        expect(root.attributes).toMatchObject({ 'uplift.instance.id': instance.instanceId });
      }
    });

    it('are named by its events', () => {
      const { log } = running();
      const ofUpgrade = log.events.filter(
        ({ metadata }) => metadata.$correlationId === accepted.upgradeId,
      );
      expect(ofUpgrade.length).toBeGreaterThan(10);
      const known = new Set(spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
      for (const { metadata } of ofUpgrade) expect(known).toContain(metadata.traceparent);
    });

    it('carry no secret, no reason and no name', () => {
      const sent = collecting().bodies.join('\n');
      expect(sent).toContain(accepted.upgradeId);
      for (const text of [CANARY, REASON, instance.project, 'shop-', 'anonymous']) {
        expect(sent).not.toContain(text);
      }
    });
  });
}

import type { DocumentedMetric, ShownMetric } from '../support/metrics-page';
import { eventually } from '../support/eventually';
import { makeFleet } from '../support/fleet';
import { askedExpressions, documentedMetrics, metricsOn } from '../support/metrics-page';
import type { RunningUplift } from '../support/running-uplift';

interface Page {
  readonly service: string;
  readonly text: string;
  readonly metrics: readonly ShownMetric[];
}

export function metricsSuite(running: () => RunningUplift): void {
  describe('the metrics of running processes', () => {
    let pages: readonly Page[];

    const scrape = (): Promise<readonly Page[]> =>
      Promise.all(
        running().stack.runningServices.map(async ({ name, ports }) => {
          const answer = await fetch(`http://127.0.0.1:${ports.health}/metrics`);
          const text = await answer.text();
          return { service: name, text, metrics: metricsOn(text) };
        }),
      );

    beforeAll(async () => {
      pages = await scrape();
    });

    const everyService = () => pages.map(({ service }) => service).sort();
    const told = ({ name, type }: ShownMetric, services: readonly string[]) =>
      `${name} ${type} ${[...services].sort().join(' ')}`;
    const asDocumented = (metric: DocumentedMetric) =>
      told(metric, metric.services.includes('every') ? everyService() : metric.services);

    function shown(): string[] {
      const all = pages.flatMap(({ metrics }) => metrics);
      return [...new Map(all.map((metric) => [metric.name, metric])).values()].map((metric) => {
        const having = pages.filter(({ metrics }) =>
          metrics.some(({ name }) => name === metric.name),
        );
        return told(
          metric,
          having.map(({ service }) => service),
        );
      });
    }

    it('are those of the page on metrics, with their types, each where it says', () => {
      const running = documentedMetrics().filter(
        ({ services }) =>
          services.includes('every') || services.some((name) => everyService().includes(name)),
      );
      expect(shown().sort()).toEqual(running.map(asDocumented).sort());
    });

    it('carry no label that the page does not name', () => {
      const labels = new Map(documentedMetrics().map((metric) => [metric.name, metric.labels]));
      const unknown = pages.flatMap(({ metrics }) =>
        metrics.flatMap((metric) =>
          metric.labels.filter((label) => !labels.get(metric.name)?.includes(label)),
        ),
      );
      expect(unknown).toEqual([]);
    });

    it('carry no identifier: none of an instance, an upgrade or a process', () => {
      const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-/;
      expect(
        pages.flatMap(({ text }) => text.split('\n').filter((line) => uuid.test(line))),
      ).toEqual([]);
    });

    it('answer how upgrades ended and how long their stages took', () => {
      const watchdog = pages.find(({ service }) => service === 'watchdog')?.text ?? '';
      expect(watchdog).toMatch(/^uplift_upgrades_total\{outcome="succeeded".*\} [1-9]/m);
      expect(watchdog).toMatch(
        /^uplift_upgrades_total\{outcome="failed",reason_class="build".*\} 2$/m,
      );
      expect(watchdog).toMatch(/^uplift_stage_duration_seconds_count\{stage="verify".*\} [1-9]/m);
      expect(watchdog).toMatch(/^uplift_consumer_pending_messages\{consumer="upgrade"\} 0$/m);
    });

    it('answer all that operators ask, also what waits while somebody does', async () => {
      const uplift = running();
      const fleet = makeFleet(1);
      await uplift.place(fleet);
      await uplift.cli('system', 'stop-starts', '--reason', 'incident in Lagoon');
      const accepted = await uplift.client.triggerAll(fleet);
      const asked = askedExpressions().flatMap((expr) => expr.match(/uplift_\w+/g) ?? []);
      const texts = await eventually(async () => {
        const shown = (await scrape()).map(({ text }) => text).join('\n');
        expect(shown).toMatch(/^uplift_upgrades_waiting\{wait="switch",core="default"\} 1$/m);
        return shown;
      });
      await uplift.cli('system', 'allow-starts', '--reason', 'Lagoon is well again');
      const shown = new Set([...texts.matchAll(/^(uplift_\w+)/gm)].map(([, name]) => name));
      expect(asked.filter((name) => !shown.has(name))).toEqual([]);
      await uplift.ended(accepted);
    });
  });
}

import type { DocumentedMetric, ShownMetric } from '../support/metrics-page';
import { documentedMetrics, metricsOn } from '../support/metrics-page';
import type { RunningUplift } from '../support/running-uplift';

interface Page {
  readonly service: string;
  readonly text: string;
  readonly metrics: readonly ShownMetric[];
}

export function metricsSuite(running: () => RunningUplift): void {
  describe('the metrics of running processes', () => {
    let pages: readonly Page[];

    beforeAll(async () => {
      const { runningServices } = running().stack;
      pages = await Promise.all(
        runningServices.map(async ({ name, ports }) => {
          const answer = await fetch(`http://127.0.0.1:${ports.health}/metrics`);
          const text = await answer.text();
          return { service: name, text, metrics: metricsOn(text) };
        }),
      );
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
      expect(shown().sort()).toEqual(documentedMetrics().map(asDocumented).sort());
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
  });
}

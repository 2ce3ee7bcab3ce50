import { upliftForAll } from '../support/running-uplift';
import { TraceCollector } from '../support/trace-collector';
import { busRightsSuite } from './bus-rights.suite';
import { examplesSuite } from './examples.suite';
import { fleetUpgradeSuite } from './fleet-upgrade.suite';
import { metricsSuite } from './metrics.suite';
import { publicInterfacesSuite } from './public-interfaces.suite';
import { SECRET_SETTINGS, secretsSuite } from './secrets.suite';
import { TRACE_SETTINGS, tracesSuite } from './traces.suite';

describe('Uplift as processes on real servers', () => {
  let collector: TraceCollector;

  beforeAll(async () => {
    collector = await TraceCollector.start();
  });
  afterAll(() => collector.close());

  const uplift = upliftForAll(() => ({
    clockSpeed: 480,
    env: {
      ...SECRET_SETTINGS,
      ...TRACE_SETTINGS,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    },
  }));

  fleetUpgradeSuite(uplift);
  metricsSuite(uplift);
  publicInterfacesSuite(uplift);
  examplesSuite(uplift);
  busRightsSuite(uplift);
  secretsSuite(uplift);
  // Whatever the suites before have brought about may stand in no trace either.
  tracesSuite(uplift, () => collector);
});

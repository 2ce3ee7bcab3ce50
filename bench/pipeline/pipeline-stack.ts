import { BusClient, connectBus } from '@uplift/bus';
import { EsdbEventStore } from '@uplift/event-store';
import type { StackOptions } from '../../tools/stack/src';
import type { BenchOptions } from '../bench.options';
import { withStack } from '../load/started-stack';
import { resultsFolder } from '../report/results-file';
import { profileSettings } from '../profiling/profile-settings';
import { BenchLagoon } from './bench-lagoon';
import { OutcomeWatch } from './outcome-watch';
import type { PipelineParts } from './upgrade-load';
import { UpliftClient } from './uplift-client';

/** Runs the work on every real part of Uplift, with a Lagoon that takes no time. */
export function withPipeline<T>(
  options: BenchOptions,
  work: (parts: PipelineParts) => Promise<T>,
): Promise<T> {
  return withParts(stackOptions(options), work);
}

/** The same on a stack of other settings. */
export function withParts<T>(
  options: StackOptions,
  work: (parts: PipelineParts) => Promise<T>,
): Promise<T> {
  return withStack(options, async (stack) => {
    const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    const watch = new OutcomeWatch(bus);
    const client = new UpliftClient(new BusClient(bus));
    const lagoon = new BenchLagoon(stack.url('lagoon'));
    try {
      return await work({ stack, store, client, watch, lagoon });
    } finally {
      watch.close();
      await Promise.all([bus.close(), store.close()]);
    }
  });
}

function stackOptions({ pollIntervalMs, profile }: BenchOptions): StackOptions {
  const profiled = (name: string) => profileSettings(name, resultsFolder());
  const extra = (name: string) => (profile.includes(name) ? profiled(name) : {});
  return {
    simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: 'instant', ...extra('lagoon') },
    eventStore: extra('eventstore'),
    serviceEnv: Object.fromEntries(profile.map((name) => [name, profiled(name)])),
    env: {
      UPLIFT_POLL_INTERVAL_MS: String(pollIntervalMs),
      UPLIFT_PROBE_SUCCESSES: '1',
      UPLIFT_PROBE_INTERVAL_MS: '1',
      UPLIFT_LOG_LEVEL: 'warn',
    },
  };
}

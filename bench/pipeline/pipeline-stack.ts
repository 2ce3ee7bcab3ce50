import type { NatsBusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import type { EventStore } from '@uplift/event-store';
import type { Stack, StackOptions } from '../../tools/stack/src';
import type { BenchOptions } from '../bench.options';
import { profiled, withStack, withStore } from '../bench-stack';
import { LagoonControl } from './lagoon-control';
import { OutcomeWatch, UpliftClient } from './uplift-client';

export interface Pipeline {
  readonly stack: Stack;
  readonly bus: NatsBusConnection;
  readonly store: EventStore;
  readonly client: UpliftClient;
  readonly watch: OutcomeWatch;
  readonly lagoon: LagoonControl;
}

/** Runs the work on every real part of Uplift. */
export function withPipeline<T>(
  options: StackOptions,
  work: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  return withStack(options, (stack) =>
    withStore(stack, async (store) => {
      const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
      const watch = new OutcomeWatch(bus);
      const client = new UpliftClient(bus);
      const lagoon = new LagoonControl(stack.url('lagoon'));
      try {
        return await work({ stack, bus, store, client, watch, lagoon });
      } finally {
        watch.close();
        await bus.close();
      }
    }),
  );
}

/** A Lagoon that takes no time. */
export function instantLagoon(options: BenchOptions): StackOptions {
  const { simulator, ...others } = profiledProcesses(options);
  const { pollIntervalMs } = options;
  return {
    ...others,
    simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: 'instant', ...simulator },
    env: {
      UPLIFT_POLL_INTERVAL_MS: String(pollIntervalMs),
      UPLIFT_PROBE_SUCCESSES: '1',
      UPLIFT_PROBE_INTERVAL_MS: '1',
      UPLIFT_LOG_LEVEL: 'warn',
    },
  };
}

/** Settings of those processes that are to write a profile. */
export function profiledProcesses({ profile }: BenchOptions) {
  const extra = (name: string) => profiled({ profile }, name);
  return {
    simulator: extra('lagoon'),
    eventStore: extra('eventstore'),
    serviceEnv: Object.fromEntries(profile.map((name) => [name, extra(name)])),
  };
}

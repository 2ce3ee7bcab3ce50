import type { Actor } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import {
  CommandHandler,
  InstanceHistory,
  StreamEnds,
  VerifiedEventStore,
} from '@uplift/event-store';
import type { LagoonCores } from '@uplift/lagoon';
import type { Clock, Randomness, Tracing } from '@uplift/runtime';
import { createLogger, Metrics, NO_TRACING, RepeatedLines } from '@uplift/runtime';
import type { Worker } from '../runner/instance-session';
import { LagoonOutages } from '../runner/lagoon-outages';
import { SetAsideMessages } from '../runner/set-aside-messages';
import { StageRunner } from '../runner/stage-runner';
import type { StageRunnerPorts } from '../runner/stage-runner';

export const ACTOR: Actor = { type: 'system', id: 'stage-workers/spec' };

interface Ports {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly tracing?: Tracing;
}

/** A worker with a memory of its own of the store. */
export function workerOn(store: EventStore, ports: Ports): Worker {
  const ends = new StreamEnds(ports.clock);
  const history = new InstanceHistory(
    new VerifiedEventStore(store, ends, ports.clock),
    'stage-workers',
  );
  const commands = new CommandHandler(history, ports);
  const { clock, tracing = NO_TRACING } = ports;
  return { history, ends, commands, actor: ACTOR, clock, tracing };
}

export function runnerOf(
  worker: Worker,
  cores: LagoonCores,
  {
    clock,
    randomness,
    metrics = new Metrics('stage-workers'),
    assertSameStore,
    handOver,
  }: Ports & { readonly metrics?: Metrics } & Pick<
      StageRunnerPorts,
      'assertSameStore' | 'handOver'
    >,
): StageRunner {
  const logger = createLogger('stage-workers', { level: 'silent' });
  const outages = new LagoonOutages(cores, clock);
  const setAside = new SetAsideMessages(metrics, logger);
  const lines = new RepeatedLines(clock);
  const ports = { worker, outages, setAside, logger, lines, randomness };
  return new StageRunner({
    ...ports,
    ...(assertSameStore && { assertSameStore }),
    ...(handOver && { handOver }),
  });
}

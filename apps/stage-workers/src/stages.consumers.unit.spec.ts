import { CONSUMERS } from '@uplift/bus';
import { UPGRADE_STAGES } from '@uplift/domain';
import { Health, Metrics, readConfiguration } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { providersOf } from './providers/stages.providers';
import { STAGE_SETTINGS, type StageRuntime } from './stage-workers.settings';

const PATTERN = 'microservices:pattern';

function runtime(): StageRuntime {
  const environment = { UPLIFT_EVENTSTORE_URL: 'esdb://store', UPLIFT_NATS_URL: 'nats://bus' };
  const clock = new VirtualClock();
  const configuration = readConfiguration(STAGE_SETTINGS, environment);
  const parts = { configuration, clock, health: new Health(clock), metrics: new Metrics('spec') };
  return parts as unknown as StageRuntime;
}

describe.each(UPGRADE_STAGES)('a process of the stage %s', (stage) => {
  it('takes the messages of the consumers that the topology gives it', () => {
    const { controllers } = providersOf(stage, runtime());
    const taken = controllers.flatMap(({ prototype }) => {
      const { handle } = prototype as { readonly handle: object };
      return Reflect.getMetadata(PATTERN, handle) as string[];
    });
    const given = CONSUMERS.filter((row) => row.stage === stage);
    expect(taken.sort()).toEqual(given.map(({ durable }) => durable).sort());
  });
});

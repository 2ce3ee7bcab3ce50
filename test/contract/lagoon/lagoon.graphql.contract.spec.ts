import { GraphqlLagoon, StaticTokenSource } from '@uplift/lagoon';
import { startLagoonSimulator } from '../../../tools/lagoon-simulator/src';
import type { LagoonScene } from './lagoon.suite';
import { lagoonSuite } from './lagoon.suite';

async function open(): Promise<LagoonScene> {
  const simulator = await startLagoonSimulator({ clockSpeed: 0 });
  const token = new StaticTokenSource('token');
  const lagoon = new GraphqlLagoon({ url: simulator.graphqlUrl, token });
  const { controls } = simulator;
  const done = Promise.resolve();
  const aDay = () => (controls.advance(86_400), done);
  return {
    lagoon,
    place: (target, traits = {}) => (controls.place({ ...target, ...traits }), done),
    endBuilds: aDay,
    endTasks: aDay,
    failNextBuild: (target) => (controls.place({ ...target, failBuild: 1 }), done),
    outage: (active) => (controls.outage(active), done),
    loseNextAnswer: () => (controls.fault({ kind: 'lose-answer' }), done),
    refuseNext: () => (controls.fault({ kind: 'refuse', field: 'deployEnvironmentLatest' }), done),
    close: async () => {
      await lagoon.close();
      await simulator.close();
    },
  };
}

lagoonSuite('the GraphQL adapter against the simulator', open);

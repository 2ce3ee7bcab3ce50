import { GraphqlLagoon, StaticTokenSource } from '@uplift/lagoon';
import { startLagoonSimulator } from '../../../tools/lagoon-simulator/src';
import type { LagoonFixture, Traits } from './lagoon.fixture';
import { lagoonSuite } from './lagoon.suite';
import { upkeepSuite } from './upkeep.suite';
import { systemClock } from '@uplift/runtime';

const MINUTE = 60;
const DAY = 86_400;

async function open(): Promise<LagoonFixture> {
  const simulator = await startLagoonSimulator({ clockSpeed: 0 });
  const token = new StaticTokenSource('token');
  const lagoon = new GraphqlLagoon({ url: simulator.graphqlUrl, token }, systemClock);
  const { controls } = simulator;
  const done = Promise.resolve();
  const aDay = () => (controls.advance(DAY), done);
  let lastDefinition = 0;
  return {
    lagoon,
    place: (target, traits = {}) => (controls.place({ ...target, ...traitsOf(traits) }), done),
    endBuilds: aDay,
    endTasks: aDay,
    failNextBuild: (target) => (controls.place({ ...target, failBuild: 1 }), done),
    aMinute: () => (controls.advance(MINUTE), done),
    registerTask: (target, { name, takesMarker }) => {
      const id = (lastDefinition += 1);
      const declared = takesMarker ? { arguments: ['UPLIFT_MARKER'] } : {};
      const task = { id, name, type: 'COMMAND', command: 'true', ...declared } as const;
      controls.place({ ...target, registeredTasks: [task] });
      return Promise.resolve(id);
    },
    duplicate: (target, { marker }) => (controls.build({ ...target, bulkName: marker }), done),
    removeBuild: (target, name) => (controls.removeBuild({ ...target, name }), done),
    failFirstSlot: () => (controls.fault({ kind: 'partial' }), done),
    outage: (active) => (controls.outage(active), done),
    loseNextAnswer: () => (controls.fault({ kind: 'lose-answer' }), done),
    refuseNext: () => (controls.fault({ kind: 'refuse', field: 'deployEnvironmentLatest' }), done),
    close: async () => {
      await lagoon.close();
      await simulator.close();
    },
  };
}

function traitsOf({ restriction, idleState, deployBaseRef, ...traits }: Traits) {
  return {
    ...traits,
    ...(restriction === 'NO_DEPLOYMENTS' ? { restrictions: ['NO_DEPLOYMENTS' as const] } : {}),
    ...(typeof idleState === 'string' ? { idleState } : {}),
    ...(typeof deployBaseRef === 'string' ? { deployBaseRef } : {}),
  };
}

lagoonSuite('the GraphQL adapter against the simulator', open);
upkeepSuite('the GraphQL adapter against the simulator', open);

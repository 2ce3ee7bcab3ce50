import { InMemoryLagoon } from '@uplift/lagoon/testing';
import type { LagoonFixture } from './lagoon.fixture';
import { lagoonSuite } from './lagoon.suite';
import { upkeepSuite } from './upkeep.suite';

function open(): Promise<LagoonFixture> {
  const lagoon = new InMemoryLagoon();
  const { script } = lagoon;
  const failing = new Set<string>();
  const done = Promise.resolve();
  return Promise.resolve({
    lagoon,
    place: (target, traits = {}) => (script.place(target, traits), done),
    endBuilds: (target) => {
      script.endBuilds(target, failing.has(target.project) ? 'failed' : 'complete');
      return done;
    },
    endTasks: (target) => (script.endTasks(target), done),
    failNextBuild: ({ project }) => (failing.add(project), done),
    aMinute: () => done,
    registerTask: (target, task) => Promise.resolve(script.registerTask(target, task).id),
    duplicate: (_target, { name }) => (script.duplicateBuild(name), done),
    removeBuild: (_target, name) => (script.removeBuild(name), done),
    failFirstSlot: (target) => (script.hide(target), done),
    outage: (active) => ((script.unavailable = active), done),
    loseNextAnswer: () => {
      script.answerNext({ kind: 'ambiguous', evidence: 'scripted' }, { lands: true });
      return done;
    },
    refuseNext: () => {
      const reason = "Unauthorized: You don't have permission";
      script.answerNext({ kind: 'refused', cause: 'permission', reason, retryable: true });
      return done;
    },
    close: () => lagoon.close(),
  });
}

lagoonSuite('the in-memory Lagoon', open);
upkeepSuite('the in-memory Lagoon', open);

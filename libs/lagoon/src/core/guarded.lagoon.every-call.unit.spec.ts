import { InMemoryLagoon } from '../testing/in-memory.lagoon';
import type { Lagoon } from '../lagoon.port';
import { OPERATIONS } from '../lagoon.port';
import { guardedFixture } from '../testing/guarded-fixture';

const TARGET = { project: 'app-1', environment: 'main' };
const OTHER = { project: 'app-1', environment: 'stage' };
const signal = new AbortController().signal;

/** One call of every operation, on the environment with the given id. */
const CALLS: Readonly<Record<string, (lagoon: Lagoon, id: number) => Promise<unknown>>> = {
  findEnvironment: (lagoon) => lagoon.findEnvironment(TARGET),
  findEnvironments: (lagoon) => lagoon.findEnvironments([TARGET, OTHER]),
  deployLatest: (lagoon, id) =>
    lagoon.deployLatest({ environmentId: id, bulkName: 'm', bulkId: 'b' }, signal),
  deployBranch: (lagoon) =>
    lagoon.deployBranch({ project: 'app-1', branchName: 'main', bulkName: 'm' }, signal),
  deployPromote: (lagoon) =>
    lagoon.deployPromote(
      {
        project: 'app-1',
        sourceEnvironment: 'stage',
        destinationEnvironment: 'main',
        bulkName: 'm',
      },
      signal,
    ),
  cancelDeployment: (lagoon, id) =>
    lagoon.cancelDeployment({ environmentId: id, buildName: 'lagoon-build-1' }, signal),
  deploymentsOf: (lagoon, id) => lagoon.deploymentsOf(id, { limit: 3 }),
  deploymentsOfMany: (lagoon, id) => lagoon.deploymentsOfMany([{ environmentId: id, limit: 2 }]),
  deploymentsByBulkId: (lagoon) => lagoon.deploymentsByBulkId('b'),
  addTask: (lagoon, id) =>
    lagoon.addTask({ environmentId: id, name: 'm', service: 'cli', command: 'true' }, signal),
  invokeRegisteredTask: (lagoon, id) =>
    lagoon.invokeRegisteredTask({ environmentId: id, taskDefinitionId: 1, marker: 'm' }, signal),
  cancelTask: (lagoon) => lagoon.cancelTask(7, signal),
  registeredTasksOf: (lagoon, id) => lagoon.registeredTasksOf(id),
  taskById: (lagoon) => lagoon.taskById(7),
  tasksOf: (lagoon, id) => lagoon.tasksOf(id, { limit: 3 }),
  servicesOf: (lagoon, id) => lagoon.servicesOf(id),
  variablesOf: (lagoon, id) => lagoon.variablesOf(id),
  setVariable: (lagoon) =>
    lagoon.setVariable({ ...TARGET, name: 'A', value: 'b', scope: 'BUILD' }, signal),
  unidle: (lagoon, id) => lagoon.unidle(id, signal),
  ping: (lagoon) => lagoon.ping(),
};

function placed(lagoon: InMemoryLagoon): number {
  lagoon.script.place(OTHER);
  return lagoon.script.place(TARGET).environmentId;
}

describe('a guarded Lagoon', () => {
  it('is asked here for every operation there is', () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual(Object.keys(CALLS).sort());
  });

  it.each(Object.entries(CALLS))('passes %s on and answers the same', async (operation, call) => {
    const plain = new InMemoryLagoon();
    const { inner, core, observer } = guardedFixture();
    const expected = await call(plain, placed(plain)).catch((error: unknown) => error);
    const answer = await call(core.lagoon, placed(inner)).catch((error: unknown) => error);
    expect(answer).toEqual(expected);
    expect(inner.calls).toEqual(plain.calls);
    expect(observer.requests).toHaveLength(1);
    expect(observer.requests).toMatchObject([{ operation }]);
  });

  it.each(Object.entries(CALLS))('holds %s back while the core is away', async (_name, call) => {
    const { inner, core } = guardedFixture({
      rules: { breakerFailures: 1, retryBudgetPercent: 0 },
    });
    const id = placed(inner);
    inner.script.unavailable = true;
    await core.lagoon.ping().catch(() => undefined);
    const asked = inner.calls.length;
    const answer = await call(core.lagoon, id).catch((error: unknown) => error);
    const isMutation = typeof answer === 'object' && answer !== null && 'kind' in answer;
    expect(answer).toMatchObject(isMutation ? { cause: 'not-sent' } : { core: 'core-a' });
    expect(inner.calls).toHaveLength(asked);
  });
});

import type { LagoonTask, SetVariableRequest } from '@uplift/lagoon';
import { carriesMarker, deploymentPhase, LagoonRefusedError } from '@uplift/lagoon';
import type { LagoonFixture, Traits } from './lagoon.fixture';
import { APP, NO_ID, NOBODY } from './lagoon.fixture';

const NOT_FOUND = { kind: 'refused', cause: 'not-found', retryable: false };
const ACCEPTED = { kind: 'accepted' };
const VARIABLE: SetVariableRequest = { ...APP, name: 'COLOUR', value: 'red', scope: 'RUNTIME' };

/** The rules for what is done with an environment beside building it. */
export function upkeepSuite(name: string, open: () => Promise<LagoonFixture>): void {
  describe(`${name} keeps the rules of the Lagoon port for promotions, tasks and upkeep`, () => {
    let fixture: LagoonFixture;
    let environmentId: number;
    const signal = () => AbortSignal.timeout(10_000);

    beforeEach(async () => {
      fixture = await open();
      await fixture.place(APP);
      const found = await fixture.lagoon.findEnvironment(APP);
      environmentId = found?.environmentId ?? 0;
    });
    afterEach(() => fixture.close());

    const deploy = async (bulkName: string) => {
      const answer = await fixture.lagoon.deployLatest({ environmentId, bulkName }, signal());
      return answer.kind === 'accepted' ? answer.buildName : `not accepted: ${answer.kind}`;
    };
    const statuses = async () => {
      const rows = await fixture.lagoon.deploymentsOf(environmentId, { limit: 20 });
      return rows.map(({ status }) => status);
    };
    const cancel = (buildName: string) =>
      fixture.lagoon.cancelDeployment({ environmentId, buildName }, signal());

    it('promotes an environment of the same project, and the type stays', async () => {
      await fixture.place({ project: 'app', environment: 'live' });
      const request = {
        project: 'app',
        sourceEnvironment: 'main',
        bulkName: 'm',
        bulkId: 'wave-1',
      };
      const promotion = { ...request, destinationEnvironment: 'live' };
      expect((await fixture.lagoon.deployPromote(promotion, signal())).kind).toBe('accepted');
      const live = await fixture.lagoon.findEnvironment({ project: 'app', environment: 'live' });
      expect(live?.deployType).toBe('promote');
      const rows = await fixture.lagoon.deploymentsOf(live?.environmentId ?? 0, { limit: 5 });
      expect(rows).toMatchObject([{ bulkName: 'm', bulkId: 'wave-1' }]);
      const lost = { ...promotion, sourceEnvironment: 'gone' };
      expect(await fixture.lagoon.deployPromote(lost, signal())).toMatchObject(NOT_FOUND);
    });

    it('cancels the running build, and the next one starts', async () => {
      const name = await deploy('marker-1');
      await deploy('marker-2');
      expect(await cancel(name)).toEqual(ACCEPTED);
      const [next, cancelled] = await statuses();
      expect(cancelled).toBe('cancelled');
      expect(deploymentPhase(next ?? '')).toBe('active');
      await fixture.endBuilds(APP);
      expect(await statuses()).toEqual(['complete', 'cancelled']);
    });

    it('accepts to cancel what has ended, and it stays as it was', async () => {
      const name = await deploy('marker-1');
      await fixture.endBuilds(APP);
      expect(await cancel(name)).toEqual(ACCEPTED);
      expect(await statuses()).toEqual(['complete']);
    });

    it('refuses to cancel what is not there', async () => {
      expect(await cancel('lagoon-build-x')).toMatchObject(NOT_FOUND);
      expect(await fixture.lagoon.cancelTask(NO_ID, signal())).toMatchObject(NOT_FOUND);
    });

    it('cancels a task', async () => {
      const request = { environmentId, name: 'marker pre', service: 'cli', command: 'true' };
      const added = await fixture.lagoon.addTask(request, signal());
      const taskId = added.kind === 'accepted' ? added.taskId : 0;
      expect(await fixture.lagoon.cancelTask(taskId, signal())).toEqual(ACCEPTED);
      expect(await fixture.lagoon.taskById(taskId)).toMatchObject({ status: 'cancelled' });
      await fixture.endTasks(APP);
      expect(await fixture.lagoon.taskById(taskId)).toMatchObject({ status: 'cancelled' });
    });

    const invoke = (taskDefinitionId: number, marker: string) =>
      fixture.lagoon.invokeRegisteredTask({ environmentId, taskDefinitionId, marker }, signal());

    it('runs a registered task so that the marker finds it', async () => {
      const id = await fixture.registerTask(APP, { name: 'migrate', takesMarker: true });
      const task = { id, name: 'migrate', takesMarker: true };
      expect(await fixture.lagoon.registeredTasksOf(environmentId)).toEqual([task]);
      const answers = [await invoke(id, 'attempt-1 pre'), await invoke(id, 'attempt-1 post')];
      const tasks = await fixture.lagoon.tasksOf(environmentId, { limit: 5 });
      const found = tasks.filter((row: LagoonTask) => carriesMarker(row, 'attempt-1 post'));
      expect(found).toMatchObject([{ name: 'migrate' }]);
      expect(answers[1]).toMatchObject({ kind: 'accepted', taskId: found[0]?.id });
    });

    it('runs a registered task that takes no marker under its own name', async () => {
      const id = await fixture.registerTask(APP, { name: 'warm up', takesMarker: false });
      expect(await invoke(id, 'attempt-1 pre')).toMatchObject({ kind: 'accepted' });
      const [row] = await fixture.lagoon.tasksOf(environmentId, { limit: 5 });
      expect(row?.name).toBe('warm up');
      expect(carriesMarker(row!, 'attempt-1 pre')).toBe(false);
      expect(row?.created).toMatch(/^\d{4}-\d\d-\d\dT/);
    });

    it('invokes nothing that is not registered, and no marker that could be a command', async () => {
      const id = await fixture.registerTask(APP, { name: 'migrate', takesMarker: true });
      expect(await invoke(id + 1, 'attempt-1 pre')).toMatchObject(NOT_FOUND);
      const hostile = await invoke(id, '"; rm -rf "');
      expect(hostile).toMatchObject({ kind: 'refused', cause: 'invalid-request' });
      expect(await fixture.lagoon.tasksOf(environmentId, { limit: 5 })).toEqual([]);
    });

    it('creates and changes a variable of the environment', async () => {
      expect(await fixture.lagoon.variablesOf(environmentId)).toEqual([]);
      expect(await fixture.lagoon.setVariable(VARIABLE, signal())).toEqual(ACCEPTED);
      const { name, scope } = VARIABLE;
      expect(await fixture.lagoon.variablesOf(environmentId)).toEqual([
        { name, scope, value: 'red' },
      ]);
      await fixture.lagoon.setVariable({ ...VARIABLE, value: 'blue', scope: 'GLOBAL' }, signal());
      const changed = [{ name, scope: 'GLOBAL', value: 'blue' }];
      expect(await fixture.lagoon.variablesOf(environmentId)).toEqual(changed);
    });

    it('sets no variable of a project that is not there', async () => {
      const answer = await fixture.lagoon.setVariable({ ...VARIABLE, ...NOBODY }, signal());
      expect(answer).toMatchObject(NOT_FOUND);
    });

    it('cannot tell whether a variable of a missing environment was set', async () => {
      const request = { ...VARIABLE, environment: 'gone' };
      expect((await fixture.lagoon.setVariable(request, signal())).kind).toBe('ambiguous');
    });

    it('shows what runs of an environment', async () => {
      const running = async (traits: Traits) => {
        await fixture.place(APP, traits);
        return fixture.lagoon.servicesOf(environmentId);
      };
      const rows = (cli: number, nginx: number, mariadb: number) => [
        { name: 'cli', replicas: cli },
        { name: 'nginx', replicas: nginx },
        { name: 'mariadb', replicas: mariadb },
      ];
      expect(await running({})).toEqual(rows(1, 1, 1));
      expect(await running({ stoppedServices: ['nginx'] })).toEqual(rows(1, 0, 1));
      expect(await running({ idleState: 'idled' })).toEqual(rows(0, 0, 0));
    });

    it('wakes an idled environment, once', async () => {
      await fixture.place(APP, { idleState: 'idled' });
      expect((await fixture.lagoon.findEnvironment(APP))?.idleState).toBe('idled');
      expect(await fixture.lagoon.unidle(environmentId, signal())).toEqual(ACCEPTED);
      await fixture.aMinute();
      expect((await fixture.lagoon.findEnvironment(APP))?.idleState).toBe('active');
      expect(await fixture.lagoon.unidle(environmentId, signal())).toEqual(ACCEPTED);
    });

    it('does not wake what Lagoon does not idle, nor what is not there', async () => {
      await fixture.place(APP, { idleState: 'idled', autoIdle: false });
      expect((await fixture.lagoon.findEnvironment(APP))?.autoIdle).toBe(false);
      const refused = { kind: 'refused', cause: 'disabled', retryable: false };
      expect(await fixture.lagoon.unidle(environmentId, signal())).toMatchObject(refused);
      expect(await fixture.lagoon.unidle(NO_ID, signal())).toMatchObject(NOT_FOUND);
    });

    it('shows a restriction as what it is: no deployments, but tasks', async () => {
      await fixture.place(APP, { restriction: 'NO_DEPLOYMENTS' });
      const found = await fixture.lagoon.findEnvironment(APP);
      expect(found).toMatchObject({ restriction: 'NO_DEPLOYMENTS', deploymentsDisabled: true });
      const refused = { kind: 'refused', cause: 'disabled', retryable: false };
      const deployed = await fixture.lagoon.deployLatest(
        { environmentId, bulkName: 'm' },
        signal(),
      );
      expect(deployed).toMatchObject(refused);
      const task = { environmentId, name: 't', service: 'cli', command: 'true' };
      expect((await fixture.lagoon.addTask(task, signal())).kind).toBe('accepted');
    });

    it('finds many environments at once, in the order they were asked for', async () => {
      const others = Array.from({ length: 30 }, (_, n) => ({ ...APP, project: `p${n}` }));
      for (const target of others) await fixture.place(target);
      const targets = [...others, NOBODY, { ...APP, environment: 'other' }, APP];
      const found = await fixture.lagoon.findEnvironments(targets);
      const alone = await Promise.all(targets.map((one) => fixture.lagoon.findEnvironment(one)));
      expect(found).toEqual(alone);
      expect(found.slice(-3).map((environment) => environment?.environmentId)).toEqual([
        undefined,
        undefined,
        environmentId,
      ]);
      expect(found.slice(-3, -1)).toEqual([null, null]);
      expect(await fixture.lagoon.findEnvironments([])).toEqual([]);
    });

    it('keeps what it found when Lagoon has no answer for one of many', async () => {
      const other = { ...APP, project: 'other' };
      await fixture.place(other);
      await fixture.failFirstSlot(APP);
      const found = await fixture.lagoon.findEnvironments([APP, other]);
      expect(found[0]).toBeUndefined();
      expect(found[1]?.environmentType).toBe('production');
    });

    it('keeps the builds it found when Lagoon has no answer for one of many', async () => {
      const other = { ...APP, project: 'other' };
      await fixture.place(other);
      const otherId = (await fixture.lagoon.findEnvironment(other))?.environmentId ?? 0;
      await fixture.failFirstSlot(APP);
      const found = await fixture.lagoon.deploymentsOfMany([
        { environmentId },
        { environmentId: otherId },
      ]);
      expect([...found.entries()]).toEqual([[otherId, []]]);
    });

    it('says that an environment is gone instead of showing nothing of it', async () => {
      const gone = LagoonRefusedError;
      await expect(fixture.lagoon.variablesOf(NO_ID)).rejects.toThrow(gone);
      await expect(fixture.lagoon.servicesOf(NO_ID)).rejects.toThrow(gone);
      await expect(fixture.lagoon.registeredTasksOf(NO_ID)).rejects.toThrow(gone);
    });

    it('sends nothing once the signal has aborted', async () => {
      await fixture.place(APP, { idleState: 'idled' });
      const id = await fixture.registerTask(APP, { name: 'migrate', takesMarker: true });
      const over = AbortSignal.abort();
      const target = { environmentId, buildName: await deploy('marker-1') };
      const invocation = { environmentId, taskDefinitionId: id, marker: 'm' };
      const promotion = {
        project: 'app',
        sourceEnvironment: 'main',
        destinationEnvironment: 'new',
        bulkName: 'm',
      };
      const answers = await Promise.all([
        fixture.lagoon.cancelDeployment(target, over),
        fixture.lagoon.deployPromote(promotion, over),
        fixture.lagoon.invokeRegisteredTask(invocation, over),
        fixture.lagoon.cancelTask(1, over),
        fixture.lagoon.setVariable(VARIABLE, over),
        fixture.lagoon.unidle(environmentId, over),
      ]);
      const causes = answers.map((answer) => (answer.kind === 'refused' ? answer.cause : ''));
      expect(causes).toEqual(Array.from({ length: 6 }, () => 'not-sent'));
      expect(await fixture.lagoon.tasksOf(environmentId, { limit: 5 })).toEqual([]);
      expect(await fixture.lagoon.variablesOf(environmentId)).toEqual([]);
    });

    it('cannot tell what became of a mutation in an outage, unless it had to read before', async () => {
      await fixture.outage(true);
      const target = { environmentId, buildName: 'lagoon-build-x' };
      expect((await fixture.lagoon.cancelDeployment(target, signal())).kind).toBe('ambiguous');
      expect((await fixture.lagoon.setVariable(VARIABLE, signal())).kind).toBe('ambiguous');
      const unsent = { kind: 'refused', cause: 'not-sent', retryable: true };
      expect(await fixture.lagoon.unidle(environmentId, signal())).toMatchObject(unsent);
      expect(await invoke(1, 'm')).toMatchObject(unsent);
    });
  });
}

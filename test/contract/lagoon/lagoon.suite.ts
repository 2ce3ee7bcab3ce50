import { deploymentPhase, LagoonRefusedError, LagoonUnavailableError } from '@uplift/lagoon';
import type { LagoonFixture } from './lagoon.fixture';
import { APP, NOBODY } from './lagoon.fixture';

/** The rules of the port: whatever implements it passes all of them. */
export function lagoonSuite(name: string, open: () => Promise<LagoonFixture>): void {
  describe(`${name} keeps the rules of the Lagoon port`, () => {
    let fixture: LagoonFixture;
    const signal = () => AbortSignal.timeout(10_000);

    beforeEach(async () => {
      fixture = await open();
      await fixture.place(APP);
    });
    afterEach(() => fixture.close());

    const appId = async () => {
      const found = await fixture.lagoon.findEnvironment(APP);
      return found?.environmentId ?? 0;
    };
    const deploy = async (bulkName: string) => {
      const request = { environmentId: await appId(), bulkName };
      const answer = await fixture.lagoon.deployLatest(request, signal());
      return answer.kind === 'accepted' ? answer.buildName : `not accepted: ${answer.kind}`;
    };

    it('finds an environment by project and name, with its routes', async () => {
      const found = await fixture.lagoon.findEnvironment(APP);
      expect(found).toMatchObject({
        environmentType: 'production',
        deployType: 'branch',
        deployBaseRef: 'main',
        deploymentsDisabled: false,
      });
      expect(found?.route).toMatch(/^https?:/);
      expect(found?.routes).toEqual([{ text: found?.route, alsoOf: null }]);
    });

    it.each([NOBODY, { project: 'app', environment: 'other' }])('has no %j', async (target) => {
      expect(await fixture.lagoon.findEnvironment(target)).toBeNull();
    });

    it.each([
      ['no URL', ['undefined'], [{ text: 'undefined', alsoOf: null }]],
      ['nothing', [], []],
    ])('shows what is named as its routes, %s, and no URL then', async (_what, next, routes) => {
      await fixture.place(APP, { nextRoutes: [next] });
      expect(await fixture.lagoon.findEnvironment(APP)).toMatchObject({ route: null, routes });
      expect((await fixture.lagoon.findEnvironment(APP))?.route).not.toBeNull();
    });

    it("tells the routes of the project's other environments apart from its own", async () => {
      const other = { project: 'app', environment: 'next' };
      await fixture.place(other);
      const route = (await fixture.lagoon.findEnvironment(other))?.route ?? '';
      const own = (await fixture.lagoon.findEnvironment(APP))?.route ?? '';
      await fixture.place(APP, { nextRoutes: [[`${route}/`], [`${route}/`, own]] });
      const neighbours = { text: `${route}/`, alsoOf: 'next' };
      expect(await fixture.lagoon.findEnvironment(APP)).toMatchObject({
        route: null,
        routes: [neighbours],
      });
      expect(await fixture.lagoon.findEnvironment(APP)).toMatchObject({
        route: own,
        routes: [neighbours, { text: own, alsoOf: null }],
      });
    });

    it('deploys a branch to the environment that bears its name as a host name may', async () => {
      const target = { project: 'app', environment: 'feature-x' };
      await fixture.place(target, { deployBaseRef: 'feature/x' });
      const found = await fixture.lagoon.findEnvironment(target);
      expect(found?.deployBaseRef).toBe('feature/x');
      const request = { project: 'app', branchName: 'feature/x', bulkName: 'm' };
      expect((await fixture.lagoon.deployBranch(request, signal())).kind).toBe('accepted');
      const rows = await fixture.lagoon.deploymentsOf(found?.environmentId ?? 0, { limit: 1 });
      expect(rows).toMatchObject([{ bulkName: 'm' }]);
    });

    it('names the newest build of an environment as long as it has not ended', async () => {
      const activeBuild = async () => (await fixture.lagoon.findEnvironment(APP))?.activeBuild;
      expect(await activeBuild()).toBeNull();
      const buildName = await deploy('marker-1');
      expect(await activeBuild()).toBe(buildName);
      await fixture.endBuilds(APP);
      expect(await activeBuild()).toBeNull();
    });

    it('accepts a deployment, and the row carries the marker', async () => {
      const buildName = await deploy('marker-1');
      expect(buildName).toMatch(/^lagoon-build-[0-9a-z]+$/);
      const rows = await fixture.lagoon.deploymentsOf(await appId(), { limit: 20 });
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ name: buildName, bulkName: 'marker-1', completed: null });
      expect(deploymentPhase(rows[0]!.status)).toBe('active');
    });

    it('ends a build as complete, with the time', async () => {
      const name = await deploy('marker-1');
      await fixture.endBuilds(APP);
      const [row] = await fixture.lagoon.deploymentsOf(await appId(), { limit: 1, name });
      expect(row).toMatchObject({ status: 'complete', buildStep: 'deployCompleted' });
      expect(row?.completed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it('ends a build as failed when it fails', async () => {
      await fixture.failNextBuild(APP);
      const name = await deploy('marker-1');
      await fixture.endBuilds(APP);
      const [row] = await fixture.lagoon.deploymentsOf(await appId(), { limit: 1, name });
      expect(row?.status).toBe('failed');
    });

    it('lists builds newest first and no more than asked for', async () => {
      const first = await deploy('marker-1');
      await fixture.endBuilds(APP);
      const second = await deploy('marker-2');
      const names = async (limit: number) =>
        (await fixture.lagoon.deploymentsOf(await appId(), { limit })).map((row) => row.name);
      expect(await names(20)).toEqual([second, first]);
      expect(await names(1)).toEqual([second]);
    });

    it('cancels a waiting build when a newer one takes its place', async () => {
      const names = [await deploy('marker-1'), await deploy('marker-2'), await deploy('marker-3')];
      await fixture.endBuilds(APP);
      const rows = await fixture.lagoon.deploymentsOf(await appId(), { limit: 20 });
      const statuses = names.map((name) => rows.find((row) => row.name === name)?.status);
      expect(statuses).toEqual(['complete', 'cancelled', 'complete']);
    });

    it('shows the newest builds of many at once, duplicates and later ones among them', async () => {
      const environmentId = await appId();
      const first = await deploy('marker-1');
      await fixture.duplicate(APP, { name: first, marker: 'marker-1' });
      const later = await deploy('marker-2');
      const markers = async (limit?: number) => {
        const lookup = { environmentId, ...(limit === undefined ? {} : { limit }) };
        const found = await fixture.lagoon.deploymentsOfMany([lookup]);
        return found.get(environmentId)?.map(({ bulkName }) => bulkName);
      };
      expect(await markers()).toEqual(['marker-2', 'marker-1', 'marker-1']);
      expect(await markers(1)).toEqual(['marker-2']);
      await fixture.removeBuild(APP, later);
      expect(await markers()).toEqual(['marker-1', 'marker-1']);
    });

    it('shows no more than ten builds of each unless asked', async () => {
      const environmentId = await appId();
      for (let n = 0; n < 12; n += 1) await deploy(`marker-${n}`);
      const found = await fixture.lagoon.deploymentsOfMany([{ environmentId }]);
      expect(found.get(environmentId)).toHaveLength(10);
    });

    it('looks up many builds at once; what is not there is empty, what is gone is absent', async () => {
      const others = Array.from({ length: 60 }, (_, n) => ({
        project: `p${n}`,
        environment: 'main',
      }));
      for (const target of others) await fixture.place(target);
      const name = await deploy('marker-1');
      const ids = await Promise.all(others.map((target) => fixture.lagoon.findEnvironment(target)));
      const found = await fixture.lagoon.deploymentsOfMany([
        ...ids.map((other) => ({
          environmentId: other?.environmentId ?? 0,
          name: 'lagoon-build-x',
        })),
        { environmentId: await appId(), name },
        { environmentId: 999_999, name },
      ]);
      expect(found.size).toBe(61);
      expect(found.get(await appId())?.map((row) => row.bulkName)).toEqual(['marker-1']);
      expect(found.get(ids[0]?.environmentId ?? 0)).toEqual([]);
      expect(found.has(999_999)).toBe(false);
    });

    it('deploys a ref of a branch under a bulk id that finds it again', async () => {
      const request = { project: 'app', branchName: 'main', branchRef: 'v2', bulkId: 'wave-1' };
      const answer = await fixture.lagoon.deployBranch({ ...request, bulkName: 'm' }, signal());
      expect(answer.kind).toBe('accepted');
      const rows = await fixture.lagoon.deploymentsByBulkId('wave-1');
      expect(rows.map((row) => row.bulkName)).toEqual(['m']);
      expect(await fixture.lagoon.deploymentsByBulkId('wave-2')).toEqual([]);
    });

    it('deploys the head of a branch, or its variables alone', async () => {
      const request = { project: 'app', branchName: 'main', bulkName: 'm' };
      expect(await fixture.lagoon.deployBranch(request, signal())).toMatchObject({
        kind: 'accepted',
        buildName: expect.stringMatching(/^lagoon-build-/) as string,
      });
      const buildVariables = [{ name: 'LAGOON_VARIABLES_ONLY', value: 'true' }];
      const variables = { environmentId: await appId(), bulkName: 'v', buildVariables };
      expect(await fixture.lagoon.deployLatest(variables, signal())).toMatchObject({
        buildName: expect.stringMatching(/^lagoon-variables-/) as string,
      });
    });

    it('refuses to deploy what is missing, without effect', async () => {
      const request = { environmentId: 999_999, bulkName: 'm' };
      expect(await fixture.lagoon.deployLatest(request, signal())).toMatchObject({
        kind: 'refused',
        cause: 'not-found',
        retryable: false,
      });
    });

    it('refuses deployments and tasks where they are disabled', async () => {
      await fixture.place(APP, { deploymentsDisabled: true });
      const environmentId = await appId();
      const disabled = { kind: 'refused', cause: 'disabled', retryable: false };
      const deployed = await fixture.lagoon.deployLatest(
        { environmentId, bulkName: 'm' },
        signal(),
      );
      expect(deployed).toMatchObject(disabled);
      const task = { environmentId, name: 't', service: 'cli', command: 'true' };
      expect(await fixture.lagoon.addTask(task, signal())).toMatchObject(disabled);
      expect((await fixture.lagoon.findEnvironment(APP))?.deploymentsDisabled).toBe(true);
    });

    it('calls a permission text refused and worth another try', async () => {
      await fixture.refuseNext();
      const request = { environmentId: await appId(), bulkName: 'm' };
      expect(await fixture.lagoon.deployLatest(request, signal())).toMatchObject({
        kind: 'refused',
        cause: 'permission',
        retryable: true,
      });
      expect(await fixture.lagoon.deploymentsOf(await appId(), { limit: 20 })).toEqual([]);
    });

    it('calls a lost answer ambiguous, and the marker finds the build', async () => {
      const environmentId = await appId();
      await fixture.loseNextAnswer();
      const answer = await fixture.lagoon.deployLatest({ environmentId, bulkName: 'm' }, signal());
      expect(answer.kind).toBe('ambiguous');
      const rows = await fixture.lagoon.deploymentsOf(environmentId, { limit: 20 });
      expect(rows.map((row) => row.bulkName)).toEqual(['m']);
    });

    it('sends nothing when the signal has aborted before the call', async () => {
      const environmentId = await appId();
      const request = { environmentId, bulkName: 'm' };
      const answer = await fixture.lagoon.deployLatest(request, AbortSignal.abort());
      expect(answer).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
      expect(await fixture.lagoon.deploymentsOf(environmentId, { limit: 20 })).toEqual([]);
    });

    it('runs a task under our name to its end', async () => {
      const environmentId = await appId();
      const request = { environmentId, name: 'marker pre', service: 'cli', command: 'true' };
      const answer = await fixture.lagoon.addTask(request, signal());
      if (answer.kind !== 'accepted') throw new Error(answer.kind);
      expect(await fixture.lagoon.taskById(answer.taskId)).toMatchObject({ completed: null });
      await fixture.endTasks(APP);
      const ended = await fixture.lagoon.taskById(answer.taskId);
      expect(ended).toMatchObject({ name: 'marker pre', status: 'complete', service: 'cli' });
      expect(await fixture.lagoon.tasksOf(environmentId, { limit: 5 })).toEqual([ended]);
      expect(await fixture.lagoon.taskById(999_999)).toBeNull();
    });

    it('says that an environment is gone instead of showing no builds', async () => {
      const gone = LagoonRefusedError;
      await expect(fixture.lagoon.deploymentsOf(999_999, { limit: 1 })).rejects.toThrow(gone);
      await expect(fixture.lagoon.tasksOf(999_999, { limit: 1 })).rejects.toThrow(gone);
    });

    it('creates no environment for a branch while it cannot be reached', async () => {
      await fixture.outage(true);
      const request = { project: 'app', branchName: 'other', branchRef: 'v2', bulkName: 'm' };
      expect((await fixture.lagoon.deployBranch(request, signal())).kind).toBe('ambiguous');
      await fixture.outage(false);
      const other = { project: 'app', environment: 'other' };
      expect(await fixture.lagoon.findEnvironment(other)).toBeNull();
      expect((await fixture.lagoon.deployBranch(request, signal())).kind).toBe('accepted');
      expect(await fixture.lagoon.findEnvironment(other)).not.toBeNull();
    });

    it('throws unavailable for reads and calls mutations ambiguous in an outage', async () => {
      const environmentId = await appId();
      await fixture.outage(true);
      await expect(fixture.lagoon.ping()).rejects.toThrow(LagoonUnavailableError);
      await expect(fixture.lagoon.findEnvironment(APP)).rejects.toThrow(LagoonUnavailableError);
      const answer = await fixture.lagoon.deployLatest({ environmentId, bulkName: 'm' }, signal());
      expect(answer.kind).toBe('ambiguous');
      await fixture.outage(false);
      expect(await fixture.lagoon.ping()).not.toBe('');
    });
  });
}

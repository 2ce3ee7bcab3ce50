import { SimulatorFixture } from './testing/simulator-fixture';

const APP = { project: 'app', environment: 'main' };

describe('the operations', () => {
  let fixture: SimulatorFixture;

  beforeEach(async () => {
    fixture = await SimulatorFixture.open();
  });
  afterEach(() => fixture.close());

  const outcome = async (query: string, variables: object = {}) => {
    const { data, errors } = await fixture.ask(query, variables);
    return errors?.[0]?.message ?? Object.values(data ?? {})[0];
  };
  const page = async () => (await fetch(`${fixture.origin}/apps/app/main`)).status;

  describe('deployEnvironmentPromote', () => {
    const PROMOTE = `mutation Promote($source: EnvironmentInput!, $project: ProjectInput!) {
      deployEnvironmentPromote(input: {
        sourceEnvironment: $source, project: $project, destinationEnvironment: "main"
      })
    }`;
    const promote = (source: object) => outcome(PROMOTE, { source, project: { name: 'app' } });

    it('builds the destination and makes it a promoted one for good', async () => {
      const id = fixture.place();
      const stage = fixture.place({ environment: 'stage' });
      expect(await promote({ id: stage })).toBe('success');
      expect(await fixture.builds(id)).toHaveLength(1);
      expect(
        await outcome('query($id: Int!) { environmentById(id: $id) { deployType } }', { id }),
      ).toEqual({ deployType: 'promote' });
    });

    it('refuses a source of another project, or none', async () => {
      const id = fixture.place();
      const other = fixture.place({ project: 'other' });
      for (const source of [{ id: other }, { id: 999 }]) {
        expect(await promote(source)).toBe('Unauthorized');
      }
      expect(await fixture.builds(id)).toEqual([]);
    });
  });

  it('creates the environment of a branch that has none, as a development one', async () => {
    fixture.place();
    const deploy = `mutation { deployEnvironmentBranch(input: {
      project: { name: "app" }, branchName: "feature", bulkId: "wave", returnData: true }) }`;
    const name = await outcome(deploy);
    const rows = `{ deploymentsByBulkId(bulkId: "wave") { name environment { environmentType } } }`;
    expect(await outcome(rows)).toEqual([
      { name, environment: { environmentType: 'development' } },
    ]);
  });

  it('refuses bulkId and priority without a platform role', async () => {
    const id = fixture.place();
    expect(await fixture.deploy(id, { bulkId: 'wave' })).toMatch(/^Unauthorized to set bulkId, /);
    expect(await fixture.deploy(id, { priority: 3 })).toMatch(/^Unauthorized to set priority, /);
    await fixture.control('POST', 'account', { platformRole: true });
    expect(await fixture.deploy(id, { bulkId: 'wave', priority: 3 })).toMatch(/^lagoon-build-/);
  });

  it.each(['production', 'development'] as const)(
    'refuses to deploy to a %s environment that the caller may not deploy to',
    async (environmentType) => {
      const id = fixture.place({ environmentType, mayDeploy: false });
      const text = `Unauthorized: You don't have permission to "deploy:${environmentType}" on "environment"`;
      expect(await fixture.deploy(id)).toBe(text);
      expect(await fixture.builds(id)).toEqual([]);
    },
  );

  it('refuses to deploy to a restricted project, and shows the restriction', async () => {
    const id = fixture.place({ restrictions: ['NO_DEPLOYMENTS'] });
    expect(await fixture.deploy(id)).toBe('Tasks have been disabled for this project');
    expect(await outcome('{ projectByName(name: "app") { restrictions } }')).toEqual({
      restrictions: ['NO_DEPLOYMENTS'],
    });
  });

  it('builds only the variables when it is told so', async () => {
    const id = fixture.place();
    const buildVariables = [{ name: 'LAGOON_VARIABLES_ONLY', value: 'TRUE' }];
    expect(await fixture.deploy(id, { buildVariables })).toMatch(/^lagoon-variables-/);
    expect(await fixture.builds(id)).toMatchObject([{ buildType: 'VARIABLES' }]);
    fixture.controls.advance(200);
    expect(await fixture.statuses(id)).toEqual(['complete']);
  });

  it('finds the deleted twin by name, unless deleted ones are not wanted', async () => {
    const id = fixture.place({ deletedTwin: true });
    const { projectId } = fixture.controls.place(APP);
    const find = `query Find($project: Int!, $includeDeleted: Boolean) {
      environmentByName(name: "main", project: $project, includeDeleted: $includeDeleted) { id deleted }
    }`;
    const found = (includeDeleted?: boolean) =>
      outcome(find, { project: projectId, includeDeleted }) as Promise<{ id: number }>;
    expect(await found(false)).toEqual({ id, deleted: '0000-00-00 00:00:00' });
    const twin = await found();
    expect(twin.id).not.toBe(id);
    const all = `{ projectByName(name: "app") { environments(includeDeleted: true) { id } } }`;
    expect(await outcome(all)).toEqual({ environments: [{ id: twin.id }, { id }] });
    expect(await fixture.deploy(twin.id)).toBe('Unauthorized');
  });

  describe('addOrUpdateEnvVariableByName', () => {
    const WRITE = `mutation Write($input: EnvVariableByNameInput!) {
      addOrUpdateEnvVariableByName(input: $input) { name scope value }
    }`;
    const write = (input: object) =>
      outcome(WRITE, { input: { project: 'app', name: 'COLOUR', value: 'red', ...input } });
    const stored = async (query = '') => {
      const response = await fixture.control('GET', `variables${query}`);
      return ((await response.json()) as { variables: object[] }).variables;
    };

    it.each(['BUILD', 'RUNTIME', 'GLOBAL', 'CONTAINER_REGISTRY'])(
      'stores the scope %s in lower case',
      async (scope) => {
        fixture.place();
        const row = { name: 'COLOUR', scope: scope.toLowerCase(), value: 'red' };
        expect(await write({ environment: 'main', scope })).toEqual(row);
        const read =
          '{ projectByName(name: "app") { environments { envVariables { name scope value } } } }';
        expect(await outcome(read)).toEqual({ environments: [{ envVariables: [row] }] });
      },
    );

    it('changes what is there, keeps project and environment apart, and counts every write', async () => {
      fixture.place();
      await write({ environment: 'main' });
      await write({ environment: 'main', value: 'blue' });
      await write({});
      expect(await stored('?project=app')).toEqual([
        { ...APP, environment: null, name: 'COLOUR', scope: 'global', value: 'red', writes: 1 },
        { ...APP, name: 'COLOUR', scope: 'global', value: 'blue', writes: 2 },
      ]);
      expect(await stored('?project=other')).toEqual([]);
      const counts = { 'app/main/COLOUR': 2, 'app//COLOUR': 1 };
      expect(fixture.controls.ledger().variableWrites).toEqual(counts);
    });

    it('shows as a pending change until a build has brought it to the app', async () => {
      const id = fixture.place();
      await write({ environment: 'main' });
      const pending =
        'query($id: Int!) { environmentById(id: $id) { pendingChanges { details } } }';
      expect(await outcome(pending, { id })).toEqual({ pendingChanges: [{ details: 'COLOUR' }] });
      fixture.controls.advance(1);
      await fixture.deploy(id);
      fixture.controls.advance(3600);
      expect(await outcome(pending, { id })).toEqual({ pendingChanges: [] });
    });

    it.each([
      [{ name: ' ' }, 'A variable name must be provided.'],
      [{ project: null, environment: 'main' }, /^Error determining type/],
      [{ project: 'none' }, 'Unauthorized'],
      [{ environment: 'none' }, /^Cannot read properties of undefined/],
      [{ scope: 'INTERNAL_CONTAINER_REGISTRY' }, /deprecated & can no longer be set/],
    ])('refuses %j', async (input, message) => {
      fixture.place();
      expect(await write(input)).toEqual(
        message instanceof RegExp ? expect.stringMatching(message) : message,
      );
      expect(await stored()).toEqual([]);
    });
  });

  describe('idleOrUnidleEnvironment', () => {
    const idling = (idle: boolean) =>
      outcome(
        `mutation Idle($idle: Boolean!) { idleOrUnidleEnvironment(
          input: { project: "app", environment: "main", idle: $idle }) }`,
        { idle },
      );

    it('wakes an idled app after a while; until then its pages ask to wait', async () => {
      fixture.place({ idleState: 'idled', wakeSeconds: 30 });
      expect(await page()).toBe(503);
      expect(await idling(false)).toBe('success');
      fixture.controls.advance(29);
      expect(await page()).toBe(503);
      fixture.controls.advance(1);
      expect(await page()).toBe(200);
    });

    it('refuses what is so already, and what is switched off', async () => {
      fixture.place();
      expect(await idling(false)).toBe('Environment is already unidled');
      expect(await idling(true)).toBe('success');
      expect(await idling(true)).toBe('Environment is already idled');
      fixture.place({ autoIdle: false });
      expect(await idling(false)).toBe('Environment has idling disabled');
    });
  });

  describe('tasks', () => {
    const INVOKE = `mutation Invoke($task: Int!, $environment: Int!) {
      invokeRegisteredTask(advancedTaskDefinition: $task, environment: $environment, argumentValues: [
        { advancedTaskDefinitionArgumentName: "MARKER", value: "attempt-1" }
      ]) { id name command status }
    }`;
    const registeredTasks = [
      { id: 7, name: 'Migrate', type: 'COMMAND', command: './migrate.sh', arguments: ['MARKER'] },
      { id: 8, name: 'Scan', type: 'IMAGE' },
    ] as const;

    it('lists the registered ones of an environment', async () => {
      const id = fixture.place({ registeredTasks });
      const list = `query($id: Int!) { advancedTasksForEnvironment(environment: $id) {
        ... on AdvancedTaskDefinitionCommand { id name type command advancedTaskDefinitionArguments { name } }
        ... on AdvancedTaskDefinitionImage { id name type }
      } }`;
      expect(await outcome(list, { id })).toMatchObject([
        { id: 7, type: 'COMMAND', advancedTaskDefinitionArguments: [{ name: 'MARKER' }] },
        { id: 8, type: 'IMAGE' },
      ]);
    });

    it('runs a registered one, with its arguments in front of the command', async () => {
      const environment = fixture.place({ registeredTasks });
      expect(await outcome(INVOKE, { task: 7, environment })).toMatchObject({
        name: 'Migrate',
        command: 'MARKER="attempt-1"; ./migrate.sh',
        status: 'new',
      });
      expect(await outcome(INVOKE, { task: 9, environment })).toBe("Task '9' could not be found.");
      expect(Object.keys(fixture.controls.ledger().tasksByName)).toEqual(['Migrate']);
    });

    it('are cancelled while they run, and stay as they are when they are over', async () => {
      const environment = fixture.place({ registeredTasks });
      const started = (await outcome(INVOKE, { task: 7, environment })) as { id: number };
      const cancel = 'mutation($id: Int!) { cancelTask(input: { task: { id: $id } }) }';
      const status = () => outcome('query($id: Int!) { taskById(id: $id) { status } }', started);
      fixture.controls.advance(10);
      expect(await outcome(cancel, started)).toBe('success');
      expect(await status()).toEqual({ status: 'cancelled' });
      const ended = (await outcome(INVOKE, { task: 7, environment })) as { id: number };
      fixture.controls.advance(3600);
      expect(await outcome(cancel, ended)).toBe('success');
      expect(await outcome('query($id: Int!) { taskById(id: $id) { status } }', ended)).toEqual({
        status: 'complete',
      });
      expect(await outcome(cancel, { id: 999 })).toBeNull();
    });

    it('go on to their end in an environment that ignores a cancel, as long as they last there', async () => {
      const odd = { taskSeconds: 100, ignoresTaskCancel: true };
      const environment = fixture.place({ registeredTasks, ...odd });
      const started = (await outcome(INVOKE, { task: 7, environment })) as { id: number };
      const cancel = 'mutation($id: Int!) { cancelTask(input: { task: { id: $id } }) }';
      const status = () => outcome('query($id: Int!) { taskById(id: $id) { status } }', started);
      fixture.controls.advance(90);
      expect(await outcome(cancel, started)).toBe('success');
      expect(await status()).toEqual({ status: 'running' });
      fixture.controls.advance(10);
      expect(await status()).toEqual({ status: 'complete' });
    });
  });
});

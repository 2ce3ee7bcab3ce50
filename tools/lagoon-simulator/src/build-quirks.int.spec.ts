import { SimulatorFixture } from './testing/simulator-fixture';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

describe('the quirks of builds', () => {
  let scene: SimulatorFixture;

  beforeEach(async () => {
    scene = await SimulatorFixture.open();
  });
  afterEach(() => scene.close());

  it('shows a row late although the mutation answered its name', async () => {
    const id = scene.place({ nextBuilds: [{ rowSeconds: 90 }] });
    const name = await scene.deploy(id, { bulkName: 'marker' });
    scene.controls.advance(89);
    expect(await scene.builds(id)).toEqual([]);
    scene.controls.advance(2);
    expect(await scene.builds(id)).toMatchObject([{ name, bulkName: 'marker', status: 'new' }]);
    expect(scene.controls.ledger().buildsByBulkName).toEqual({ marker: [name] });
  });

  it('never shows a row although the mutation answered its name', async () => {
    const id = scene.place({ nextBuilds: [{ rowSeconds: 'never' }] });
    expect(await scene.deploy(id, { bulkName: 'marker' })).toMatch(/^lagoon-build-[0-9a-z]{6}$/);
    scene.controls.advance(HOUR);
    expect(await scene.builds(id)).toEqual([]);
    expect(scene.controls.ledger().buildsByBulkName).toEqual({});
  });

  it('makes two rows for one call, the second under a name of its own', async () => {
    const id = scene.place({ nextBuilds: [{ rows: 2 }] });
    const name = await scene.deploy(id, { bulkName: 'marker' });
    const rows = await scene.builds(id);
    expect(rows.map(({ bulkName }) => bulkName)).toEqual(['marker', 'marker']);
    expect(rows[1]?.name).toBe(name);
    expect(rows[0]?.name).not.toBe(name);
    scene.controls.advance(MINUTE);
    expect(await scene.statuses(id)).toEqual(['queued', 'running']);
  });

  it('deletes a row after a while, or at once on request', async () => {
    const id = scene.place({ nextBuilds: [{ vanishSeconds: 100 }, {}] });
    await scene.deploy(id, { bulkName: 'kept-short' });
    scene.controls.advance(100);
    expect(await scene.builds(id)).toEqual([]);
    const name = await scene.deploy(id);
    expect(await scene.builds(id)).toHaveLength(1);
    const build = { project: 'app', environment: 'main', name };
    const removed = await scene.control('DELETE', 'builds', [build, build]);
    expect(await removed.json()).toEqual({ removed: [true, false] });
    expect(await scene.builds(id)).toEqual([]);
  });

  it('lists a deleted row under its bulkId no more', async () => {
    const id = scene.place({ buildTraits: { vanishSeconds: 100 } });
    scene.controls.account({ platformRole: true });
    await scene.deploy(id, { bulkId: 'wave' });
    const wave = async () =>
      (await scene.ask('{ deploymentsByBulkId(bulkId: "wave") { name } }')).data;
    expect(await wave()).toEqual({ deploymentsByBulkId: [{ name: expect.any(String) as string }] });
    scene.controls.advance(100);
    expect(await wave()).toEqual({ deploymentsByBulkId: [] });
  });

  it('applies the traits of an environment to all its builds, and the next ones one by one', async () => {
    const id = scene.place({
      buildTraits: { buildLog: 'There was an error loading the logs: timeout' },
      nextBuilds: [{ runningStatus: 'building' }],
    });
    await scene.deploy(id);
    scene.controls.advance(MINUTE);
    expect(await scene.statuses(id)).toEqual(['building']);
    scene.controls.advance(HOUR);
    await scene.deploy(id);
    scene.controls.advance(MINUTE);
    expect(await scene.statuses(id)).toEqual(['running', 'complete']);
    const logs = (await scene.builds(id)).map(({ buildLog }) => buildLog);
    expect(logs).toEqual(Array(2).fill('There was an error loading the logs: timeout'));
  });

  it('runs exactly as long as it was told, and ends as it was told', async () => {
    const id = scene.place({ nextBuilds: [{ runSeconds: 50, endStatus: 'cancelled' }] });
    await scene.deploy(id);
    scene.controls.advance(59);
    expect(await scene.statuses(id)).toEqual(['running']);
    scene.controls.advance(1);
    expect(await scene.statuses(id)).toEqual(['cancelled']);
  });

  it('shows the build of a webhook, which cancels what waits', async () => {
    const id = scene.place();
    await scene.deploy(id, { bulkName: 'ours-runs' });
    scene.controls.advance(MINUTE);
    await scene.deploy(id, { bulkName: 'ours-waits' });
    const foreign = { bulkName: 'Polysite', sourceType: 'WEBHOOK' };
    await scene.control('POST', 'builds', { project: 'app', environment: 'main', ...foreign });
    scene.controls.advance(12 * MINUTE);
    const rows = await scene.builds(id);
    expect(rows.map(({ bulkName, status }) => [bulkName, status])).toEqual([
      ['Polysite', expect.stringMatching(/pending|running|queued/)],
      ['ours-waits', 'cancelled'],
      ['ours-runs', 'complete'],
    ]);
    expect(rows.map(({ sourceType }) => sourceType)).toEqual(['WEBHOOK', 'API', 'API']);
  });

  it('runs only so many builds at a time over all environments', async () => {
    await scene.close();
    scene = await SimulatorFixture.open({ buildSlots: 2 });
    const ids = Array.from({ length: 5 }, (_, n) => scene.place({ project: `app-${n}` }));
    for (const id of ids) await scene.deploy(id);
    const running = async () =>
      (await Promise.all(ids.map((id) => scene.statuses(id))))
        .flat()
        .filter((s) => s === 'running');
    scene.controls.advance(MINUTE);
    expect(await running()).toHaveLength(2);
    scene.controls.advance(24 * HOUR);
    const ends = await Promise.all(ids.map((id) => scene.statuses(id)));
    expect(ends).toEqual(ids.map(() => ['complete']));
  });

  it('answers the same names and durations for the same seed', async () => {
    const walk = async () => {
      const one = await SimulatorFixture.open({ seed: 11 });
      const id = one.place();
      const names = [await one.deploy(id), await one.deploy(id)];
      const seen: string[][] = [];
      for (let minute = 0; minute < 20; minute += 1) {
        one.controls.advance(MINUTE);
        seen.push(await one.statuses(id));
      }
      await one.close();
      return { names, seen };
    };
    expect(await walk()).toEqual(await walk());
  });
});

describe('the cancel of a build', () => {
  const CANCEL = `mutation Cancel($deployment: DeploymentInput!) {
    cancelDeployment(input: { deployment: $deployment })
  }`;
  let scene: SimulatorFixture;

  beforeEach(async () => {
    scene = await SimulatorFixture.open();
  });
  afterEach(() => scene.close());

  const cancel = async (deployment: object) => {
    const { data, errors } = await scene.ask(CANCEL, { deployment });
    return data?.cancelDeployment ?? errors?.[0]?.message;
  };
  const byName = (name: unknown) => ({
    name,
    environment: { name: 'main', project: { name: 'app' } },
  });

  it('stops a running build mid-way, and may leave the app half rolled out', async () => {
    const id = scene.place({ healthAfterCancel: 'unhealthy' });
    const name = await scene.deploy(id);
    scene.controls.advance(MINUTE);
    expect(await cancel(byName(name))).toBe('success');
    expect(await scene.statuses(id)).toEqual(['cancelled']);
    expect((await fetch(`${scene.origin}/apps/app/main`)).status).toBe(503);
    expect(scene.controls.ledger().cancels).toEqual({ [String(name)]: 1 });
  });

  it('removes a waiting build by its id, and leaves the app as it is', async () => {
    const id = scene.place({ healthAfterCancel: 'unhealthy' });
    await scene.deploy(id);
    await scene.deploy(id);
    scene.controls.advance(MINUTE);
    const [waiting] = await scene.builds(id);
    expect(await cancel({ id: waiting?.id })).toBe('success');
    expect(await scene.statuses(id)).toEqual(['cancelled', 'running']);
    expect((await fetch(`${scene.origin}/apps/app/main`)).status).toBe(200);
  });

  it('answers success and changes nothing when the build is over, or goes on', async () => {
    const id = scene.place({ nextBuilds: [{}, { ignoresCancel: true }] });
    const over = await scene.deploy(id);
    scene.controls.advance(HOUR);
    const stubborn = await scene.deploy(id);
    scene.controls.advance(MINUTE);
    for (const name of [over, stubborn]) expect(await cancel(byName(name))).toBe('success');
    expect(await scene.statuses(id)).toEqual(['running', 'complete']);
    scene.controls.advance(HOUR);
    expect(await scene.statuses(id)).toEqual(['complete', 'complete']);
  });

  it('is refused without saying whether there is such a build', async () => {
    scene.place();
    expect(await cancel({ id: 999 })).toBe('Unauthorized');
    expect(await cancel(byName('lagoon-build-none'))).toBe('Unauthorized');
    expect(await cancel({ name: 'lagoon-build-none' })).toMatch(/^Must provide deployment/);
  });
});

import { SimulatorFixture } from './testing/simulator-fixture';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

describe('the quirks of builds', () => {
  let fixture: SimulatorFixture;

  beforeEach(async () => {
    fixture = await SimulatorFixture.open();
  });
  afterEach(() => fixture.close());

  it('shows a row late although the mutation answered its name', async () => {
    const id = fixture.place({ nextBuilds: [{ rowSeconds: 90 }] });
    const name = await fixture.deploy(id, { bulkName: 'marker' });
    fixture.controls.advance(89);
    expect(await fixture.builds(id)).toEqual([]);
    fixture.controls.advance(2);
    expect(await fixture.builds(id)).toMatchObject([{ name, bulkName: 'marker', status: 'new' }]);
    expect(fixture.controls.ledger().buildsByBulkName).toEqual({ marker: [name] });
  });

  it('never shows a row although the mutation answered its name', async () => {
    const id = fixture.place({ nextBuilds: [{ rowSeconds: 'never' }] });
    expect(await fixture.deploy(id, { bulkName: 'marker' })).toMatch(/^lagoon-build-[0-9a-z]{6}$/);
    fixture.controls.advance(HOUR);
    expect(await fixture.builds(id)).toEqual([]);
    expect(fixture.controls.ledger().buildsByBulkName).toEqual({});
  });

  it('makes two rows for one call, the second under a name of its own', async () => {
    const id = fixture.place({ nextBuilds: [{ rows: 2 }] });
    const name = await fixture.deploy(id, { bulkName: 'marker' });
    const rows = await fixture.builds(id);
    expect(rows.map(({ bulkName }) => bulkName)).toEqual(['marker', 'marker']);
    expect(rows[1]?.name).toBe(name);
    expect(rows[0]?.name).not.toBe(name);
    fixture.controls.advance(MINUTE);
    expect(await fixture.statuses(id)).toEqual(['queued', 'running']);
  });

  it('deletes a row after a while, or at once on request', async () => {
    const id = fixture.place({ nextBuilds: [{ vanishSeconds: 100 }, {}] });
    await fixture.deploy(id, { bulkName: 'kept-short' });
    fixture.controls.advance(100);
    expect(await fixture.builds(id)).toEqual([]);
    const name = await fixture.deploy(id);
    expect(await fixture.builds(id)).toHaveLength(1);
    const build = { project: 'app', environment: 'main', name };
    const removed = await fixture.control('DELETE', 'builds', [build, build]);
    expect(await removed.json()).toEqual({ removed: [true, false] });
    expect(await fixture.builds(id)).toEqual([]);
  });

  it('lists a deleted row under its bulkId no more', async () => {
    const id = fixture.place({ buildTraits: { vanishSeconds: 100 } });
    fixture.controls.account({ platformRole: true });
    await fixture.deploy(id, { bulkId: 'wave' });
    const wave = async () =>
      (await fixture.ask('{ deploymentsByBulkId(bulkId: "wave") { name } }')).data;
    expect(await wave()).toEqual({ deploymentsByBulkId: [{ name: expect.any(String) as string }] });
    fixture.controls.advance(100);
    expect(await wave()).toEqual({ deploymentsByBulkId: [] });
  });

  it('applies the traits of an environment to all its builds, and the next ones one by one', async () => {
    const id = fixture.place({
      buildTraits: { buildLog: 'There was an error loading the logs: timeout' },
      nextBuilds: [{ runningStatus: 'building' }],
    });
    await fixture.deploy(id);
    fixture.controls.advance(MINUTE);
    expect(await fixture.statuses(id)).toEqual(['building']);
    fixture.controls.advance(HOUR);
    await fixture.deploy(id);
    fixture.controls.advance(MINUTE);
    expect(await fixture.statuses(id)).toEqual(['running', 'complete']);
    const logs = (await fixture.builds(id)).map(({ buildLog }) => buildLog);
    expect(logs).toEqual(Array(2).fill('There was an error loading the logs: timeout'));
  });

  it('runs exactly as long as it was told, and ends as it was told', async () => {
    const id = fixture.place({ nextBuilds: [{ runSeconds: 50, endStatus: 'cancelled' }] });
    await fixture.deploy(id);
    fixture.controls.advance(59);
    expect(await fixture.statuses(id)).toEqual(['running']);
    fixture.controls.advance(1);
    expect(await fixture.statuses(id)).toEqual(['cancelled']);
  });

  it('shows the build of a webhook, which cancels what waits', async () => {
    const id = fixture.place();
    await fixture.deploy(id, { bulkName: 'ours-runs' });
    fixture.controls.advance(MINUTE);
    await fixture.deploy(id, { bulkName: 'ours-waits' });
    const foreign = { bulkName: 'Polysite', sourceType: 'WEBHOOK' };
    await fixture.control('POST', 'builds', { project: 'app', environment: 'main', ...foreign });
    fixture.controls.advance(12 * MINUTE);
    const rows = await fixture.builds(id);
    expect(rows.map(({ bulkName, status }) => [bulkName, status])).toEqual([
      ['Polysite', expect.stringMatching(/pending|running|queued/)],
      ['ours-waits', 'cancelled'],
      ['ours-runs', 'complete'],
    ]);
    expect(rows.map(({ sourceType }) => sourceType)).toEqual(['WEBHOOK', 'API', 'API']);
  });

  it('runs only so many builds at a time over all environments', async () => {
    await fixture.close();
    fixture = await SimulatorFixture.open({ buildSlots: 2 });
    const ids = Array.from({ length: 5 }, (_, n) => fixture.place({ project: `app-${n}` }));
    for (const id of ids) await fixture.deploy(id);
    const running = async () =>
      (await Promise.all(ids.map((id) => fixture.statuses(id))))
        .flat()
        .filter((s) => s === 'running');
    fixture.controls.advance(MINUTE);
    expect(await running()).toHaveLength(2);
    fixture.controls.advance(24 * HOUR);
    const ends = await Promise.all(ids.map((id) => fixture.statuses(id)));
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
  let fixture: SimulatorFixture;

  beforeEach(async () => {
    fixture = await SimulatorFixture.open();
  });
  afterEach(() => fixture.close());

  const cancel = async (deployment: object) => {
    const { data, errors } = await fixture.ask(CANCEL, { deployment });
    return data?.cancelDeployment ?? errors?.[0]?.message;
  };
  const byName = (name: unknown) => ({
    name,
    environment: { name: 'main', project: { name: 'app' } },
  });

  it('stops a running build mid-way, and may leave the app half rolled out', async () => {
    const id = fixture.place({ healthAfterCancel: 'unhealthy' });
    const name = await fixture.deploy(id);
    fixture.controls.advance(MINUTE);
    expect(await cancel(byName(name))).toBe('success');
    expect(await fixture.statuses(id)).toEqual(['cancelled']);
    expect((await fetch(`${fixture.origin}/apps/app/main`)).status).toBe(503);
    expect(fixture.controls.ledger().cancels).toEqual({ [String(name)]: 1 });
  });

  it('removes a waiting build by its id, and leaves the app as it is', async () => {
    const id = fixture.place({ healthAfterCancel: 'unhealthy' });
    await fixture.deploy(id);
    await fixture.deploy(id);
    fixture.controls.advance(MINUTE);
    const [waiting] = await fixture.builds(id);
    expect(await cancel({ id: waiting?.id })).toBe('success');
    expect(await fixture.statuses(id)).toEqual(['cancelled', 'running']);
    expect((await fetch(`${fixture.origin}/apps/app/main`)).status).toBe(200);
  });

  it('answers success and changes nothing when the build is over, or goes on', async () => {
    const id = fixture.place({ nextBuilds: [{}, { ignoresCancel: true }] });
    const over = await fixture.deploy(id);
    fixture.controls.advance(HOUR);
    const stubborn = await fixture.deploy(id);
    fixture.controls.advance(MINUTE);
    for (const name of [over, stubborn]) expect(await cancel(byName(name))).toBe('success');
    expect(await fixture.statuses(id)).toEqual(['running', 'complete']);
    fixture.controls.advance(HOUR);
    expect(await fixture.statuses(id)).toEqual(['complete', 'complete']);
  });

  it('is refused without saying whether there is such a build', async () => {
    fixture.place();
    expect(await cancel({ id: 999 })).toBe('Unauthorized');
    expect(await cancel(byName('lagoon-build-none'))).toBe('Unauthorized');
    expect(await cancel({ name: 'lagoon-build-none' })).toMatch(/^Must provide deployment/);
  });
});

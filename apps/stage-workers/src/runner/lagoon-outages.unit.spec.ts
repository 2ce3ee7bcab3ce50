import { LagoonCircuitOpenError } from '@uplift/lagoon';
import { StageScene } from '../testing/stage-scene';
import { LagoonOutages } from './lagoon-outages';

const SINCE = '2026-03-01T10:00:00.000Z';

/** An instance whose history says, as somebody else wrote it, that it waits. */
async function waiting(target = 'lagoon:eu-1') {
  const scene = await StageScene.at('UpgradeRequested');
  const { upgradeId, attempt } = scene.order;
  const wait = { upgradeId, attempt, target, since: SINCE, stage: 'pre-upgrade' } as const;
  await scene.append({ type: 'WaitingFor', data: wait });
  const outages = new LagoonOutages(scene.cores);
  const endWait = async () => {
    const cursor = await scene.cursor();
    await cursor.reload();
    await outages.endWaitIfBack(cursor);
  };
  const pings = () => scene.lagoon.calls.filter(({ operation }) => operation === 'ping').length;
  return { scene, endWait, pings };
}

describe('the end of an outage', () => {
  it('is told when Lagoon has answered', async () => {
    const { scene, endWait, pings } = await waiting();
    await endWait();
    expect(await scene.types()).toEqual(['WaitingFor', 'WaitEnded']);
    expect(pings()).toBe(1);
  });

  it('is not believed by a process that has asked nothing since Lagoon went away', async () => {
    const { scene, endWait } = await waiting();
    scene.lagoon.script.unavailable = true;
    await expect(endWait()).rejects.toMatchObject({ code: 'lagoon-unavailable' });
    expect(await scene.types()).toEqual(['WaitingFor']);
  });

  it('is asked for once, however many wait for the answer', async () => {
    const { scene, endWait, pings } = await waiting();
    await Promise.all([endWait(), endWait(), endWait()]);
    await endWait();
    expect(await scene.types()).toEqual(['WaitingFor', 'WaitEnded']);
    expect(pings()).toBe(1);
  });

  it('is not told while the core still counts as away', async () => {
    const { scene, endWait } = await waiting();
    scene.openBreaker(Date.parse(SINCE));
    await expect(endWait()).rejects.toMatchObject({ name: 'LagoonCircuitOpenError' });
    expect(await scene.types()).toEqual(['WaitingFor']);
  });

  it('says nothing of a wait for something else', async () => {
    const { scene, endWait, pings } = await waiting('admission:eu-1');
    await endWait();
    expect(await scene.types()).toEqual(['WaitingFor']);
    expect(pings()).toBe(0);
  });
});

describe('an outage that a worker hears of', () => {
  const HOUR = 3_600_000;

  it.each([
    ['late, when the instance is past it, is not told again', -HOUR, []],
    ['after the end of another one is told', HOUR, ['WaitingFor']],
  ] as const)('%s', async (_words, sinceEnd, told) => {
    const { scene, endWait } = await waiting();
    await endWait();
    const outages = new LagoonOutages(scene.cores);
    const error = new LagoonCircuitOpenError('eu-1', Date.now() + sinceEnd);
    await outages.record(await scene.cursor(), error, 'pre-upgrade');
    expect(await scene.types()).toEqual(['WaitingFor', 'WaitEnded', ...told]);
  });
});

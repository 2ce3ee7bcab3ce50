import type { InstanceEvent } from '@uplift/domain';
import { SIZES } from '../../../../test/support/sizes';
import { MINUTE, WatchedFleet } from '../testing/watched-fleet';
import { settled } from '../testing/fleet';
import { QueuedFleet } from '../testing/queued-fleet';

const AGREED = { triggersPerHour: 60, triggerBurst: 5, buildsInFlight: 0 };
const SECOND = 1_000;
const HOUR = 60 * MINUTE;
/** Two thousand wait for 34 hours, with twelve hours for an attempt. */
const MANY = SIZES.queuedUpgrades;
const ALL_BEGUN_MS = (MANY * HOUR) / AGREED.triggersPerHour + HOUR;
const open: { readonly watched: WatchedFleet; readonly queued: QueuedFleet }[] = [];
afterEach(async () => {
  for (const { watched, queued } of open.splice(0)) {
    watched.stop();
    await queued.stop();
  }
});

/** A fleet whose upgrades were requested together, with somebody who watches their deadlines. */
async function requested(count: number, attemptMs: number, tickMs = SECOND) {
  const watched = new WatchedFleet();
  const { fleet } = watched;
  const queued = new QueuedFleet(fleet, AGREED, tickMs);
  open.push({ watched, queued });
  watched.watch({ limits: { name: 'eu-1', ...AGREED }, intervalMs: 30 * tickMs });
  queued.start();
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await fleet.join('UpgradeRequested', { attemptMs }));
  await settled();
  for (const id of ids) await queued.handOut(id);
  await settled();
  const pass = async (ms: number) => {
    await fleet.clock.advance(ms);
    await settled();
  };
  const historyOf = async (id: string) => (await fleet.history.load(id)).decoded;
  return { ids, begun: queued.begun, pass, historyOf };
}

const typesOf = (events: readonly InstanceEvent[]) => events.map(({ type }) => type);

describe('upgrades that are requested together, at 60 triggers an hour', () => {
  it('fail none of twelve, however short an attempt: who waits is told its place and a time', async () => {
    const { ids, begun, pass, historyOf } = await requested(12, 25 * SECOND);
    await pass(2 * SECOND);
    expect(begun).toHaveLength(5);
    const waiting = await Promise.all(ids.slice(5).map(historyOf));
    for (const [n, events] of waiting.entries()) {
      expect(typesOf(events)).toEqual(['InstanceRegistered', 'UpgradeRequested', 'WaitingFor']);
      expect(events.at(-1)).toMatchObject({
        data: { target: 'admission:eu-1', place: n + 1, estimatedAt: expect.any(String) as string },
      });
    }
    await pass(10 * MINUTE);
    expect(begun).toHaveLength(12);
    for (const id of ids) {
      const types = typesOf(await historyOf(id));
      expect(types.at(-1)).toBe('InstanceVerifiedHealthy');
      expect(types.indexOf('WaitEnded')).toBe(ids.indexOf(id) < 5 ? -1 : 3);
    }
  });

  it(`fail none of ${MANY}, of which most wait for longer than an attempt may take, and nobody begins before its turn`, async () => {
    const { ids, begun, pass, historyOf } = await requested(MANY, ALL_BEGUN_MS / 3, MINUTE / 2);
    await pass(ALL_BEGUN_MS);
    expect(begun).toEqual(ids);
    const histories = await Promise.all(ids.map(historyOf));
    const count = (type: string) => histories.flat().filter((event) => event.type === type).length;
    expect(count('InstanceVerifiedHealthy')).toBe(MANY);
    expect(count('WaitingFor')).toBe(MANY - AGREED.triggerBurst);
    expect(count('WaitEnded')).toBe(MANY - AGREED.triggerBurst);
    const places = histories.flat().flatMap(({ data }) => ('place' in data ? [data.place] : []));
    expect(places.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: MANY - AGREED.triggerBurst }, (_, n) => n + 1),
    );
  }, 300_000);
});

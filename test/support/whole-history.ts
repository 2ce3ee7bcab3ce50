import { EVENT_SUBJECT_ROOT, eventNameOf, splitStreamName } from '@uplift/contracts';
import type { OnBus } from './bus-reader';
import { lastSequence, readWholeBus } from './bus-reader';
import { eventually } from './eventually';
import type { RunningUplift } from './running-uplift';

export interface AuditDocument {
  readonly streams: number;
  readonly events: number;
  readonly faults: readonly string[];
  readonly differences: readonly string[];
  readonly isSound: boolean;
}

/** Message k is event k: same id, same content, same place, ordinals without a gap, and nothing beside. */
export async function expectBusIsStore({ bus, log, store }: RunningUplift): Promise<OnBus[]> {
  const newest = await store.lastPosition();
  await log.until(
    () => log.events.at(-1)?.position === newest,
    () => 'the whole store',
  );
  const stored = [...log.events];
  await eventually(async () => {
    expect(await lastSequence(bus)).toBeGreaterThanOrEqual(stored.length);
  }, 20_000);
  const found = await readWholeBus(bus);
  expect(found.map(({ event }) => event)).toEqual(stored);
  expect(found.map(({ proof }) => proof.ordinal)).toEqual(stored.map((_, n) => n + 1));
  expect(new Set(found.map(({ proof }) => proof.epoch)).size).toBeLessThanOrEqual(1);
  expect(found.map(({ subject }) => subject)).toEqual(
    stored.map(({ stream, type }) => {
      const { category, id } = splitStreamName(stream);
      return `${EVENT_SUBJECT_ROOT}.${category}.${eventNameOf(type)}.${id}`;
    }),
  );
  return found;
}

/** Every hash chain holds, every stream is a legal path, and the read model is what a replay gives. */
export async function expectSoundAudit(uplift: RunningUplift): Promise<AuditDocument> {
  await uplift.readModelCaughtUp();
  const { code, stdout, stderr } = await uplift.cli('--output', 'json', 'audit', 'verify');
  const audit = JSON.parse(stdout) as AuditDocument;
  expect({ ...audit, code, stderr }).toMatchObject({
    code: 0,
    faults: [],
    differences: [],
    isSound: true,
    events: uplift.log.events.length,
  });
  return audit;
}

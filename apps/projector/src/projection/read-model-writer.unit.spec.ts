import type { StoredEvent } from '@uplift/contracts';
import { INSTANCE_ID, recorded, WHOLE_UPGRADE } from '@uplift/domain/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import type { Checkpoint, ReadModelChanges } from '../read-model/read-model.port';
import { INSTANCES, TIMELINE } from '../read-model/read-model.tables';
import { InMemoryReadModel } from '../testing/in-memory.read-model';
import { ReadModelWriter } from './read-model-writer';

const EVENTS = recorded(WHOLE_UPGRADE).map(({ eventId, revision, event: { type, data } }) => {
  const position = BigInt(revision + 1) * 100n;
  const place = { stream: `instance-${INSTANCE_ID}`, revision, position };
  const metadata = { schemaVersion: 1, hash: `hash-${revision}` };
  return { id: eventId, type, data, ...place, recordedAt: '2026-03-01T10:00:00Z', metadata };
}) as unknown as readonly StoredEvent[];
const UP_TO = EVENTS.at(-1)?.position ?? 0n;

/** A database that is gone after so many writes, as after a power cut. */
class PassingDatabase extends InMemoryReadModel {
  constructor(private writes: number) {
    super(new VirtualClock());
  }

  override commit(from: Checkpoint, changes: ReadModelChanges): Promise<Checkpoint | null> {
    this.writes -= 1;
    if (this.writes < 0) return Promise.reject(new Error('the database is gone'));
    return super.commit(from, changes);
  }
}

/** What is there when the power is back. */
async function leftBy(writes: number) {
  const readModel = new PassingDatabase(writes);
  const from = await readModel.checkpoint();
  const batch = { events: EVENTS, upTo: UP_TO };
  await new ReadModelWriter(readModel).write(from, batch).catch(() => undefined);
  const [instance] = await readModel.load(INSTANCES, [INSTANCE_ID]);
  const timeline = await readModel.read((snapshot) =>
    snapshot.page(TIMELINE, { where: {}, limit: 100 }),
  );
  const { position } = await readModel.checkpoint();
  return { position, revision: instance?.revision, entries: timeline.length };
}

describe('a batch', () => {
  it('moves the checkpoint with the rows, or neither', async () => {
    expect(await leftBy(0)).toEqual({ position: null, revision: undefined, entries: 0 });
    const whole = { position: UP_TO, revision: EVENTS.length - 1, entries: EVENTS.length };
    expect(await leftBy(1)).toEqual(whole);
  });
});

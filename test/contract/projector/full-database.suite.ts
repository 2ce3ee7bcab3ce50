import type { ReadModel } from '../../../apps/projector/src/read-model/read-model.port';
import { RowsRefusedError } from '../../../apps/projector/src/read-model/read-model.port';
import { TIMELINE } from '../../../apps/projector/src/read-model/read-model.tables';
import { changesAt, entryNo } from './read-model.suite';

export interface FillableDatabase {
  readonly readModel: ReadModel;
  readonly fill: () => Promise<void>;
  readonly makeRoom: () => Promise<void>;
}

const ROWS = 500;

/** What the database of the read model promises when its disk is full, whatever it is. */
export function fullDatabaseSuite(name: string, open: () => Promise<FillableDatabase>): void {
  it(`the read model in ${name} that is full takes a batch whole or not at all, can be read, and goes on`, async () => {
    const { readModel, fill, makeRoom } = await open();
    const write = async (n: number) => {
      const timeline = Array.from({ length: ROWS }, (_, row) => entryNo(n * ROWS + row));
      const from = await readModel.checkpoint();
      return readModel.commit(from, { ...changesAt(BigInt(n + 1), { timeline }), events: ROWS });
    };
    await write(0);
    await fill();
    let written = 1;
    let refusal: unknown;
    while (refusal === undefined) {
      await write(written).then(
        () => (written += 1),
        (error: unknown) => (refusal = error),
      );
    }
    expect(refusal).not.toBeInstanceOf(RowsRefusedError);
    const message = expect.stringContaining('No space left on device') as string;
    expect(refusal).toMatchObject({ message });
    const checkpoint = await readModel.checkpoint();
    expect(checkpoint).toMatchObject({ position: BigInt(written), events: written * ROWS });
    await makeRoom();
    await write(written);
    const count = await readModel.read((snapshot) => snapshot.countBy(TIMELINE, 'eventType'));
    expect(Object.values(count)).toEqual([(written + 1) * ROWS]);
    await readModel.close();
  });
}

import { VirtualClock } from '@uplift/runtime/testing';
import { InMemoryReadModel } from '../../../apps/projector/src/testing/in-memory.read-model';
import { INSTANCES } from '../../../apps/projector/src/read-model/read-model.tables';
import { fullDatabaseSuite } from './full-database.suite';
import { limitedReadModelSuite } from './limited-read-model.suite';
import { listedReadModelSuite } from './listed-read-model.suite';
import { readModelSuite } from './read-model.suite';

const inMemory = () => new InMemoryReadModel(new VirtualClock());

function open() {
  const readModel = inMemory();
  return Promise.resolve({
    connect: () => readModel.connect(),
    drop: () => Promise.resolve(readModel.wipe()),
    migrate: () => Promise.resolve(readModel.migrate()),
  });
}

readModelSuite('memory', open);
limitedReadModelSuite('memory', open);
listedReadModelSuite('memory', open);

fullDatabaseSuite('memory', () => {
  const readModel = inMemory();
  const set = (isFull: boolean) => () => Promise.resolve(void (readModel.isFull = isFull));
  return Promise.resolve({ readModel, fill: set(true), makeRoom: set(false) });
});

test('a database in memory can be away for every connection', async () => {
  const readModel = inMemory();
  const other = readModel.connect();
  readModel.isAway = true;
  await expect(other.load(INSTANCES, ['any'])).rejects.toThrow('away');
  readModel.isAway = false;
  expect(await other.load(INSTANCES, ['any'])).toEqual([]);
});

import { checkpointAt } from '../testing/checkpoint-at';
import { READ_MODEL_VERSION } from '../read-model/read-model.tables';
import { refuseUnfitCheckpoint } from './projection-state';

const CHECKPOINT = checkpointAt(500n);

test.each([500n, 900n])('a store that ends at %d has what the read model needs', (head) => {
  expect(() => refuseUnfitCheckpoint(CHECKPOINT, head)).not.toThrow();
});

test('an empty read model fits every store', () => {
  expect(() => refuseUnfitCheckpoint({ ...CHECKPOINT, position: null }, null)).not.toThrow();
});

test('a store that ends before the read model stops the projection', () => {
  expect(() => refuseUnfitCheckpoint(CHECKPOINT, 499n)).toThrow('ends at position 499');
  expect(() => refuseUnfitCheckpoint(CHECKPOINT, null)).toThrow('is empty');
});

test('rows of other folds are not continued', () => {
  const older = { ...CHECKPOINT, version: READ_MODEL_VERSION - 1 };
  expect(() => refuseUnfitCheckpoint(older, 500n)).toThrow('rebuild it');
});

import { checkpointAt } from '../testing/checkpoint-at';
import { READ_MODEL_VERSION } from '../read-model/read-model.tables';
import {
  AnotherStoreError,
  ProjectionHaltedError,
  refuseOtherVersion,
  whyNotProjecting,
  whyStale,
} from './projection-state';

const CHECKPOINT = checkpointAt(500n);

test('rows of other folds are not continued', () => {
  expect(() => refuseOtherVersion(CHECKPOINT)).not.toThrow();
  const older = { ...CHECKPOINT, version: READ_MODEL_VERSION - 1 };
  expect(() => refuseOtherVersion(older)).toThrow('rebuild it');
});

test('answers say why they may be old, and nothing while all is well', () => {
  const error = new AnotherStoreError(CHECKPOINT, 'does not hold it');
  expect(whyStale({ kind: 'halted', error })).toMatchObject({ reason: 'store-diverged' });
  const halted = new ProjectionHaltedError('version 3');
  expect(whyStale({ kind: 'halted', error: halted })).toEqual({
    reason: 'projection-halted',
    detail: 'stopped: version 3',
  });
  expect(whyStale({ kind: 'retrying', reason: 'away' })?.reason).toBe('projection-interrupted');
  expect(whyStale({ kind: 'live' })).toBeUndefined();
});

test('a rebuild that failed is told with the halt', () => {
  const error = new AnotherStoreError(CHECKPOINT, 'does not hold it');
  const state = { kind: 'halted', error, note: 'no space left' } as const;
  expect(whyNotProjecting(state)).toContain('no space left');
});

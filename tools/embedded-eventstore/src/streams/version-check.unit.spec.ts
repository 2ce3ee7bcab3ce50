import { TOMBSTONE_REVISION } from '../persistence/record-log.port';
import type { ExpectedVersion } from './append-request';
import { checkVersion, type StreamFacts } from './version-check';

const STORED = ['a', 'b', 'c'];

function facts(over: Partial<StreamFacts> = {}): StreamFacts {
  return {
    last: 2,
    isSoftDeleted: false,
    hasMetadata: false,
    idAt: (revision) => STORED[revision],
    recentRevision: (id) => (STORED.includes(id) ? STORED.indexOf(id) : undefined),
    ...over,
  };
}

const WRITE = { kind: 'write' };
const WRONG = { kind: 'wrong-version' };
const DELETED = { kind: 'stream-deleted' };
const repeat = (revision: number) => ({ kind: 'repeat', revision });

describe('the version check', () => {
  it.each<[string, ExpectedVersion, string[], object]>([
    ['writes at the last revision', 2, ['x'], WRITE],
    ['refuses a revision above the last', 3, ['x'], WRONG],
    ['refuses other events at a revision below', 0, ['x'], WRONG],
    ['recognises the events stored after the revision', 0, ['b', 'c'], repeat(2)],
    ['recognises the first events of the stream', 'no-stream', ['a'], repeat(0)],
    ['refuses a repeat that runs beyond the end', 0, ['b', 'c', 'x'], WRONG],
    ['refuses a repeat that differs later', 'no-stream', ['a', 'x'], WRONG],
    ['refuses no events at a revision below', 0, [], WRONG],
    ['writes unknown events at any revision', 'any', ['x'], WRITE],
    ['recognises known events at any revision', 'any', ['a', 'b'], repeat(1)],
    ['refuses partly known events at any revision', 'any', ['a', 'x'], WRONG],
    ['writes when only the first event is unknown', 'any', ['x', 'a'], WRITE],
    ['recognises known events of an existing stream', 'stream-exists', ['c'], repeat(2)],
  ])('%s', (_rule, expected, ids, verdict) => {
    expect(checkVersion(expected, ids, facts())).toEqual(verdict);
  });

  it.each<ExpectedVersion>(['any', 'no-stream', 'stream-exists', 2])(
    'refuses everything on a tombstoned stream, %s too',
    (expected) => {
      expect(checkVersion(expected, ['x'], facts({ last: TOMBSTONE_REVISION }))).toEqual(DELETED);
    },
  );

  it('starts a soft-deleted stream anew at "no stream", and not as an existing one', () => {
    const softDeleted = facts({ isSoftDeleted: true, hasMetadata: true });
    expect(checkVersion('no-stream', ['x'], softDeleted)).toEqual(WRITE);
    expect(checkVersion('stream-exists', ['x'], softDeleted)).toEqual(DELETED);
    expect(checkVersion(0, ['x'], softDeleted)).toEqual(WRONG);
  });

  it('takes metadata for existence', () => {
    expect(checkVersion('stream-exists', ['x'], facts({ last: -1 }))).toEqual(WRONG);
    const described = facts({ last: -1, hasMetadata: true });
    expect(checkVersion('stream-exists', ['x'], described)).toEqual(WRITE);
  });
});

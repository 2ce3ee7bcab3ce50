import { buildTimes } from './build-times';

const BUILD = {
  id: 1,
  name: 'lagoon-build-1',
  status: 'complete',
  buildStep: null,
  created: '2026-03-01T10:00:00Z',
  started: '2026-03-01T10:00:04Z',
  completed: '2026-03-01T10:08:04Z',
  bulkId: null,
  bulkName: null,
};

describe('the times of a build', () => {
  it("are Lagoon's own", () => {
    expect(buildTimes(BUILD)).toEqual({ queuedMs: 4_000, buildMs: 480_000 });
  });

  it.each([
    ['missing', null],
    ['unreadable', 'yesterday'],
    ['before what precedes it', '2026-03-01T09:00:00Z'],
  ])('are unknown where a time is %s', (_words, started) => {
    expect(buildTimes({ ...BUILD, started }).queuedMs).toBeNull();
  });
});

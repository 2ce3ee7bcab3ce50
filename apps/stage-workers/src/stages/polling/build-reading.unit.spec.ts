import { InMemoryLagoon } from '@uplift/lagoon/testing';
import { supersederOf } from './build-reading';
import { buildTimes } from './build-report';

const TARGET = { project: 'shop', environment: 'main' };

async function fixture(builds: number) {
  const lagoon = new InMemoryLagoon();
  const { environmentId } = lagoon.script.place(TARGET);
  const names = Array.from({ length: builds }, () => lagoon.script.foreignBuild(TARGET));
  return { names, rows: await lagoon.deploymentsOf(environmentId, { limit: 20 }) };
}

describe('what took the place of a build', () => {
  it('is nothing while it is the last one', async () => {
    const { rows } = await fixture(3);
    expect(supersederOf(rows[0]!, rows)).toBeNull();
  });

  it('is the newest of those that came later', async () => {
    const { rows, names } = await fixture(3);
    expect(supersederOf(rows[2]!, rows)?.name).toBe(names[2]);
  });
});

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

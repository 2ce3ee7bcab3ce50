import { InMemoryLagoon } from '@uplift/lagoon/testing';
import { supersederOf } from './superseder';

const TARGET = { project: 'shop', environment: 'main' };

async function scene(builds: number) {
  const lagoon = new InMemoryLagoon();
  const { environmentId } = lagoon.script.place(TARGET);
  const names = Array.from({ length: builds }, () => lagoon.script.foreignBuild(TARGET));
  return { names, rows: await lagoon.deploymentsOf(environmentId, { limit: 20 }) };
}

describe('what took the place of a build', () => {
  it('is nothing while it is the last one', async () => {
    const { rows } = await scene(3);
    expect(supersederOf(rows[0]!, rows)).toBeNull();
  });

  it('is the newest of those that came later', async () => {
    const { rows, names } = await scene(3);
    expect(supersederOf(rows[2]!, rows)?.name).toBe(names[2]);
  });
});

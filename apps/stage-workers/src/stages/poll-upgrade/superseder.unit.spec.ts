import { InMemoryLagoon } from '@uplift/lagoon';
import { supersederOf } from './superseder';

const TARGET = { project: 'shop', environment: 'main' };

async function scene(foreignBuilds: number) {
  const lagoon = new InMemoryLagoon();
  const { environmentId } = lagoon.script.place(TARGET);
  const names = Array.from({ length: foreignBuilds }, () => lagoon.script.foreignBuild(TARGET));
  const rows = (await lagoon.deploymentsOf(environmentId, { limit: 20 })).reverse();
  return { lagoon, environmentId, names, rows };
}

describe('what took the place of a build', () => {
  it('is nothing while it is the last one', async () => {
    const { lagoon, environmentId, rows } = await scene(3);
    expect(await supersederOf(lagoon, environmentId, rows[2]!)).toBeNull();
  });

  it('is the newest of those that came later', async () => {
    const { lagoon, environmentId, rows, names } = await scene(3);
    expect((await supersederOf(lagoon, environmentId, rows[0]!))?.name).toBe(names[2]);
  });
});

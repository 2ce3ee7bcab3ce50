import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningUplift } from '../support/running-uplift';

/** What the server has denied to whom: after all that the suites before it have made the services do. */
export function busRightsSuite(uplift: () => RunningUplift): void {
  it('needs nothing on the bus that the users of its services may not do', async () => {
    const log = await readFile(join(uplift().stack.dir, 'nats/nats-server.log'), 'utf8');
    expect(log).toContain('Server is ready');
    expect(log.split('\n').filter((line) => line.includes('Violation'))).toEqual([]);
  });
}

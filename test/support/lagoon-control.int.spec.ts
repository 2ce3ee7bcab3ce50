import type { RunningSimulator } from '../../tools/lagoon-simulator/src';
import { startLagoonSimulator } from '../../tools/lagoon-simulator/src';
import { makeFleet } from './fleet';
import { LagoonControl } from './lagoon-control';

const TARGET = { project: 'app', environment: 'main' };

describe('the control of the simulated Lagoon', () => {
  let simulator: RunningSimulator;
  let lagoon: LagoonControl;

  beforeEach(async () => {
    simulator = await startLagoonSimulator({ clockSpeed: 0 });
    lagoon = new LagoonControl(simulator.graphqlUrl);
  });
  afterEach(() => simulator.close());

  const ping = async (token = 'token') => {
    const response = await fetch(simulator.graphqlUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ lagoonVersion }' }),
    });
    return response.status;
  };

  it('places a fleet with its fates', async () => {
    await lagoon.place(makeFleet(3, ['build-fails', 'app-unhealthy', 'deployments-disabled']));
    expect(await lagoon.notBuiltOnce(['marker'])).toEqual(['marker']);
  });

  it('changes an environment and starts and removes builds of others', async () => {
    const placed = await lagoon.change(TARGET, { nextBuilds: [{ rows: 2 }] });
    expect(placed).toMatchObject(TARGET);
    const name = await lagoon.build({ ...TARGET, bulkName: 'foreign', sourceType: 'WEBHOOK' });
    expect((await lagoon.ledger()).buildsByBulkName.foreign).toHaveLength(2);
    expect(await lagoon.removeBuild({ ...TARGET, name })).toBe(true);
    expect(await lagoon.removeBuild({ ...TARGET, name })).toBe(false);
    await expect(lagoon.build({ project: 'none', environment: 'main' })).rejects.toThrow('none');
  });

  it('rules tokens, outages, faults and the role', async () => {
    await lagoon.tokens({ token: 'old', validMs: 0 });
    expect([await ping('old'), await ping()]).toEqual([401, 200]);
    await lagoon.forgetTokens();
    expect(await ping('old')).toBe(200);
    await lagoon.outage(true);
    expect(await ping()).toBe(503);
    await lagoon.planNothing();
    await lagoon.plan({ kind: 'gateway-timeout' });
    expect([await ping(), await ping()]).toEqual([504, 200]);
    await lagoon.platformRole(true);
  });

  it('reads variables and the ledger, and clears it', async () => {
    await lagoon.change(TARGET, {});
    expect(await lagoon.variables('app')).toEqual([]);
    await ping();
    expect((await lagoon.ledger()).total).toBe(1);
    await lagoon.clearLedger();
    await lagoon.advance(60);
    expect((await lagoon.ledger()).total).toBe(0);
  });
});

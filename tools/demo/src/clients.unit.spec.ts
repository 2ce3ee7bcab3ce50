import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatorClient } from './clients';

describe('the client of the simulated Lagoon', () => {
  let server: Server;
  let answer: { readonly status: number; readonly body: unknown };
  let lagoon: SimulatorClient;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    lagoon = new SimulatorClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });

  it('hands over the ledger', async () => {
    answer = { status: 200, body: { total: 3 } };
    expect(await lagoon.ledger()).toEqual({ total: 3 });
  });

  it('does not take an error for a ledger', async () => {
    answer = { status: 404, body: { error: 'no such page' } };
    await expect(lagoon.ledger()).rejects.toThrow(
      /\/control\/ledger\?calls=1 answered 404: \{"error":"no such page"\}/,
    );
  });
});

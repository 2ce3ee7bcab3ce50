import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultPlan, LagoonRows, LagoonWorld } from '@uplift/lagoon/testing';
import { systemClock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { GraphqlEngine } from './graphql/graphql-engine';
import { AppPages } from './http/app-pages';
import { ControlEndpoint } from './http/control-endpoint';
import type { HttpFault } from './http/faults';
import { GraphqlEndpoint } from './http/graphql-endpoint';
import { Tokens } from './http/tokens';
import { Ledger } from './ledger';
import { SimulatorControls } from './simulator-controls';
import type { SimulatorOptions } from './simulator.options';
import { withDefaults } from './simulator.options';

const HOST = '127.0.0.1';

export interface RunningSimulator {
  readonly port: number;
  /** `http://127.0.0.1:<port>/graphql` */
  readonly graphqlUrl: string;
  readonly controls: SimulatorControls;
  close(): Promise<void>;
}

/** Starts the simulator in this process, on loopback only. */
export async function startLagoonSimulator(
  options: Partial<SimulatorOptions> = {},
  clock = systemClock,
): Promise<RunningSimulator> {
  const settings = withDefaults(options);
  const randomness = new SeededRandomness(settings.seed);
  const world = new LagoonWorld(settings, { clock, randomness });
  const rows = new LagoonRows(world);
  const ledger = new Ledger(settings.ledgerEntries, clock);
  world.context.observer = ledger;
  const faults = new FaultPlan<HttpFault>(randomness);
  const tokens = new Tokens(settings.token, clock);
  const engine = new GraphqlEngine(world, rows);
  const graphql = new GraphqlEndpoint({ engine, ledger, faults, tokens, clock });
  const controls = new SimulatorControls({ world, rows, ledger, faults, tokens });
  const server = serverOf(graphql, new ControlEndpoint(controls), new AppPages(world, ledger));
  server.listen(settings.port, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  rows.routeTo = (...names) =>
    `http://${HOST}:${port}/apps/${names.map(encodeURIComponent).join('/')}`;
  const close = () => {
    graphql.stop();
    return closeServer(server);
  };
  return { port, graphqlUrl: `http://${HOST}:${port}/graphql`, controls, close };
}

function serverOf(graphql: GraphqlEndpoint, control: ControlEndpoint, apps: AppPages): Server {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const failed = () => void response.destroy();
    if (url.startsWith('/graphql')) return void graphql.handle(request, response).catch(failed);
    if (url.startsWith('/apps/')) return apps.handle(request, response);
    if (url.startsWith('/control/')) return void control.handle(request, response).catch(failed);
    response.writeHead(404).end();
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FaultPlan } from './faults/fault-plan';
import { GraphqlEngine } from './graphql/graphql-engine';
import { PlaceRows } from './graphql/rows';
import { AppPages } from './http/app-pages';
import { ControlEndpoint } from './http/control-endpoint';
import { GraphqlEndpoint } from './http/graphql-endpoint';
import { LateCalls } from './http/late-calls';
import { Tokens } from './http/tokens';
import { Ledger } from './ledger/ledger';
import { SimulatorControls } from './simulator-controls';
import type { SimulatorOptions } from './simulator.options';
import { withDefaults } from './simulator.options';
import { LagoonWorld } from './world/lagoon-world';

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
): Promise<RunningSimulator> {
  const settings = withDefaults(options);
  const world = new LagoonWorld(settings);
  const rows = new PlaceRows(world);
  const ledger = ledgerOf(world, settings);
  const faults = new FaultPlan(() => world.chance());
  const tokens = new Tokens(settings.token);
  const lateCalls = new LateCalls();
  const controls = new SimulatorControls({ world, rows, ledger, faults, tokens });
  const engine = new GraphqlEngine(world, rows, ledger);
  const server = serverOf(
    new GraphqlEndpoint({ engine, ledger, faults, tokens, lateCalls }),
    new ControlEndpoint(controls),
    new AppPages(world, ledger),
  );
  server.listen(settings.port, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  rows.appsUrl = `http://${HOST}:${port}/apps`;
  const close = () => {
    lateCalls.stop();
    return closeServer(server);
  };
  return { port, graphqlUrl: `http://${HOST}:${port}/graphql`, controls, close };
}

function ledgerOf(world: LagoonWorld, { ledgerEntries }: SimulatorOptions): Ledger {
  const ledger = new Ledger(ledgerEntries);
  world.builds.onBuild = ({ bulkName, name }) => ledger.recordBuild(bulkName, name);
  world.tasks.onTask = ({ name, taskName }) => ledger.recordTask(name, taskName);
  return ledger;
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

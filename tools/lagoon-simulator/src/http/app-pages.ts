import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ledger } from '../ledger/ledger';
import type { LagoonWorld } from '../world/lagoon-world';
import { sendText } from './answers';

/** `/apps/<project>/<environment>/...`: the hosted apps themselves. */
export class AppPages {
  constructor(
    private readonly world: LagoonWorld,
    private readonly ledger: Ledger,
  ) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.ledger.recordProbe();
    const [project = '', environment = ''] = pathOf(request).slice(1);
    const found = this.world.find(project, environment);
    if (found === undefined || found.deleted) return sendText(response, 404, 'no such app');
    const { health } = this.world.settled(found);
    if (health === 'hang') return;
    if (health === 'close') return void response.destroy();
    if (health === 'unhealthy') return sendText(response, 503, 'unhealthy');
    sendText(response, 200, 'ok');
  }
}

function pathOf(request: IncomingMessage): string[] {
  const path = (request.url ?? '').split('?')[0] ?? '';
  return path.split('/').slice(1).map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppHealth, LagoonWorld } from '@uplift/lagoon/testing';
import type { Ledger } from '../ledger';
import { sendText } from './http-messages';

const WAITING_PAGE =
  '<!doctype html><title>Please wait</title><p>This environment is waking up.</p>';

/** `/apps/<project>/<environment>/...`: the hosted apps themselves. */
export class AppPages {
  constructor(
    private readonly world: LagoonWorld,
    private readonly ledger: Ledger,
  ) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.ledger.recordProbe();
    this.world.settle();
    const [project = '', environment = ''] = pathOf(request).slice(1);
    const found = this.world.projects.find(project, environment);
    if (found === undefined || found.deleted) return sendText(response, 404, 'no such app');
    if (found.idleState !== 'active') return sendText(response, 503, WAITING_PAGE, 'text/html');
    answerAs(found.health, response);
  }
}

function answerAs(health: AppHealth, response: ServerResponse): void {
  if (health === 'hang') return;
  if (health === 'close') return void response.destroy();
  if (health === 'unhealthy') return sendText(response, 503, 'unhealthy');
  sendText(response, 200, 'ok');
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

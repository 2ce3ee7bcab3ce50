import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../logging/error-message';
import { redactText } from '../logging/redaction';
import type { Health, HealthReport } from './health';
import type { Metrics } from './metrics';

export interface HealthAddress {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** `/health/live`, `/health/ready`, `/health/startup` (200 or 503 with reasons) and `/metrics`. */
export class HealthServer {
  private readonly server: Server;
  private readonly pages: Readonly<Record<string, () => Answer | Promise<Answer>>>;

  constructor(health: Health, metrics: Metrics) {
    this.pages = {
      '/health/live': () => asAnswer(health.liveness()),
      '/health/ready': async () => asAnswer(await health.readiness()),
      '/health/startup': () => asAnswer(health.startup()),
      '/metrics': async () => ({ status: 200, ...(await metrics.render()) }),
    };
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  /** @returns the port that was bound */
  async listen({ host, port }: HealthAddress): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.answer(request).catch(failed);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET only');
    const page = this.pages[request.url?.split('?')[0] ?? ''];
    return page ? page() : text(404, 'not found');
  }
}

function asAnswer({ ok, ...told }: HealthReport): Answer {
  const body = JSON.stringify({ status: ok ? 'ok' : 'failing', ...told });
  return { status: ok ? 200 : 503, type: 'application/json', body };
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain', body };
}

function failed(error: unknown): Answer {
  return text(500, redactText(errorMessage(error)));
}

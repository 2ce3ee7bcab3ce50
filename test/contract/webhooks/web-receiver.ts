import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '../../support/eventually';

export interface ReceivedCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const GOOD: Answer = (response) => response.writeHead(204).end();

/** A server of somebody else that is told of events. */
export class WebReceiver {
  /** Every call that came, the first one first. */
  readonly calls: ReceivedCall[] = [];
  answer: Answer = GOOD;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(port = 0): Promise<WebReceiver> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new WebReceiver(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks?of=shop`;
  }

  answerWith(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.answer = (response) => response.writeHead(status, headers).end();
  }

  recover(): void {
    this.answer = GOOD;
  }

  /** The ids of the calls that came, once there are so many. */
  async told(count: number): Promise<readonly string[]> {
    return eventually(() => {
      const ids = this.calls.map(({ headers }) => headers['webhook-id'] ?? '');
      if (ids.length < count) throw new Error(`${ids.length} of ${count} calls have come`);
      return ids;
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const headers = request.headers as Readonly<Record<string, string>>;
    this.calls.push({ headers, body });
    this.answer(response, request);
  }
}

/** Whether one of the signatures of Standard Webhooks is that of this secret. */
export function isSigned({ headers, body }: ReceivedCall, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const { 'webhook-id': id = '', 'webhook-timestamp': at = '' } = headers;
  const signed = `${id}.${at}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}

/** The same of Polydock's. */
export function isSignedForPolydock({ headers, body }: ReceivedCall, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  return headers['x-polydock-signature'] === `sha256=${expected}`;
}

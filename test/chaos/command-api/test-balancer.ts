import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Backend {
  readonly port: number;
  readonly healthPort: number;
}

const ASK_EVERY_MS = 100;

/** Hands each new connection to the next of those that said they are ready when they were last asked. */
export class TestBalancer {
  /** For each connection that no backend took, why. */
  readonly refused: string[] = [];
  private readonly server: Server;
  private readonly asking = new AbortController();
  private ready: readonly Backend[] = [];
  private turn = 0;

  private constructor(private readonly backends: readonly Backend[]) {
    this.server = createServer({ noDelay: true }, (client) => this.join(client));
  }

  static async start(backends: readonly Backend[]): Promise<TestBalancer> {
    const balancer = new TestBalancer(backends);
    await balancer.ask();
    await new Promise<void>((resolve) => balancer.server.listen(0, '127.0.0.1', resolve));
    void balancer.keepAsking();
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get readyCount(): number {
    return this.ready.length;
  }

  async stop(): Promise<void> {
    this.asking.abort();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async keepAsking(): Promise<void> {
    while (!this.asking.signal.aborted) {
      await pause(ASK_EVERY_MS);
      await this.ask();
    }
  }

  private async ask(): Promise<void> {
    const answers = await Promise.all(this.backends.map(isReady));
    this.ready = this.backends.filter((_, n) => answers[n]);
  }

  private join(client: Socket): void {
    client.on('error', () => undefined);
    const backend = this.ready[(this.turn += 1) % this.ready.length];
    if (!backend) return this.refuse(client, 'nobody is ready');
    const server = connect({ port: backend.port, host: '127.0.0.1', noDelay: true });
    server.on('error', (error) => this.refuse(client, String(error)));
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
  }

  private refuse(client: Socket, reason: string): void {
    this.refused.push(reason);
    client.destroy();
  }
}

async function isReady({ healthPort }: Backend): Promise<boolean> {
  return fetch(`http://127.0.0.1:${healthPort}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

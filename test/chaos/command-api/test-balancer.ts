import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Backend {
  readonly port: number;
  readonly healthPort: number;
}

const ASK_EVERY_MS = 100;
/** Bad answers in a row that take a backend out, as HAProxy and Kubernetes have it; one good answer brings it back. */
const FALL = 3;

/** Hands each new connection to the next of those that are ready, as far as they were asked. */
export class TestBalancer {
  /** For each connection that no backend took, why. */
  readonly refused: string[] = [];
  private readonly server: Server;
  private readonly asking = new AbortController();
  private turn = 0;

  private constructor(private readonly backends: readonly AskedBackend[]) {
    this.server = createServer({ noDelay: true }, (client) => this.join(client));
  }

  /** All of them have to be ready. */
  static async start(backends: readonly Backend[]): Promise<TestBalancer> {
    const balancer = new TestBalancer(backends.map((backend) => new AskedBackend(backend)));
    await new Promise<void>((resolve) => balancer.server.listen(0, '127.0.0.1', resolve));
    for (const backend of balancer.backends) void backend.keepAsking(balancer.asking.signal);
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

  private get ready(): readonly AskedBackend[] {
    return this.backends.filter(({ isReady }) => isReady);
  }

  private join(client: Socket): void {
    client.on('error', () => undefined);
    const { ready } = this;
    const backend = ready[(this.turn += 1) % ready.length];
    if (!backend) return this.refuse(client, this.backends.map(({ problem }) => problem).join());
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

class AskedBackend {
  /** The last bad answer. */
  problem: string | null = null;
  private bad = 0;

  constructor(private readonly backend: Backend) {}

  get port(): number {
    return this.backend.port;
  }

  get isReady(): boolean {
    return this.bad < FALL;
  }

  async keepAsking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(ASK_EVERY_MS);
      this.problem = await this.whyUnready();
      this.bad = this.problem === null ? 0 : this.bad + 1;
    }
  }

  private async whyUnready(): Promise<string | null> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.backend.healthPort}/health/ready`);
      const words = await answer.text();
      return answer.status === 200 ? null : words;
    } catch (error) {
      return String(error);
    }
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../postgres/postgres-server';
import { NatsServer } from './nats-server';

/** A node that is gone is no longer sent what others are to answer. The server's own values take minutes. */
const SETTINGS = ['ping_interval: "1s"', 'ping_max: 2', ''].join('\n');

interface NatsClusterOptions {
  readonly size?: number;
  /** Whether nodes name each other to clients; a client behind lines of its own must not hear of others. */
  readonly isAdvertised?: boolean;
}

/** Real nats-servers on loopback that keep JetStream's streams together. */
export class NatsCluster {
  private constructor(readonly nodes: readonly NatsServer[]) {}

  static async start(
    dir: string,
    { size = 3, isAdvertised = true }: NatsClusterOptions = {},
  ): Promise<NatsCluster> {
    await mkdir(dir, { recursive: true });
    const settings = join(dir, 'cluster.conf');
    await writeFile(settings, SETTINGS);
    const ports: number[] = [];
    while (ports.length < size) ports.push(await freePort());
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
    const nodes = routes.map((listen, n) => {
      const name = `node-${n + 1}`;
      const member = ['--name', name, '--cluster_name', 'uplift', '--cluster', listen];
      const silence = isAdvertised ? [] : ['--no_advertise=true'];
      const args = ['-c', settings, ...member, ...silence, '--routes', routes.join(',')];
      return NatsServer.start({ dir: join(dir, name), args });
    });
    return new NatsCluster(await Promise.all(nodes));
  }

  /** Of all nodes, as a client wants it. */
  get url(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  /** By the name that servers have for it. */
  node(name: string): NatsServer {
    const node = this.nodes[Number(name.replace('node-', '')) - 1];
    if (!node) throw new Error(`${name} is no node of this cluster`);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.nodes.map((node) => {
        node.signal('SIGCONT');
        return node.kill();
      }),
    );
  }
}

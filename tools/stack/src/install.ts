import { describeNatsServer, natsServer } from './nats/find-nats-server';
import { postgresBinaries } from './postgres/postgres-binaries';

/** Puts every server that a stack starts in place, so that no test has to wait for an installation. */
export async function installServers(): Promise<readonly string[]> {
  const nats = describeNatsServer(await natsServer());
  if (process.env.UPLIFT_POSTGRES_URL) return [nats];
  return [nats, `PostgreSQL in ${await postgresBinaries()}`];
}

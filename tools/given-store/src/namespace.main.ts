import { parseEsdbConnectionString } from '@uplift/event-store';
import { runUntilStopped } from '@uplift/runtime';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NamespaceServer } from './namespace-server';
import { StoreCalls } from './store-calls';
import { StreamNames } from './stream-names';

interface Kept {
  readonly id: string;
  readonly begin: string;
}

void runUntilStopped({ name: 'event-store-namespace', start });

async function start() {
  const store = new StoreCalls(parseEsdbConnectionString(setting('STORE')));
  const { id, begin } = await kept(join(setting('DIR'), 'namespace.json'), store);
  const names = new StreamNames(id);
  const server = new NamespaceServer(store, { names, begin: BigInt(begin) });
  const grpc = await server.listen(Number(setting('PORT')));
  return { ports: { grpc }, stop: () => server.close() };
}

/** The same after a restart. */
async function kept(file: string, store: StoreCalls): Promise<Kept> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  const begin = String(await store.endOfStore());
  const fresh = { id: randomUUID().slice(0, 8), begin };
  writeFileSync(file, JSON.stringify(fresh));
  return fresh;
}

function setting(name: string): string {
  const value = process.env[`UPLIFT_NAMESPACE_${name}`];
  if (value === undefined) throw new Error(`UPLIFT_NAMESPACE_${name} is not set`);
  return value;
}

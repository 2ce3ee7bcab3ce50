import { readFileSync } from 'node:fs';
import { startEmbeddedEventStore, type SecuredOptions } from './embedded-event-store';
import { AS_SEEN, type FaultOptions, type SlowReaders } from './faults/faults';

const PREFIX = 'UPLIFT_EMBEDDED_EVENTSTORE';

async function main(): Promise<void> {
  const dir = process.env[`${PREFIX}_DIR`];
  const asSeen = seenOf(process.env[`${PREFIX}_AS_SEEN`]);
  const store = await startEmbeddedEventStore({
    ...asSeen,
    ...(dir ? { dir } : {}),
    ...securedAsAskedFor(),
    port: Number(process.env[`${PREFIX}_PORT`] ?? 0),
    allowDeletes: process.env[`${PREFIX}_ALLOW_DELETES`] === 'true',
    faults: { ...asSeen?.faults, ...faultsAskedFor() },
    onFailure: endProcess,
  });
  stopOn(() => store.close());
  process.send?.({ type: 'ready', ports: { grpc: store.port } });
  console.log(`embedded event store ready on ${store.connectionString}`);
}

function seenOf(version: string | undefined) {
  if (!version) return undefined;
  const [, seen] = Object.entries(AS_SEEN).find(([name]) => name === version) ?? [];
  if (seen) return seen;
  throw new Error(`${PREFIX}_AS_SEEN is one of ${Object.keys(AS_SEEN).join(', ')}`);
}

function securedAsAskedFor(): { secured?: SecuredOptions } {
  const names = ['TLS_CERTIFICATE', 'TLS_KEY', 'ADMIN_PASSWORD'].map((name) => `${PREFIX}_${name}`);
  const [certificate, key, adminPassword] = names.map((name) => process.env[name]);
  if (!certificate && !key && !adminPassword) return {};
  if (!certificate || !key || !adminPassword) {
    throw new Error(`${names.join(', ')} go together: set all three, or none`);
  }
  const files = { certificate: readFileSync(certificate), key: readFileSync(key) };
  return { secured: { ...files, adminPassword } };
}

function faultsAskedFor(): FaultOptions {
  const slowReaders = process.env[`${PREFIX}_SLOW_READERS`];
  const throwOutEveryMs = Number(process.env[`${PREFIX}_THROW_OUT_EVERY_MS`] ?? 0);
  return {
    ...(slowReaders ? { slowReaders: slowReaders as SlowReaders } : {}),
    ...(throwOutEveryMs > 0 ? { throwOutEveryMs } : {}),
  };
}

function stopOn(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    close().then(() => process.exit(0), endProcess);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
}

function endProcess(error: unknown): never {
  console.error('embedded event store failed', error);
  process.exit(1);
}

main().catch(endProcess);

import { startEmbeddedEventStore } from './embedded-event-store';
import type { FaultOptions, SlowReaders } from './faults/faults';

const PREFIX = 'UPLIFT_EMBEDDED_EVENTSTORE';

async function main(): Promise<void> {
  const dir = process.env[`${PREFIX}_DIR`];
  const store = await startEmbeddedEventStore({
    ...(dir ? { dir } : {}),
    port: Number(process.env[`${PREFIX}_PORT`] ?? 0),
    allowDeletes: process.env[`${PREFIX}_ALLOW_DELETES`] === 'true',
    faults: faultsAskedFor(),
    onFailure: endProcess,
  });
  stopOn(() => store.close());
  process.send?.({ type: 'ready', ports: { grpc: store.port } });
  console.log(`embedded event store ready on ${store.connectionString}`);
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

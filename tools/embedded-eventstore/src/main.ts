import { startEmbeddedEventStore } from './embedded-event-store';

const PREFIX = 'UPLIFT_EMBEDDED_EVENTSTORE';

async function main(): Promise<void> {
  const dir = process.env[`${PREFIX}_DIR`];
  const store = await startEmbeddedEventStore({
    ...(dir ? { dir } : {}),
    port: Number(process.env[`${PREFIX}_PORT`] ?? 0),
    allowDeletes: process.env[`${PREFIX}_ALLOW_DELETES`] === 'true',
    onFailure: endProcess,
  });
  stopOn(() => store.close());
  process.send?.({ type: 'ready', ports: { grpc: store.port } });
  console.log(`embedded event store ready on ${store.connectionString}`);
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

import { startLagoonSimulator } from './lagoon-simulator';
import { optionsFrom } from './simulator.options';

async function main(): Promise<void> {
  const simulator = await startLagoonSimulator(optionsFrom(process.env));
  const stop = () => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
  const ready = { type: 'ready', ports: { http: simulator.port } };
  console.log(JSON.stringify({ msg: 'lagoon-simulator ready', ...ready }));
  process.send?.(ready);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

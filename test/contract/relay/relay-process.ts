import { ManagedProcess } from '../../../tools/stack/src';

export interface Surroundings {
  readonly eventStoreUrl: string;
  /** By which a process finds the bus. */
  readonly bus: Readonly<Record<string, string>>;
  /** Where the log goes. */
  readonly dir: string;
}

export function startRelayProcess(around: Surroundings, name = 'relay'): Promise<ManagedProcess> {
  return ManagedProcess.start({
    name,
    script: 'dist/apps/relay/src/main.js',
    dir: around.dir,
    env: {
      UPLIFT_EVENTSTORE_URL: around.eventStoreUrl,
      ...around.bus,
    },
  });
}

export async function page(relay: ManagedProcess, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${relay.port('health')}${path}`);
  return answer.text();
}

/** The value of one metric, -1 if it is not there. */
export async function metric(relay: ManagedProcess, name: string): Promise<number> {
  const line = (await page(relay, '/metrics')).split('\n').find((l) => l.startsWith(`${name} `));
  return line === undefined ? -1 : Number(line.split(' ')[1]);
}

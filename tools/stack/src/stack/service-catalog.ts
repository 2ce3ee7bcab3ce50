interface ServiceEntry {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** As in the image: collects early instead of growing, so that a service stays under 250 MiB. */
export const HEAP_LIMITS = ['--max-old-space-size=160'];

const stage = (name: string): ServiceEntry => ({
  script: 'dist/apps/stage-workers/src/main.js',
  args: ['--stage', name],
  env: { UPLIFT_STAGES: name },
});

/** Every service of a whole stack, one process each. */
export const SERVICES = {
  relay: { script: 'dist/apps/relay/src/main.js' },
  projector: { script: 'dist/apps/projector/src/main.js' },
  'command-api': { script: 'dist/apps/command-api/src/main.js' },
  'pre-upgrade': stage('pre-upgrade'),
  upgrade: stage('upgrade'),
  'poll-upgrade': stage('poll-upgrade'),
  'post-upgrade': stage('post-upgrade'),
  watchdog: stage('watchdog'),
} as const satisfies Record<string, ServiceEntry>;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

export function serviceEntry(name: ServiceName): ServiceEntry {
  return SERVICES[name];
}

export function isServiceName(name: string): name is ServiceName {
  return name in SERVICES;
}

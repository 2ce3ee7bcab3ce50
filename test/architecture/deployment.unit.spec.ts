import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { STORE_USERS } from '@uplift/event-store';
import { SETTINGS } from '@uplift/runtime';
import { parse } from 'yaml';
import { INSTALLATIONS, OPTIONAL_SERVICES } from '../../tools/stack/src';
import { composeOf, manifestsOf, root, textOf, type Container, type Manifest } from './manifests';

const KUBERNETES = 'deploy/kubernetes/base';

/** The user of the store that a service is there. */
function userOf(service: string): string {
  if (service === 'command-api') return 'api';
  return service in STORE_USERS ? service : `worker-${service}`;
}

const compose = composeOf('docker-compose.yml');
const composed = Object.entries(compose.services);
const files = readdirSync(join(root, KUBERNETES)).map((name) => `${KUBERNETES}/${name}`);
/** Of services that an overlay may leave out. */
const optional = OPTIONAL_SERVICES.map((name) => `deploy/kubernetes/${name}/${name}.yaml`);
const manifests = [...files, ...optional].flatMap(manifestsOf);
const deployments = manifests
  .filter(({ kind }) => kind === 'Deployment')
  .map((manifest) => [manifest.metadata.name, manifest] as const);
/** Everything that runs a container of ours. */
const workloads = manifests
  .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
  .map((manifest) => [manifest.metadata.name, manifest] as const);
const podOf = ({ spec }: Manifest) => spec.template.spec;
const containerOf = (manifest: Manifest) => podOf(manifest).containers[0]!;

const fits = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

type Environment = Readonly<Record<string, string>>;

const everyManifest = readdirSync(join(root, 'deploy/kubernetes'), { recursive: true })
  .map(String)
  .filter((path) => /\.ya?ml$/.test(path))
  .flatMap((path) => manifestsOf(`deploy/kubernetes/${path}`));

/** What a container is told by a value that stands there, and not out of a secret of the cluster. */
function toldTo({ env = [] }: Partial<Container>): Environment {
  const told = env.filter((variable) => 'value' in variable);
  return Object.fromEntries(told.map(({ name, value }) => [name, value]));
}

function toldIn(manifest: Partial<Manifest>): readonly (readonly [string, Environment])[] {
  const { metadata, spec, data } = manifest;
  const { containers = [], initContainers = [] } = spec?.template?.spec ?? spec ?? {};
  const told = [...[...initContainers, ...containers].map(toldTo), ...(data ? [data] : [])];
  return told.map((environment) => [`kubernetes ${metadata?.name}`, environment] as const);
}

/** Everything that any manifest sets, wherever. */
const environments: readonly (readonly [string, Environment])[] = [
  ...composed.map(([name, { environment = {} }]) => [`compose ${name}`, environment] as const),
  ...Object.entries(composeOf('compose.small.yml').services).map(
    ([name, { environment = {} }]) => [`small compose ${name}`, environment] as const,
  ),
  ...everyManifest.flatMap(toldIn),
];

/** By the names that Uplift and the servers have for them: a file, or a path, is none. */
const isNamedAsSecret = (name: string) => /(PASSWORD|SECRET|TOKEN|SEED|KEY)$/i.test(name);

const settings = Object.values(SETTINGS) as readonly { env: string; secret?: boolean }[];
const known = new Set(settings.flatMap(({ env }) => [env, `${env}_FILE`]));
const secrets = new Set(settings.filter(({ secret }) => secret === true).map(({ env }) => env));

const IN_STORE: readonly string[] = INSTALLATIONS.separate;
const SERVICES: readonly string[] = [...IN_STORE, ...OPTIONAL_SERVICES];
/** The settings that are addresses: their port as the policies have it, and who reads them. */
const ADDRESSES: Readonly<Record<string, { port: number; readers: readonly string[] }>> = {
  eventStoreUrl: { port: 2113, readers: IN_STORE },
  eventStoreAdminUrl: { port: 2113, readers: [] },
  natsUrl: { port: 4222, readers: SERVICES },
  postgresUrl: { port: 5432, readers: ['projector', 'migrate'] },
  postgresOwnerUrl: { port: 5432, readers: ['migrate'] },
  actorsPostgresUrl: { port: 5432, readers: ['command-api', 'migrate'] },
  webhooksPostgresUrl: { port: 5432, readers: ['webhooks'] },
  lagoonUrl: {
    port: 443,
    readers: IN_STORE.filter((name) => !['relay', 'projector', 'command-api'].includes(name)),
  },
  jwtJwksUrl: { port: 443, readers: ['command-api', 'projector'] },
  // Of a collector; where there is none nothing is sent.
  otlpEndpoint: { port: 4318, readers: SERVICES },
  otlpTracesEndpoint: { port: 4318, readers: SERVICES },
  // The command line asks from within the pod of the command API.
  apiUrl: { port: 3000, readers: [] },
};

/** A tag that nobody moves, and its digest once it is pinned. */
const EXACT_IMAGE = /^[\w./-]+:\d+\.\d+\.?[\w.-]*(@sha256:[0-9a-f]{64})?$/;
/** `docs/adr` says why. */
const ALLOWED_INSECURE = {
  setting: 'EVENTSTORE_INSECURE',
  where: 'compose eventstore',
  adr: '0020',
};

describe('every manifest', () => {
  it.each([
    ...composed.map(([name, { image }]) => [`compose ${name}`, image] as const),
    ...workloads.map(
      ([name, manifest]) => [`kubernetes ${name}`, containerOf(manifest).image] as const,
    ),
  ])('%s runs an image by its exact tag', (_name, image) => {
    expect(image).toMatch(EXACT_IMAGE);
  });

  it.each(environments)('%s sets nothing that is no setting', (_name, environment) => {
    const ours = Object.keys(environment).filter((name) => /^(UPLIFT|OTEL)_/.test(name));
    expect(ours.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(environments)('%s carries no secret', (_name, environment) => {
    const told = Object.entries(environment).filter(([name]) => secrets.has(name));
    // An address without user and password is none.
    expect(told.filter(([, value]) => !/^[\w+]+:\/\/[\w.-]+:\d+(\?[\w=&]*)?$/.test(value))).toEqual(
      [],
    );
    expect(JSON.stringify(environment)).not.toMatch(/:\/\/[^/"]*:[^/"]*@/);
    // In a list names and values would not be looked at.
    expect(Array.isArray(environment)).toBe(false);
    expect(Object.keys(environment).filter(isNamedAsSecret)).toEqual([]);
  });

  it.each(['POSTGRES_PASSWORD', 'EVENTSTORE_DEFAULT_ADMIN_PASSWORD', 'UPLIFT_NATS_NKEY_SEED'])(
    'is taken to carry one with %s, and none with the path of its file',
    (name) => {
      expect(isNamedAsSecret(name)).toBe(true);
      expect(isNamedAsSecret(`${name}_FILE`)).toBe(false);
    },
  );

  it('brings no secret of a cluster with it', () => {
    expect(everyManifest.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(everyManifest.map(({ kind }) => kind)).toContain('StatefulSet');
  });

  it('is insecure only where a decision says why', () => {
    const insecure = environments.flatMap(([where, environment]) =>
      Object.keys(environment)
        .filter((name) => /INSECURE|ALLOW_LOOPBACK|FAILPOINTS|^UPLIFT_AUTH$/.test(name))
        .map((setting) => ({ setting, where })),
    );
    const { adr, ...allowed } = ALLOWED_INSECURE;
    expect(insecure).toEqual([allowed]);
    const decision = readdirSync(join(root, 'docs/adr')).find((name) => name.startsWith(adr));
    expect(textOf(`docs/adr/${decision}`)).toContain(allowed.setting);
  });

  it('sets no limit of the heap', () => {
    const names = environments.flatMap(([, environment]) => Object.keys(environment));
    expect(names).not.toContain('NODE_OPTIONS');
  });
});

describe('docker-compose.yml', () => {
  it.each(composed)('%s gains no privileges, and has a limit of memory', (_name, service) => {
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  });

  it('publishes the command API alone, on loopback', () => {
    const published = composed.flatMap(([, { ports = [] }]) => ports);
    expect(published).toEqual(['127.0.0.1:3000:3000']);
  });

  it('lets every service be asked for health and metrics by the others', () => {
    const running = composed.filter(([name]) => SERVICES.includes(name));
    expect(running).toHaveLength(SERVICES.length);
    for (const [, { environment = {} }] of running) {
      expect(environment).toMatchObject({
        UPLIFT_HEALTH_HOST: '0.0.0.0',
        UPLIFT_HEALTH_PORT: '9090',
      });
    }
  });
});

describe('deploy/kubernetes', () => {
  const has = (kind: string, matching: (manifest: Manifest) => boolean) =>
    manifests.some((manifest) => manifest.kind === kind && matching(manifest));

  const shared = manifests.flatMap(({ data = {} }) => Object.keys(data));
  const settingOf = (name: string) => name.replace(/_FILE$/, '');

  it('lists every file of its base', () => {
    const { resources } = parse(textOf(`${KUBERNETES}/kustomization.yaml`)) as {
      resources: string[];
    };
    const others = files.filter((file) => !file.endsWith('kustomization.yaml'));
    expect(resources.map((name) => `${KUBERNETES}/${name}`).sort()).toEqual([...others].sort());
  });

  it('runs every service, more than once', () => {
    expect(deployments.map(([name]) => name).sort()).toEqual([...SERVICES].sort());
    for (const [, { spec }] of deployments) expect(spec.replicas).toBeGreaterThan(1);
  });

  it.each(deployments)('%s is started and stopped as compose does it', (name, manifest) => {
    const { command, stop_grace_period: grace } = compose.services[name]!;
    expect(containerOf(manifest).command).toEqual(command);
    expect(`${podOf(manifest).terminationGracePeriodSeconds}s`).toBe(grace);
    expect(podOf(manifest).containers).toHaveLength(1);
  });

  it.each(deployments)('%s is told all that compose tells it', (name, manifest) => {
    const told = [...containerOf(manifest).env.map(({ name: setting }) => setting), ...shared];
    const settingsOf = (names: readonly string[]) => new Set(names.map(settingOf));
    const composedSettings = settingsOf(Object.keys(compose.services[name]?.environment ?? {}));
    const missing = [...composedSettings].filter((setting) => !settingsOf(told).has(setting));
    expect(missing).toEqual([]);
  });

  const TOOL =
    /exec (?:-i )?deploy\/(\S+) -- (?:sh -c '(\w+)=\$\(cat\) )?node dist\/apps\/cli\/src\/main\.js (\w+)/g;
  const tools = [...textOf('docs/production.md').matchAll(TOOL)].map(
    ([, pod = '', told = '', tool = '']) => ({ tool, pod, told }),
  );

  it('has a command for every tool of compose', () => {
    const composedTools = composed.filter(([, { profiles = [] }]) => profiles.includes('tools'));
    expect(tools.map(({ tool }) => tool).sort()).toEqual(
      composedTools.map(([name]) => name).sort(),
    );
  });

  it.each(tools)(
    '$tool runs in a pod, $pod, that is told all that it reads',
    ({ tool, pod, told }) => {
      const read = Object.keys(compose.services[tool]?.environment ?? {}).map(settingOf);
      const manifest = deployments.find(([name]) => name === pod)![1];
      const there = [...containerOf(manifest).env.map(({ name }) => name), ...shared, told].map(
        settingOf,
      );
      // Told none, it goes by the address of the command API beside it.
      if (pod === 'command-api') there.push('UPLIFT_API_URL');
      expect(read.filter((name) => !there.includes(name))).toEqual([]);
    },
  );

  it.each(deployments)('%s has its three probes and a limit of memory alone', (_name, manifest) => {
    const { startupProbe, livenessProbe, readinessProbe, resources } = containerOf(manifest);
    const health = (page: string) => ({ httpGet: { path: `/health/${page}`, port: 'health' } });
    expect(startupProbe).toMatchObject(health('startup'));
    expect(livenessProbe).toMatchObject(health('live'));
    expect(readinessProbe).toMatchObject(health('ready'));
    expect(resources.limits).toEqual({ memory: expect.stringMatching(/^\d+Mi$/) as string });
  });

  it.each(workloads)('%s has no more rights than it needs', (_name, manifest) => {
    expect(podOf(manifest).automountServiceAccountToken).toBe(false);
    expect(podOf(manifest).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(manifest).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it.each(workloads)('%s reads its secrets from files that are mounted', (_name, manifest) => {
    const { env, volumeMounts } = containerOf(manifest);
    const paths = env
      .map(({ value }) => value)
      .filter((value) => value.startsWith('/run/secrets/'));
    expect(paths.length).toBeGreaterThan(1);
    const mounted = volumeMounts.filter(({ name }) =>
      podOf(manifest).volumes.some((volume) => volume.name === name && volume.secret !== undefined),
    );
    const places = mounted.map(({ mountPath }) => mountPath);
    const folders = new Set(paths.map((path) => path.replace(/\/[^/]+$/, '')));
    expect([...folders].sort()).toEqual([...places].sort());
  });

  it.each(workloads)('%s says everything once', (_name, manifest) => {
    const { env, volumeMounts } = containerOf(manifest);
    for (const list of [env, volumeMounts, podOf(manifest).volumes]) {
      const names = list.map(({ name }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it.each(deployments)('%s is a user of its own on the bus', (name, manifest) => {
    const [bus] = podOf(manifest).volumes.filter((volume) => volume.name === 'nats');
    expect(bus?.secret).toEqual({ secretName: `uplift-nats-${name}` });
  });

  it.each(deployments.filter(([name]) => IN_STORE.includes(name)))(
    '%s is a user of its own in the store',
    (name, manifest) => {
      const [store] = podOf(manifest).volumes.filter((volume) => volume.name === 'eventstore');
      expect(store?.secret).toEqual({ secretName: `uplift-eventstore-${name}` });
      const user = userOf(name);
      expect(Object.keys(STORE_USERS)).toContain(user);
      expect(textOf('docs/store-users.md')).toContain(`uplift-eventstore-${name}:${user}`);
    },
  );

  it.each(deployments)('%s is never drained away as a whole', (_name, { spec }) => {
    const covers = ({ spec: { minAvailable, selector } }: Manifest) =>
      minAvailable === 1 && selector.matchLabels.service === spec.selector.matchLabels.service;
    expect(has('PodDisruptionBudget', covers)).toBe(true);
  });

  it('opens nothing that is not named', () => {
    const denies = ({ spec }: Manifest) =>
      Object.keys(spec.podSelector ?? { some: 1 }).length === 0 &&
      ['Ingress', 'Egress'].every((type) => spec.policyTypes?.includes(type));
    expect(has('NetworkPolicy', denies)).toBe(true);
  });

  it('knows the port and the readers of every setting that is an address', () => {
    const addresses = Object.entries(SETTINGS).filter(([, { type }]) => type === 'url');
    expect(addresses.map(([name]) => name).sort()).toEqual(Object.keys(ADDRESSES).sort());
  });

  it.each(workloads)('%s reaches every address that it may be told', (name, manifest) => {
    const { labels } = manifest.spec.template.metadata;
    const open = manifests
      .filter(({ kind, spec }) => {
        const { matchLabels } = spec?.podSelector ?? {};
        return kind === 'NetworkPolicy' && matchLabels !== undefined && fits(matchLabels, labels);
      })
      .flatMap(({ spec: { egress = [] } }) => egress.flatMap(({ ports }) => ports));
    const read = Object.values(ADDRESSES).filter(({ readers }) => readers.includes(name));
    expect(read.length).toBeGreaterThan(0);
    const closed = read.filter(({ port }) => !open.some((to) => to.port === port));
    expect(closed).toEqual([]);
  });

  it('has no policy for pods that are not there', () => {
    const pods = workloads.map(([, { spec }]) => spec.template.metadata.labels);
    const selectors = manifests.flatMap(({ kind, spec }) =>
      kind === 'NetworkPolicy' ? [spec.podSelector?.matchLabels ?? {}] : [],
    );
    for (const selector of selectors) {
      expect(pods.some((labels) => fits(selector, labels))).toBe(true);
    }
  });
});

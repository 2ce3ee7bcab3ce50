import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '@uplift/runtime';
import { parse, type CollectionTag } from 'yaml';
import { selectedStages, STARTABLE } from '../../apps/stage-workers/src/stage-selection';
import { INSTALLATIONS, NATS_VERSION, OPTIONAL_SERVICES, projectRoot } from '../../tools/stack/src';

interface ComposeService {
  readonly extends?: { readonly file: string; readonly service: string };
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly (string | Mount)[];
  readonly tmpfs?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly init?: boolean;
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
}

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly read_only?: boolean;
  readonly bind?: { readonly create_host_path?: boolean };
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = projectRoot();
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** A list that takes the place of the one that it would be added to. */
const REPLACING: CollectionTag = {
  ...{ tag: '!override', collection: 'seq' },
  resolve: (list) => new Replacement(list.toJSON() as unknown[]),
};

class Replacement {
  constructor(readonly list: readonly unknown[]) {}
}

const PLAIN_COMMANDS = ['command', 'entrypoint', 'test'];

function composeOf(file: string): ComposeFile {
  const written = parse(textOf(file), { merge: true, customTags: [REPLACING] }) as ComposeFile;
  const services = Object.entries(written.services).map(([name, service]) => [
    name,
    merged(extended(service), service),
  ]);
  return { ...written, services: Object.fromEntries(services) as ComposeFile['services'] };
}

function extended({ extends: base }: ComposeService): object {
  return base === undefined ? {} : (composeOf(base.file).services[base.service] ?? {});
}

/** As Compose does it: mappings by key, lists one behind the other, a command as a whole. */
function merged(base: unknown, own: unknown, key = ''): unknown {
  if (own instanceof Replacement) return own.list;
  if (Array.isArray(base) && Array.isArray(own) && !PLAIN_COMMANDS.includes(key)) {
    return [...new Set([...(base as unknown[]), ...(own as unknown[])])];
  }
  if (!isMapping(base) || !isMapping(own)) return own;
  const fields = Object.entries(own).map(([name, value]) => [
    name,
    merged(base[name], value, name),
  ]);
  return { ...base, ...(Object.fromEntries(fields) as object) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const KNOWN_SETTINGS = new Set(
  Object.values(SETTINGS).flatMap(({ env }) => [env as string, `${env}_FILE`]),
);

describe.each([
  ['docker-compose.yml', [...INSTALLATIONS.separate, ...OPTIONAL_SERVICES]],
  ['compose.small.yml', [...INSTALLATIONS.all, ...OPTIONAL_SERVICES]],
] as const)('%s', (file, installation) => {
  const text = textOf(file);
  const compose = composeOf(file);
  const services = Object.entries(compose.services);
  const ours = services.filter(([, { image }]) => image.startsWith('uplift:'));
  const isLasting = ([name, { profiles = [] }]: (typeof services)[number]) =>
    name !== 'migrate' && !profiles.includes('tools');
  const lasting = services.filter(isLasting);
  const ourLasting = ours.filter(isLasting);

  it('runs every service of the stack', () => {
    expect(ourLasting.map(([name]) => name).sort()).toEqual([...installation].sort());
  });

  it('starts what can be done without where its profile is asked for', () => {
    const asked = services.filter(([name, { profiles = [] }]) => profiles.includes(name));
    expect(asked.map(([name]) => name)).toEqual([...OPTIONAL_SERVICES]);
  });

  it('has the tables made by a step of its own, which alone knows their owner', () => {
    const { migrate } = compose.services;
    expect(migrate?.command?.at(-1)).toBe('migrate');
    expect(migrate?.restart).toBe('on-failure');
    const knowing = services.filter(([, { secrets = [] }]) =>
      secrets.includes('postgres_owner_url'),
    );
    expect(knowing.map(([name]) => name)).toEqual(['migrate']);
    expect(compose.services.postgres?.environment).not.toHaveProperty('POSTGRES_USER');
  });

  it('declares what its services keep and are told', () => {
    const written = composeOf('docker-compose.yml');
    expect(compose.volumes).toEqual(written.volumes);
    expect(compose.secrets).toEqual(written.secrets);
  });

  it.each(installation)('%s is a user of its own on the bus, which knows no others', (name) => {
    const { environment = {}, secrets = [] } = compose.services[name] ?? {};
    expect(environment.UPLIFT_NATS_NKEY_SEED_FILE).toBe(`/run/secrets/nats-${name}`);
    expect(secrets.filter((secret) => secret.startsWith('nats-'))).toEqual([`nats-${name}`]);
    expect(compose.secrets[`nats-${name}`]).toEqual({
      file: `\${NATS_ACCOUNTS_DIRECTORY}/${name}.nk`,
    });
    const { command = [] } = compose.services.nats ?? {};
    expect(command).toContain('--config=/etc/nats/accounts.conf');
  });

  it('ends the bus by its health check, which counts where no disk can be full', () => {
    const { init, tmpfs, healthcheck, volumes = [] } = compose.services.nats ?? {};
    const [, program = '', failures] = healthcheck?.test ?? [];
    expect([init, tmpfs, failures]).toEqual([true, ['/tmp'], '60']);
    expect(volumes).toContain(`./deploy/nats/health-check:${program}:ro`);
  });

  it.each(services)('%s mounts files of ours that are there', (_name, { volumes = [] }) => {
    const sources = volumes.map((volume) => (typeof volume === 'string' ? volume : volume.source));
    const mounted = sources.flatMap((source) => /^\.\/([^:]+)/.exec(source)?.[1] ?? []);
    expect(mounted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each(services)(
    '%s mounts what a variable names, with or without a leading dot, and makes no directory for it',
    (_name, { volumes = [] }) => {
      const named = volumes.filter((volume) => JSON.stringify(volume).includes('${'));
      for (const mount of named) {
        expect(mount).toMatchObject({
          ...{ type: 'bind', read_only: true, bind: { create_host_path: false } },
        });
      }
    },
  );

  it('tells those who take API tokens, and nobody else, which of them count', () => {
    const name = 'UPLIFT_API_TOKENS_CREATED_AFTER';
    const told = services.filter(([, { environment = {} }]) => name in environment);
    expect(told.map(([service]) => service).sort()).toEqual(['command-api', 'projector']);
    for (const [, { environment }] of told) expect(environment?.[name]).toBe(`\${${name}:-}`);
  });

  it('works on every stage, and has a watchdog', () => {
    const started = ours.flatMap(([, { command = [] }]) => {
      const args = command.slice(2);
      return args.includes('--stage') ? selectedStages(args, []) : [];
    });
    expect([...started].sort()).toEqual([...STARTABLE].sort());
  });

  it('names the nats-server that the suites run on', () => {
    expect(compose.services.nats?.image).toBe(`nats:${NATS_VERSION}-alpine`);
  });

  it.each(lasting)('%s has an image with a fixed tag and a health check', (_name, service) => {
    expect(service.image).toMatch(/:\d+\.\d+[\w.-]*$/);
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
  });

  it.each(ours)('%s waits for healthy servers that exist', (_name, { depends_on = {} }) => {
    expect(Object.keys(depends_on).length).toBeGreaterThan(0);
    for (const [dependency, { condition }] of Object.entries(depends_on)) {
      expect(compose.services).toHaveProperty(dependency);
      expect(condition).toBe('service_healthy');
    }
  });

  it.each(ours)(
    '%s has only settings that exist and secrets that are declared',
    (_name, service) => {
      const settings = Object.keys(service.environment ?? {});
      expect(settings.filter((setting) => !KNOWN_SETTINGS.has(setting))).toEqual([]);
      for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty(secret);
    },
  );

  it('asks for no UPLIFT_ variable that processes outside Compose would refuse', () => {
    const asked = [...text.matchAll(/\$\{(UPLIFT_\w+)/g)].map(([, name = '']) => name);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !KNOWN_SETTINGS.has(name))).toEqual([]);
  });

  it('asks for no variable that the page on operations does not name', () => {
    const asked = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
    const page = textOf('docs/operations.md');
    const named = [...page.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name = '']) => name);
    expect([...new Set(asked)].filter((name) => !named.includes(name))).toEqual([]);
  });

  it.each(ours)('%s starts an entry that is in the source tree', (_name, { command = [] }) => {
    const [node, entry = ''] = command;
    expect(node).toBe('node');
    const source = entry.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(existsSync(join(root, source))).toBe(true);
  });

  it.each(ourLasting)(
    '%s comes back when it ends itself, and gets the time to stop',
    (_name, service) => {
      expect(service.restart).toBe('always');
      expect(service.stop_grace_period).toBe('35s');
    },
  );

  it.each(ourLasting)('%s is ended by its health check when it is dead', (_name, service) => {
    const { test = [] } = service.healthcheck ?? {};
    expect(service.init).toBe(true);
    expect(test).toContain('--kill-after');
    const source = test[2]?.replace(/^dist\//, '').replace(/\.js$/, '.ts') ?? '';
    expect(existsSync(join(root, source))).toBe(true);
  });

  it('has tools that run once, with what they need, and do not start with the rest', () => {
    const tools = services.filter(([, { profiles = [] }]) => profiles.includes('tools'));
    expect(tools.map(([name]) => name).sort()).toEqual(['audit', 'rebuild']);
    for (const [, { restart }] of tools) expect(restart).toBe('no');
  });

  it.each(lasting)('%s is started again however it ended, with code 0 too', (_name, service) => {
    // A node of EventStoreDB that has to truncate what no other has ends with 0, and wants to be started again.
    expect(service.restart).toBe('always');
  });

  it.each(ours)('%s has a limit of memory, which is that of its container', (_name, service) => {
    expect(service.mem_limit).toMatch(/^\d+m$/);
    expect(Object.keys(service.environment ?? {})).not.toContain('NODE_OPTIONS');
  });

  it.each(ours)('%s runs with a read-only root and without capabilities', (_name, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
  });
});

describe('the Dockerfile', () => {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n');

  it('builds in one stage and runs in another, from images with fixed tags', () => {
    const stages = lines.filter((line) => line.startsWith('FROM '));
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(/^FROM \S+:\d+\.\d+\.\d+\S*/);
  });

  it('runs on the newest Node that the suites run on', () => {
    const versions = readFileSync(join(root, 'tools/run/other-node.mjs'), 'utf8');
    const [, newest] = /NEWEST_NODE = '([\d.]+)'/.exec(versions) ?? [];
    for (const stage of lines.filter((line) => line.startsWith('FROM '))) {
      expect(stage).toContain(`FROM node:${newest}-`);
    }
  });

  it('sets no limit of the heap: that of the container counts', () => {
    expect(lines.filter((line) => /old-space|heap/.test(line))).toEqual([]);
  });

  it('runs as an unprivileged user', () => {
    expect(lines).toContain('USER node');
  });
});

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { natsAccess } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { connect } from 'nats';
import type { TempFolder } from '../../tools/stack/src';
import { createTempFolder, projectRoot } from '../../tools/stack/src';
import type { StateName, UpliftUnderTest } from '../../tools/test-kit/src';
import { startUplift } from '../../tools/test-kit/src';

const run = promisify(execFile);
const root = projectRoot();
const READMES = ['libs/contracts', 'libs/client', 'tools/test-kit'];
const EXAMPLE = /```ts\n\/\/ (\S+)\.ts\n([\s\S]*?)```/g;
const DURABLE = 'billing';

/** What teams write that do not use ES modules. */
const COMMONJS = `
import { overHttp, type UpliftEvent } from '@uplift/client';
import { COMMAND_SUBJECTS, goldenEvents } from '@uplift/contracts';
import { startUplift } from '@uplift/testing';
import openApi = require('@uplift/contracts/openapi.json');

async function main(): Promise<void> {
  const uplift = overHttp({ url: process.env.UPLIFT_API_URL ?? '' });
  const { instances: { total } } = await uplift.query('instanceStats', {});
  // @ts-expect-error: a number, not any
  total.length;
  const wrong: UpliftEvent['type'][] = [
    'UpgradeFailed',
    // @ts-expect-error: no event has this type
    'UpgradeExploded',
  ];
  // @ts-expect-error: a reason is missing
  void (() => uplift.command('cancelUpgrade', { instanceId: '', upgradeId: '' }));
  console.log(JSON.stringify({
    total, wrong: wrong.length, golden: goldenEvents().length > 0, starts: typeof startUplift,
    subject: COMMAND_SUBJECTS.triggerUpgrade, version: openApi.info.version,
  }));
}
void main();
`;

/** Says where in what the packages publish a type is `any`, at whatever remove. */
const NO_ANY = `
import type { UpliftEvent } from '@uplift/client';
import type {
  CommandAnswers, CommandInputs, EventCategory, EventIn, GoldenEvent, ProblemDetails, QueryAnswers, QueryInputs,
} from '@uplift/contracts';
import type { GivenInstance, UpliftOptions } from '@uplift/testing';

type AnyIn<T, Path extends string> = 0 extends 1 & T ? Path
  : T extends (...args: infer Args) => infer Answer ? AnyIn<Args | Answer, Path>
  : T extends readonly (infer Item)[] ? AnyIn<Item, \`\${Path}[]\`>
  : T extends object ? { [Key in keyof T & string]-?: AnyIn<T[Key], \`\${Path}.\${Key}\`> }[keyof T & string]
  : never;

interface Published {
  answers: QueryAnswers; queries: QueryInputs; commands: CommandInputs; commandAnswers: CommandAnswers;
  event: UpliftEvent; stored: EventIn<EventCategory>; golden: GoldenEvent; problem: ProblemDetails;
  given: GivenInstance; options: UpliftOptions;
}
type Nowhere<Path extends never> = Path;
export type Checked = Nowhere<AnyIn<Published, ''>>;
// @ts-expect-error: it is found where there is one
export type Found = Nowhere<AnyIn<{ a: { b: readonly { c: any }[] } }, ''>>;
`;

/** Another test runner, two of everything at once, and nothing that is left. */
const WITH_JEST = `
const { existsSync } = require('node:fs');
const { startUplift } = require('@uplift/testing');

test('two at once know nothing of each other, and leave nothing', async () => {
  const both = await Promise.all([1, 2].map(() => startUplift({ services: ['command-api'] })));
  const state = 'an instance that failed in the upgrade stage';
  const given = await Promise.all(both.map((uplift) => uplift.given(state)));
  const [first, second] = both;
  const retry = { ...given[0], reason: 'again' };
  const { instanceId, upgradeId, reason } = retry;
  await expect(second.client.command('retryUpgrade', { instanceId, upgradeId, reason })).rejects.toMatchObject({
    problem: { code: 'instance-unknown' },
  });
  const { status } = await first.client.command('retryUpgrade', { instanceId, upgradeId, reason });
  expect(status).toBe('pending-upgrade');
  const folders = both.map(({ logs }) => logs);
  expect(folders.map(existsSync)).toEqual([true, true]);
  await Promise.all(both.map((uplift) => uplift.stop()));
  expect(folders.map(existsSync)).toEqual([false, false]);
  for (const { apiUrl } of both) await expect(fetch(apiUrl)).rejects.toThrow();
}, 120_000);
`;

/** The packages, installed into an empty folder as another team does it, against a running Uplift. */
describe('the packages for other teams', () => {
  let folder: TempFolder;
  let uplift: UpliftUnderTest;

  beforeAll(async () => {
    folder = await createTempFolder('uplift-packages');
    await run(process.execPath, ['dist/tools/pack/src/main.js'], { cwd: root });
    const packed = join(root, 'dist/packages');
    const files = readdirSync(packed).map((file) => join(packed, file));
    write('package.json', JSON.stringify({ private: true, type: 'module' }));
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['install', ...options, ...files], { cwd: folder.path });
    READMES.forEach(writeExamples);
    write('commonjs/package.json', '{"type":"commonjs"}');
    write('commonjs/uses.ts', COMMONJS);
    write('commonjs/no-any.ts', NO_ANY);
    write('commonjs/two-at-once.test.js', WITH_JEST);
    uplift = await startUplift();
  });

  afterAll(async () => {
    await uplift.stop();
    await folder.remove();
  });

  const write = (file: string, content: string) => {
    mkdirSync(join(folder.path, file, '..'), { recursive: true });
    writeFileSync(join(folder.path, file), content);
  };

  const writeExamples = (where: string) => {
    const readme = readFileSync(join(root, where, 'README.md'), 'utf8');
    const examples = [...readme.matchAll(EXAMPLE)];
    expect(examples).toHaveLength(2);
    for (const [, name, content = ''] of examples) write(`${name}.ts`, content);
  };

  /** As somebody who knows no more of Uplift than its addresses. */
  const inFolder = async (command: string, args: readonly string[], env = {}) => {
    const settings = { UPLIFT_API_URL: uplift.apiUrl, NATS_URL: uplift.natsUrl, ...env };
    const options = { cwd: folder.path, env: { ...process.env, ...settings } };
    return (await run(command, [...args], options)).stdout;
  };

  it('are compiled against by strict projects, whose libraries are checked, too', async () => {
    // The types of nats need those of the DOM.
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], strict: true },
      ...{ skipLibCheck: false, resolveJsonModule: true, esModuleInterop: true, types: ['node'] },
      typeRoots: [join(root, 'node_modules/@types')],
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts', 'commonjs/*.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(await inFolder(process.execPath, [tsc, '-p', '.'])).toBe('');
  });

  it('work in CommonJS', async () => {
    const said = await inFolder(process.execPath, ['commonjs/uses.js']);
    expect(JSON.parse(said)).toMatchObject({
      ...{ total: 0, wrong: 2, golden: true, starts: 'function' },
      subject: 'uplift.cmd.v1.upgrade.trigger',
    });
  });

  it('upgrade an instance over HTTP, as the example of the client says', async () => {
    const { instanceId } = await uplift.given('a healthy instance');
    const said = await inFolder(process.execPath, ['upgrade-and-wait.js'], {
      INSTANCE_ID: instanceId,
    });
    expect(said).toMatch(/^upgrade [0-9a-f-]{36}\n.*PreUpgradeStarted\n/);
    expect(said).toMatch(/InstanceVerifiedHealthy\nshop-\w+ is running-healthy-claimed\n$/);
  });

  it('follow events over NATS, as the example of the client says', async () => {
    const nats = await connect(natsAccess({ servers: uplift.natsUrl }));
    const manager = await nats.jetstreamManager();
    const consumer = { durable_name: DURABLE, ack_policy: 'explicit' as never };
    await manager.consumers.add(EVENTS_STREAM, consumer);
    await nats.close();
    const said = await inFolder(process.execPath, ['follow-over-nats.js']);
    expect(said).toMatch(
      /^1 instances\n[\s\S]*\nInstanceRegistered \S+ \d+\nUpgradeRequested \S+ \d+\n$/,
    );
  });

  it('send a command over plain NATS, as the example of the contracts says', async () => {
    const { instanceId } = await uplift.given('a healthy instance');
    const said = await inFolder(process.execPath, ['trigger-over-nats.js'], {
      INSTANCE_ID: instanceId,
    });
    expect(said).toMatch(/^upgrade [0-9a-f-]{36}\n$/);
  });

  it('read every event that there may be, as the example of the contracts says', async () => {
    const said = await inFolder(process.execPath, ['read-golden-events.js']);
    expect(said).toMatch(/^read \d+ events; their type travels in Uplift-Event-Type\n$/);
  });

  it('start Uplift from a test, as the examples of the test kit say', async () => {
    const said = await inFolder(process.execPath, ['--test', 'retry.test.js', 'refusal.test.js']);
    expect(said).toMatch(/# pass 2\n/);
  });

  it('start two at once under Jest, which ends by itself', async () => {
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const config = JSON.stringify({ rootDir: join(folder.path, 'commonjs'), transform: {} });
    await inFolder(process.execPath, [jest, '--config', config, '--ci']);
  });

  it('have a command line that works', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await inFolder('npx', ['--no-install', 'uplift', '--version'])).toBe(`${version}\n`);
    expect(await inFolder('npx', ['--no-install', 'uplift', '--help'])).toContain('Usage: uplift');
    const list = ['--no-install', 'uplift', 'instance', 'list', '-o', 'json'];
    expect(await inFolder('npx', list)).toContain('running-healthy-claimed');
  });
});

const STATUSES: Readonly<Record<StateName, string>> = {
  'a healthy instance': 'running-healthy-claimed',
  'an instance that was upgraded': 'running-healthy-claimed',
  'an instance whose upgrade is under way': 'upgrade-running',
  'an instance that failed in the pre-upgrade stage': 'pre-upgrade-failed',
  'an instance that failed in the upgrade stage': 'upgrade-failed',
  'an instance that failed in the post-upgrade stage': 'post-upgrade-failed',
  'an instance that was found unhealthy after its upgrade': 'running-unhealthy',
};

describe('the states that a test may ask for', () => {
  let uplift: UpliftUnderTest;

  beforeAll(async () => {
    uplift = await startUplift({ services: ['projector', 'command-api'], access: 'token' });
  });

  afterAll(() => uplift.stop());

  it.each(Object.entries(STATUSES))('%s is %s, with no worker left', async (state, status) => {
    const { instanceId } = await uplift.given(state as StateName, { labels: { tenant: 'a' } });
    const { instance } = await uplift.client.query('instanceGet', { instanceId });
    expect(instance).toMatchObject({ status, labels: { tenant: 'a' } });
    await expect(uplift.stopService('stages')).rejects.toThrow('stages does not run');
  });
});

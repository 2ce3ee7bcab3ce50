import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../tools/stack/src';

/** Says when it runs, and when it is told to; asked to end, it says so and goes on. */
const SERVER = `
  process.on('SIGUSR1', () => console.log('runs'));
  process.on('SIGTERM', () => console.log('asked to end'));
  setInterval(() => undefined, 1000);
  console.log('runs');
`;
/** Ends as its server does, as the init of a container. */
const INIT = `
  const server = require('node:child_process').spawn(process.execPath, ['-e', process.argv[1]], { stdio: 'inherit' });
  server.on('exit', (code, signal) => { console.log('ended by ' + signal); process.exit(); });
  process.on('SIGUSR2', () => server.kill('SIGUSR1'));
  process.on('SIGTERM', () => server.kill('SIGKILL'));
`;

class Container {
  private constructor(
    private readonly init: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(): Promise<Container> {
    const init = spawn(process.execPath, ['-e', INIT, SERVER]);
    const lines = createInterface({ input: init.stdout })[Symbol.asyncIterator]();
    const container = new Container(init, lines);
    expect(await container.next()).toBe('runs');
    return container;
  }

  get pid(): string {
    return String(this.init.pid);
  }

  /** What its server says next. */
  async next(): Promise<unknown> {
    return (await this.lines.next()).value as unknown;
  }

  /** Told last, so that what the server was sent before is said before. */
  async expectUntouched(): Promise<void> {
    this.init.kill('SIGUSR2');
    expect(await this.next()).toBe('runs');
  }

  async stop(): Promise<void> {
    if (this.init.exitCode !== null) return;
    const ended = once(this.init, 'exit');
    this.init.kill('SIGTERM');
    await ended;
  }
}

let dir: string;
const containers: Container[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'uplift-bus-health-'));
});

afterEach(async () => {
  await Promise.all(containers.splice(0).map((container) => container.stop()));
  await rm(dir, { recursive: true });
});

async function startContainer(): Promise<Container> {
  const container = await Container.start();
  containers.push(container);
  return container;
}

/** One check after the other; answers with the exit codes. */
async function check(container: Container, isHealthy: boolean, times = 1): Promise<number[]> {
  const program = join(dir, 'wget');
  await writeFile(program, `#!/bin/sh\nexit ${isHealthy ? 0 : 1}\n`);
  await chmod(program, 0o755);
  const env = {
    PATH: `${dir}:${process.env.PATH}`,
    HEALTH_INIT: container.pid,
    HEALTH_COUNT: join(dir, 'failures'),
  };
  const codes: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const child = spawn(join(projectRoot(), 'deploy/nats/health-check'), ['4'], {
      env,
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'exit')) as [number];
    codes.push(code);
  }
  return codes;
}

it('asks a server that answers no more to end, and kills one that does not', async () => {
  const container = await startContainer();
  expect(await check(container, true)).toEqual([0]);
  expect(await check(container, false, 3)).toEqual([1, 1, 1]);
  await container.expectUntouched();
  expect(await check(container, true)).toEqual([0]);
  expect(await check(container, false, 3)).toEqual([1, 1, 1]);
  await container.expectUntouched();
  for (let failures = 4; failures < 10; failures += 1) {
    expect(await check(container, false)).toEqual([1]);
    expect(await container.next()).toBe('asked to end');
  }
  await check(container, false);
  expect(await container.next()).toBe('ended by SIGKILL');
});

it('leaves a server alone that has not answered yet', async () => {
  const container = await startContainer();
  expect(await check(container, false, 11)).toEqual(Array(11).fill(1));
  await container.expectUntouched();
});

it('counts nothing of before the start of the container', async () => {
  const before = await startContainer();
  await check(before, true);
  await check(before, false, 3);
  const container = await startContainer();
  await check(container, false, 8);
  await container.expectUntouched();
  await check(container, true);
  await check(container, false);
  await container.expectUntouched();
});

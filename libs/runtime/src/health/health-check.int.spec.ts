import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CHECK = join(__dirname, '../../../../dist/libs/runtime/src/health/health-check.main.js');

/** Well or ill as it was told last; frozen after `/freeze`. */
const SERVICE = `
  let status = 200;
  require('node:http').createServer((request, response) => {
    if (request.url === '/health/live') { response.statusCode = status; return response.end(); }
    status = Number(request.url.slice(1));
    response.end(() => { if (status === 0) while (true); });
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

/** Starts the service and somebody else, and ends with the service, as an init in a container does. */
const INIT = `
  const { spawn } = require('node:child_process');
  const service = spawn(process.execPath, [process.argv[1]], { stdio: ['ignore', 'inherit', 'inherit'] });
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  other.once('exit', () => process.exit(1));
  service.once('exit', (code, signal) => { other.removeAllListeners(); other.kill(); console.log(signal); process.exit(9); });`;

describe('the health check of a container', () => {
  let dir: string;
  let init: ChildProcess;
  let lines: AsyncIterator<string>;
  let port: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'uplift-health-check-'));
    await mkdir(join(dir, 'src'));
    await writeFile(join(dir, 'src/main.js'), SERVICE);
    init = spawn(process.execPath, ['-e', INIT, join(dir, 'src/main.js')], { stdio: 'pipe' });
    lines = createInterface({ input: init.stdout! })[Symbol.asyncIterator]();
    port = String((await lines.next()).value);
  });

  afterEach(async () => {
    if (init.exitCode === null) {
      await tell('500');
      while (init.exitCode === null && (await check('--kill-after', '1')) === 1);
    }
    await rm(dir, { recursive: true });
  });

  const tell = (status: string) => fetch(`http://127.0.0.1:${port}/${status}`);

  async function check(...options: string[]): Promise<number> {
    const count = join(dir, 'failures');
    const args = [CHECK, '--port', port, '--init', String(init.pid), '--count', count, ...options];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    return code;
  }

  it('says whether the service is alive', async () => {
    expect(await check()).toBe(0);
    await tell('503');
    expect(await check()).toBe(1);
  });

  it('kills the service after so many failures in a row, and nobody else', async () => {
    await tell('503');
    expect(await check('--kill-after', '2')).toBe(1);
    await tell('200');
    expect(await check('--kill-after', '2')).toBe(0);
    await tell('503');
    expect(await check('--kill-after', '2')).toBe(1);
    expect(init.exitCode).toBeNull();
    const ended = once(init, 'exit');
    expect(await check('--kill-after', '2')).toBe(1);
    expect((await lines.next()).value).toBe('SIGKILL');
    expect(await ended).toEqual([9, null]);
  });

  it('kills one that is frozen', async () => {
    await tell('0');
    const ended = once(init, 'exit');
    expect(await check('--kill-after', '1')).toBe(1);
    expect(await ended).toEqual([9, null]);
  });
});

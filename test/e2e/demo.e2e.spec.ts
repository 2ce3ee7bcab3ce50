import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import { survivors } from '../../tools/stack/src/testing/gone';
import { PATIENCE_MS } from '../support/eventually';

/** The demo as somebody starts it, and what it has printed so far. */
class RunningDemo {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(...args: readonly string[]) {
    const script = join(projectRoot(), 'tools/run/demo.mjs');
    this.child = spawn(process.execPath, [script, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    [this.child.stdout, this.child.stderr].forEach((stream) =>
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString())),
    );
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async says(words: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!this.output.includes(words)) {
      const { stdout } = this.child;
      await Promise.race([once(stdout ?? this.child, 'data', { signal }), this.endsEarly(words)]);
    }
  }

  get family(): number[] {
    return descendantsOf(this.child.pid ?? 0);
  }

  /** A page that it has written, where it says so. */
  async pageNamed(name: string): Promise<string> {
    const [, file = ''] = new RegExp(`^ +(/.*/${name}\\.html)$`, 'm').exec(this.output) ?? [];
    return readFile(file, 'utf8');
  }

  async removeFolder(): Promise<void> {
    const [, folder] = /logs in (\S+)\/logs/.exec(this.output) ?? [];
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  private async endsEarly(words: string): Promise<never> {
    await this.ended;
    throw new Error(`The demo ended and did not say "${words}":\n${this.output}`);
  }
}

describe('the demo', () => {
  it('shows everything, ends well, and leaves no process behind', async () => {
    const demo = new RunningDemo('--instances', '6', '--fail', '1');
    await demo.says('Up after');
    const { family } = demo;
    expect(family.length).toBeGreaterThanOrEqual(12);
    const code = await demo.ended;
    expect({ code, output: demo.output }).toMatchObject({ code: 0 });
    for (const part of [
      'Instances by final status',
      'Durations by stage',
      'InstanceVerifiedHealthy',
      'failed: deployment-failed',
      'Lagoon requests per upgrade',
      'hash chains:                       intact',
      'read model compared with replay:   equal',
      'Everything was as expected',
    ]) {
      expect(demo.output).toContain(part);
    }
    expect(await survivors(family)).toEqual([]);
    for (const [page, title] of [
      ['fleet', 'The fleet: 6 instances'],
      ['upgrade', 'Upgrade of anythingllm-0001/main: succeeded'],
    ] as const) {
      expect(await demo.pageNamed(page)).toContain(`<title>${title}`);
    }
    await demo.removeFolder();
  });

  it('leaves no process behind when it is interrupted in the middle', async () => {
    const demo = new RunningDemo('--instances', '6', '--fail', '1');
    await demo.says('upgrades triggered');
    const { family } = demo;
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(1);
    expect(demo.output).not.toContain('Everything was as expected');
    expect(await survivors(family)).toEqual([]);
    await demo.removeFolder();
  });

  it('says what is wrong with its options and starts nothing', async () => {
    const demo = new RunningDemo('--instances', 'many');
    expect(await demo.ended).not.toBe(0);
    expect(demo.output).toContain('--instances wants a whole number');
    expect(demo.output).not.toContain('Up after');
  });
});

/** Every process that this one started, and that those started, as of now. */
function descendantsOf(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const childrenOf = (parent: number): number[] =>
    table.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...childrenOf(child)] : []));
  return childrenOf(pid);
}

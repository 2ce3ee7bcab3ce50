import { randomUUID } from 'node:crypto';
import type { UpgradeAnswer } from '../../apps/projector/src/queries/answers';
import { makeFleet } from '../support/fleet';
import { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import type { Finished } from '../support/uplift-process';
import { runUplift } from '../support/uplift-process';
import { expectSoundAudit } from '../support/whole-history';

const NOWHERE = {
  UPLIFT_API_URL: 'http://127.0.0.1:9',
  UPLIFT_EVENTSTORE_URL: 'esdb://127.0.0.1:9?tls=false&maxDiscoverAttempts=1',
};

interface Replay {
  readonly chain: string;
  readonly events: number;
  readonly hash: string;
  readonly instance: { readonly status: string; readonly revision: number } | null;
  readonly timeline: readonly { readonly revision: number; readonly eventType: string }[];
}

const json = <T>({ stdout }: Finished) => JSON.parse(stdout) as T;

const lines = <T>({ stdout }: Finished) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

jest.setTimeout(120_000);

describe('the command line', () => {
  const [instance, doomed, idle] = makeFleet(3, ['sound', 'build-fails']);
  let uplift: RunningUplift;
  let upgradeId = '';

  beforeAll(async () => {
    uplift = await RunningUplift.start({ clockSpeed: 480 });
    await uplift.lagoon.place([instance!, doomed!, idle!]);
  });

  afterAll(() => uplift.stop());

  const idOf = (index: 0 | 1 | 2) => [instance!, doomed!, idle!][index]!.instanceId;

  const register = (index: 0 | 1 | 2, ...more: string[]) => {
    const { instanceId, project, environment, status } = [instance!, doomed!, idle!][index]!;
    const place = ['--project', project, '--environment', environment, '--app', 'shop'];
    const identity = ['--id', instanceId, '--status', status, '--key', `register-${instanceId}`];
    return uplift.cli('--output', 'json', 'instance', 'register', ...place, ...identity, ...more);
  };

  it('registers an instance, and again under the same key with the same answer', async () => {
    const first = await register(0, '--health-path', '/health', '--label', 'team=shop');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(json(first)).toMatchObject({ instanceId: idOf(0), revision: 0 });
    const again = await register(0, '--health-path', '/health', '--label', 'team=shop');
    expect(again).toEqual(first);
    expect(await register(1)).toMatchObject({ code: 0 });
    expect(await register(2)).toMatchObject({ code: 0 });
    await uplift.readModelCaughtUp();
  });

  it('triggers an upgrade and follows it to its good end, one event a line', async () => {
    const run = await uplift.cli(
      ...['--output', 'jsonl', 'upgrade', 'trigger', idOf(0)],
      ...['--reason', 'newest version', '--wait', '--timeout', '60'],
    );
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const shown = lines<{ event: string; revision: number }>(run);
    expect(shown.map(({ event }) => event)).toEqual(uplift.log.typesOf(idOf(0)).slice(1));
    expect(shown.map(({ revision }) => revision)).toEqual(shown.map((_, n) => n + 1));
    await uplift.readModelCaughtUp();
  });

  it('ends with 1 when the upgrade it follows fails', async () => {
    const asked = await uplift.cli(
      ...['-o', 'json', 'upgrade', 'trigger', idOf(1), '--reason', 'newest version'],
    );
    expect(asked.code).toBe(0);
    ({ upgradeId } = json<Accepted>(asked));
    await uplift.ended([json<Accepted>(asked)]);
    await uplift.readModelCaughtUp();
    const watched = await uplift.cli('-o', 'jsonl', 'upgrade', 'watch', upgradeId);
    expect(watched).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('UpgradeFailed') as string,
    });
    expect(lines<{ event: string }>(watched).at(-1)).toMatchObject({ event: 'UpgradeFailed' });
    const got = await uplift.cli('--output=json', 'upgrade', 'get', upgradeId);
    expect(got.code).toBe(0);
    expect(json<{ upgrade: UpgradeAnswer }>(got).upgrade).toMatchObject({ outcome: 'failed' });
    const stages = await uplift.cli('--output', 'jsonl', 'upgrade', 'get', upgradeId);
    expect(lines<{ stage: string }>(stages).map(({ stage }) => stage)).toEqual([
      'pre-upgrade',
      'upgrade',
    ]);
  });

  it('gets and lists instances in each format', async () => {
    const got = await uplift.cli('--output', 'json', 'instance', 'get', idOf(0));
    expect(json(got)).toMatchObject({
      instance: { instanceId: idOf(0), status: instance!.status, labels: { team: 'shop' } },
      asOf: { position: expect.stringMatching(/^\d+$/) as string },
    });
    const failed = await uplift.cli(
      '--output',
      'jsonl',
      'instance',
      'list',
      '--status',
      'upgrade-failed',
    );
    expect(lines(failed)).toEqual([expect.objectContaining({ instance: idOf(1) })]);
    const page = await uplift.cli('instance', 'list', '--limit', '2');
    expect(page.code).toBe(0);
    expect(page.stdout.trim().split('\n')).toHaveLength(3);
    expect(page.stderr).toContain('more: --cursor');
  });

  it('replays an instance to now, to a revision and to a moment, each with a proved chain', async () => {
    const stored = uplift.log.of(idOf(0));
    const replay = async (...limits: string[]) => {
      const run = await uplift.cli('-o', 'json', 'audit', 'replay', idOf(0), ...limits);
      expect(run.code).toBe(0);
      return json<Replay>(run);
    };
    expect(await replay()).toMatchObject({
      chain: 'valid',
      events: stored.length,
      hash: stored.at(-1)?.metadata.hash,
      instance: { status: instance!.status, revision: stored.length - 1 },
    });
    const early = await replay('--revision', '3');
    expect(early.timeline.map(({ eventType }) => eventType)).toEqual(
      uplift.log.typesOf(idOf(0)).slice(0, 4),
    );
    expect(early).toMatchObject({ instance: { status: 'pre-upgrade-completed', revision: 3 } });
    const at = stored.find(({ type }) => type === 'UpgradeRequested')?.recordedAt ?? '';
    const then = await replay('--at', at);
    expect(then.timeline.map(({ revision }) => revision)).toEqual(
      stored
        .filter(({ recordedAt }) => Date.parse(recordedAt) <= Date.parse(at))
        .map(({ revision }) => revision),
    );
  });

  it('rebuilds a read model that equals the one before', async () => {
    const shown = async () => {
      await uplift.readModelCaughtUp();
      const page = await uplift.cli('--output', 'jsonl', 'instance', 'list');
      const upgrade = await uplift.cli('--output', 'jsonl', 'upgrade', 'get', upgradeId);
      return [page.stdout, upgrade.stdout];
    };
    const before = await shown();
    expect(await uplift.cli('rebuild')).toMatchObject({ code: 0 });
    expect(await shown()).toEqual(before);
    await expectSoundAudit(uplift);
  });

  it('ends with 2 when it is used wrongly', async () => {
    const wrong = [
      ['upgrade', 'trigger', idOf(2)],
      ['upgrade', 'trigger', idOf(2), '--reason', 'r', '--ref', 'v1', '--script', 'cli:x'],
      ['upgrade', 'cancel', idOf(2), '--reason', 'r'],
      ['instance', 'dance'],
      ['--output', 'xml', 'instance', 'list'],
      [
        'instance',
        'register',
        '--project',
        'p',
        '--environment',
        'e',
        '--app',
        'a',
        '--label',
        'nonsense',
      ],
      ['audit', 'replay', idOf(2), '--revision', 'last'],
      ['audit', 'replay', idOf(2), '--at', 'noon'],
    ];
    const runs = await Promise.all(wrong.map((args) => uplift.cli(...args)));
    expect(runs.map(({ code }) => code)).toEqual(wrong.map(() => 2));
    runs.forEach(({ stdout, stderr }) => {
      expect(stdout).toBe('');
      expect(stderr).not.toBe('');
    });
    const misconfigured = { ...uplift.settings, UPLIFT_API_ULR: 'x' };
    expect(await runUplift(misconfigured, 'instance', 'list')).toMatchObject({ code: 2 });
  });

  it('ends with 3 when it is refused, and hands the problem to machines', async () => {
    const trigger = ['upgrade', 'trigger', idOf(1), '--reason', 'once more'];
    const refused = await uplift.cli('--output', 'json', ...trigger);
    expect(refused.code).toBe(3);
    expect(json(refused)).toMatchObject({
      code: 'status-not-allowed',
      currentStatus: 'upgrade-failed',
    });
    const tooFar = ['upgrade', 'cancel', idOf(1), upgradeId, '--reason', 'too far'];
    expect(await uplift.cli(...tooFar)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^uplift: .*\[upgrade-not-in-flight\]\n$/) as string,
    });
    const badRef = ['--reason', 'r', '--strategy', 'branch-ref', '--ref', '$(x)'];
    expect(await uplift.cli('upgrade', 'trigger', idOf(2), ...badRef)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('/target/ref: must be') as string,
    });
    expect(await uplift.cli('instance', 'get', randomUUID())).toMatchObject({
      code: 3,
      stdout: '',
    });
    expect(await uplift.cli('audit', 'replay', randomUUID())).toMatchObject({ code: 3 });
  });

  it('ends with 4 when the end does not come in time', async () => {
    const [slow] = makeFleet(1);
    await uplift.place([slow!]);
    await uplift.stack.service('pre-upgrade').stop();
    const run = await uplift.cli(
      'upgrade',
      'trigger',
      slow!.instanceId,
      '--reason',
      'r',
      '--wait',
      '--timeout',
      '1',
    );
    expect(run.code).toBe(4);
  });

  it('ends with 5 when nobody is there', async () => {
    const runs = await Promise.all([
      runUplift(NOWHERE, 'instance', 'list'),
      runUplift(NOWHERE, 'audit', 'verify'),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([5, 5]);
  });
});

import { randomUUID } from 'node:crypto';
import type { UpgradeDocument } from '@uplift/contracts';
import type { FleetInstance } from '../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../support/fleet';
import { expectSoundAudit } from '../support/run-checks';
import type { Finished, RunningUplift } from '../support/running-uplift';
import { runUnread, runUplift, runUpliftTo } from '../support/running-uplift';
import { acknowledged } from '../support/uplift-client';
import type { Accepted } from '../support/uplift-client';

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

interface InstancePage {
  readonly items: readonly { readonly instanceId: string }[];
  readonly nextCursor: string | null;
}

const json = <T>({ stdout }: Finished) => JSON.parse(stdout) as T;

const lines = <T>({ stdout }: Finished) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

export function commandLineSuite(running: () => RunningUplift): void {
  describe('the command line', () => {
    const [instance, doomed, idle] = makeFleet(3, ['sound', 'build-fails']) as [
      FleetInstance,
      FleetInstance,
      FleetInstance,
    ];
    let uplift: RunningUplift;
    let registered: readonly Finished[];
    let followed: Finished;
    let requested: Finished;
    let upgradeId = '';

    const register = (place: FleetInstance, ...more: string[]) => {
      const { instanceId, project, environment, status } = place;
      const where = ['--project', project, '--environment', environment, '--app', 'shop'];
      const identity = ['--id', instanceId, '--status', status, '--key', `register-${instanceId}`];
      return uplift.cli('--output', 'json', 'instance', 'register', ...where, ...identity, ...more);
    };

    /** One instance that was upgraded, one whose upgrade failed, one at rest. */
    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.place([instance, doomed, idle]);
      registered = await Promise.all([
        register(instance, '--health-path', '/health', '--label', 'team=shop'),
        register(doomed),
        register(idle),
      ]);
      followed = await uplift.cli(
        ...['--output', 'jsonl', 'upgrade', 'trigger', instance.instanceId],
        ...['--reason', 'newest version', '--wait', '--timeout', '60'],
      );
      requested = await uplift.cli(
        ...['-o', 'json', 'upgrade', 'trigger', doomed.instanceId, '--reason', 'newest version'],
      );
      ({ upgradeId } = json<Accepted>(requested));
      await uplift.ended([json<Accepted>(requested)]);
      await uplift.readModelCaughtUp();
    });

    it('registers an instance, and again under the same key with the same answer', async () => {
      expect(registered).toEqual(
        registered.map(() => expect.objectContaining({ code: 0, stderr: '' }) as unknown),
      );
      const [first] = registered as [Finished];
      expect(json(first)).toMatchObject({ instanceId: instance.instanceId, revision: 0 });
      expect(await register(instance, '--health-path', '/health', '--label', 'team=shop')).toEqual(
        first,
      );
    });

    it('triggers an upgrade and follows it to its good end, one event a line', () => {
      expect(followed).toMatchObject({ code: 0, stderr: '' });
      const [answer, ...shown] = lines<{ event: string; revision: number }>(followed);
      expect(answer).toMatchObject({
        upgrade: expect.any(String) as string,
        status: 'pending-pre-upgrade',
        revision: 1,
      });
      expect(shown.map(({ event }) => event)).toEqual(
        uplift.log.typesOf(instance.instanceId).slice(1),
      );
      expect(shown.map(({ revision }) => revision)).toEqual(shown.map((_, n) => n + 1));
    });

    it('ends with 1 when the upgrade it follows fails', async () => {
      expect(requested.code).toBe(0);
      const watched = await uplift.cli('-o', 'jsonl', 'upgrade', 'watch', upgradeId);
      expect(watched).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('UpgradeFailed') as string,
      });
      expect(lines<{ event: string }>(watched).at(-1)).toMatchObject({ event: 'UpgradeFailed' });
      const got = await uplift.cli('--output=json', 'upgrade', 'get', upgradeId);
      expect(got.code).toBe(0);
      expect(json<{ upgrade: UpgradeDocument }>(got).upgrade).toMatchObject({ outcome: 'failed' });
      const stages = await uplift.cli('--output', 'jsonl', 'upgrade', 'get', upgradeId);
      expect(lines<{ stage: string }>(stages).map(({ stage }) => stage)).toEqual([
        'pre-upgrade',
        'upgrade',
      ]);
    });

    it('gets and lists instances in each format', async () => {
      const got = await uplift.cli('--output', 'json', 'instance', 'get', instance.instanceId);
      expect(json(got)).toMatchObject({
        instance: {
          instanceId: instance.instanceId,
          status: instance.status,
          labels: { team: 'shop' },
        },
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
      const ownFailures = lines<{ instance: string }>(failed).filter(({ instance: id }) =>
        [instance, doomed, idle].some(({ instanceId }) => instanceId === id),
      );
      expect(ownFailures).toEqual([expect.objectContaining({ instance: doomed.instanceId })]);
      const shown = await uplift.cli('instance', 'show', `${doomed.project}/${doomed.environment}`);
      expect(shown).toMatchObject({ code: 0 });
      expect(shown.stdout).toContain(upgradeId);
      const page = await uplift.cli('instance', 'list', '--limit', '2');
      expect(page.code).toBe(0);
      expect(page.stdout.trim().split('\n')).toHaveLength(3);
      expect(page.stderr).toContain('more: --cursor');
    });

    it('replays an instance to now, to a revision and to a moment, each with a proved chain', async () => {
      const stored = uplift.log.of(instance.instanceId);
      const replay = async (...limits: string[]) => {
        const run = await uplift.cli(
          '-o',
          'json',
          'audit',
          'replay',
          instance.instanceId,
          ...limits,
        );
        expect(run.code).toBe(0);
        return json<Replay>(run);
      };
      expect(await replay()).toMatchObject({
        chain: 'valid',
        events: stored.length,
        hash: stored.at(-1)?.metadata.hash,
        instance: { status: instance.status, revision: stored.length - 1 },
      });
      const named = await uplift.cli(
        ...['-o', 'json', 'audit', 'replay', `${instance.project}/${instance.environment}`],
      );
      expect(json(named)).toEqual(await replay());
      const early = await replay('--revision', '3');
      expect(early.timeline.map(({ eventType }) => eventType)).toEqual(
        uplift.log.typesOf(instance.instanceId).slice(0, 4),
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
        ['upgrade', 'trigger', idle.instanceId],
        [
          'upgrade',
          'trigger',
          idle.instanceId,
          '--reason',
          'r',
          '--ref',
          'v1',
          '--script',
          'cli:x',
        ],
        ['upgrade', 'cancel', '--reason', 'r'],
        ['upgrade', 'trigger', idle.instanceId, '--reason', 'r', '--wait', '--timeout', '1h'],
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
        ['audit', 'replay', idle.instanceId, '--revision', 'last'],
        ['audit', 'replay', idle.instanceId, '--at', 'noon'],
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
      const trigger = ['upgrade', 'trigger', doomed.instanceId, '--reason', 'once more'];
      const refused = await uplift.cli('--output', 'json', ...trigger);
      expect(refused.code).toBe(3);
      expect(json(refused)).toMatchObject({
        code: 'status-not-allowed',
        currentStatus: 'upgrade-failed',
      });
      const tooFar = ['upgrade', 'cancel', doomed.instanceId, upgradeId, '--reason', 'too far'];
      expect(await uplift.cli(...tooFar)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(
          /^uplift: .*\[upgrade-not-in-flight\] .*Possible now: .*upgrade retry.*\n$/,
        ) as string,
      });
      const badRef = ['--reason', 'r', '--strategy', 'branch-ref', '--ref', '$(x)'];
      expect(await uplift.cli('upgrade', 'trigger', idle.instanceId, ...badRef)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('/target/ref: must be') as string,
      });
      expect(await uplift.cli('instance', 'get', randomUUID())).toMatchObject({
        code: 3,
        stdout: '',
      });
      expect(await uplift.cli('audit', 'replay', randomUUID())).toMatchObject({ code: 3 });
    });

    it('ends with 4 when the end does not come in time, and follows on over a restart of the API', async () => {
      const [slow] = makeFleet(1).map((one) => ({ ...one, buildSeconds: ENDLESS_BUILD })) as [
        FleetInstance,
      ];
      await uplift.place([slow]);
      const trigger = ['upgrade', 'trigger', slow.instanceId, '--reason', 'r'];
      const run = await uplift.cli('-o', 'jsonl', ...trigger, '--wait', '--timeout', '1');
      expect(run.code).toBe(4);
      await uplift.readModelCaughtUp();
      const watch = ['-o', 'jsonl', 'upgrade', 'watch', `${slow.project}/${slow.environment}`];
      const { end } = await runUpliftTo('DeploymentAccepted', uplift.settings, ...watch);
      await uplift.stack.service('command-api').restart();
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      const watched = await end;
      await uplift.happened('InstanceVerifiedHealthy', slow);
      expect(watched).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/is lost, trying again: .*\nConnected again\n$/) as string,
      });
      expect(lines<{ event: string }>(watched).map(({ event }) => event)).toEqual(
        uplift.log.typesOf(slow.instanceId).slice(1),
      );
    });

    it('lists and audits instances whose rows together are more than one message of the bus', async () => {
      const texts = Array.from({ length: 32 }, (_, n) => [`note-${n}`, '界'.repeat(200)]);
      const labels = Object.fromEntries(texts) as Record<string, string>;
      const many = makeFleet(80).map((one) => ({ ...one, labels }));
      await acknowledged(() => uplift.client.registerAll(many));
      await uplift.readModelCaughtUp();
      const listed = new Set<string>();
      let cursor: string[] = [];
      do {
        const page = await uplift.cli('-o', 'json', 'instance', 'list', ...cursor);
        expect(page).toMatchObject({ code: 0 });
        const { items, nextCursor } = json<InstancePage>(page);
        items.forEach(({ instanceId }) => listed.add(instanceId));
        cursor = nextCursor === null ? [] : ['--cursor', nextCursor];
      } while (cursor.length > 0);
      expect([...listed]).toEqual(expect.arrayContaining(idsOf(many)));
      const verified = await uplift.cli('-o', 'json', 'audit', 'verify');
      expect(verified).toMatchObject({ code: 0 });
      expect(json(verified)).toMatchObject({ isSound: true, differences: [] });
    });

    it('ends without a word when nobody reads what it prints', async () => {
      const unread = await runUnread(uplift.settings, '-o', 'json', 'instance', 'list');
      expect(unread).toEqual({ code: 141, stderr: '' });
    });

    it('ends with 5 when nobody is there', async () => {
      const runs = await Promise.all([
        runUplift(NOWHERE, 'instance', 'list'),
        runUplift(NOWHERE, 'audit', 'verify'),
      ]);
      expect(runs.map(({ code }) => code)).toEqual([5, 5]);
    });
  });
}

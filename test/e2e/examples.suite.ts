import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { natsAccess } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { connect } from 'nats';
import { projectRoot } from '../../tools/stack/src';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import type { Finished, RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';

const EXAMPLES = join(projectRoot(), 'examples');
const STAND_IN = join(projectRoot(), 'test/e2e/example-tools.mjs');
const DURABLE = 'example';
/** An installation, which `npm run uplift` would begin with, is no matter of this suite; the others a machine may lack. */
const STOOD_IN = ['npm', ...['nats', 'curl'].filter((tool) => !isOnPath(tool))];

/** Every file of `examples/`, on a stack that runs. */
export function examplesSuite(running: () => RunningUplift): void {
  describe(`the examples, with stand-ins for ${STOOD_IN.join(', ')}`, () => {
    const tried = new Set(['README.md']);
    let uplift: RunningUplift;
    let tools: string;

    beforeAll(async () => {
      uplift = running();
      tools = await mkdtemp(join(tmpdir(), 'uplift-examples-'));
      for (const tool of STOOD_IN) {
        const script = `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' ${tool} "$@"\n`;
        await writeFile(join(tools, tool), script, { mode: 0o755 });
      }
    });

    afterAll(async () => {
      const nats = await connect(natsAccess({ servers: uplift.stack.url('nats') }));
      await (await nats.jetstreamManager()).consumers.delete(EVENTS_STREAM, DURABLE);
      await nats.close();
      await rm(tools, { recursive: true });
    });

    const start = (file: string, ...args: readonly string[]) => {
      tried.add(file);
      const program = file.endsWith('.sh') ? 'sh' : process.execPath;
      return spawn(program, [join(EXAMPLES, file), ...args], {
        env: {
          PATH: [tools, process.env.PATH].join(delimiter),
          ...{ UPLIFT_API_URL: uplift.stack.apiUrl, UPLIFT_NATS_URL: uplift.stack.url('nats') },
          UPLIFT_LAGOON_URL: uplift.stack.url('lagoon'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    };

    const run = async (file: string, ...args: readonly string[]): Promise<Finished> => {
      const child = start(file, ...args);
      const [[code], stdout, stderr] = await Promise.all([
        once(child, 'close') as Promise<[number | null]>,
        text(child.stdout),
        text(child.stderr),
      ]);
      return { code, stdout, stderr };
    };

    const placeOne = async (): Promise<FleetInstance> => {
      const [instance] = makeFleet(1) as [FleetInstance];
      await uplift.place([instance]);
      return instance;
    };

    it('register an own app and upgrade it', async () => {
      const project = `own-${randomUUID().slice(0, 8)}`;
      const { code, stdout, stderr } = await run('first-upgrade.sh', project);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toContain('InstanceVerifiedHealthy');
      expect(stdout).toContain(`${project}/main: `);
    });

    it.each(['trigger-upgrade.sh', 'plain-client.mjs', 'nest-client.mjs'])(
      'trigger an upgrade, once for one key: %s',
      async (file) => {
        const instance = await placeOne();
        const answers = [
          await run(file, instance.instanceId, 'release-42'),
          await run(file, instance.instanceId, 'release-42'),
        ];
        expect(answers).toMatchObject(answers.map(() => ({ code: 0, stderr: '' })));
        const [first, second] = answers.map(({ stdout }) => JSON.parse(stdout) as Accepted);
        expect(second?.upgradeId).toBe(first?.upgradeId);
        await uplift.ended([{ ...first!, instanceId: instance.instanceId }]);
        const types = uplift.log.typesOf(instance.instanceId);
        expect(types.filter((type) => type === 'UpgradeRequested')).toHaveLength(1);
      },
    );

    it.each(['plain-client.mjs', 'nest-client.mjs'])('tell a refusal: %s', async (file) => {
      const { code, stderr } = await run(file, randomUUID(), 'release-42');
      expect(code).toBe(1);
      expect(stderr).toContain('instance-unknown');
    });

    it('follow events with a durable consumer, and go on where it was', async () => {
      const instance = await placeOne();
      const follow = async (key: string) => {
        const accepted = await uplift.client.trigger(instance, 'bus', key);
        await uplift.ended([accepted]);
        const { code, stdout, stderr } = await run(
          'durable-consumer.mjs',
          DURABLE,
          instance.instanceId,
        );
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        return stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { readonly id: string });
      };
      const [first, second] = [await follow('first'), await follow('second')];
      const stored = uplift.log.of(instance.instanceId).map(({ id }) => id);
      expect([...first, ...second].map(({ id }) => id)).toEqual(stored);
      expect(second.length).toBeGreaterThan(5);
    });

    it('show events over HTTP, from the one that was seen last', async () => {
      const instance = await placeOne();
      await uplift.ended([await uplift.client.trigger(instance, 'http')]);
      const stored = uplift.log.of(instance.instanceId);
      const idsFrom = async (seen: string, count: number) => {
        const child = start('follow-events.sh', instance.instanceId, seen);
        const ids = await idsIn(child, count);
        child.kill();
        return ids;
      };
      const positions = stored.map(({ position }) => position.toString());
      expect(await idsFrom('0', positions.length)).toEqual(positions);
      expect(await idsFrom(positions[2]!, positions.length - 3)).toEqual(positions.slice(3));
    });

    it('are all tried', async () => {
      expect([...tried].sort()).toEqual((await readdir(EXAMPLES)).sort());
    });
  });
}

function isOnPath(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
}

/** The first `id:` lines of an event stream. */
async function idsIn(child: ChildProcess, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  if (child.stdout === null) return ids;
  for await (const line of createInterface(child.stdout)) {
    const [, id] = /^id: ?(\d+)$/.exec(line) ?? [];
    if (id !== undefined) ids.push(id);
    if (ids.length === count) break;
  }
  return ids;
}

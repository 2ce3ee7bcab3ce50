import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import { idsOf } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import { played } from '../support/shown-session';

/** The page that holds the session. */
export const SESSION_PAGE = join(projectRoot(), 'docs/operator-session.md');

/** Where a command API listens that is not one of many. */
const ADDRESS = 'http://127.0.0.1:3000';
const SIZE = 25;
/** Of each the next build, or the next script, fails; not the one after that. */
const FAILING: Readonly<Record<number, object>> = { 7: { failBuild: 1 }, 18: { failTask: 1 } };

const FLEET = Array.from({ length: SIZE }, (_, n) => ({
  instanceId: `5e551071-0000-4000-8000-${String(n + 1).padStart(12, '0')}`,
  project: `webshop-${n + 1}`,
  environment: 'main',
  app: 'webshop',
  status: n % 3 === 2 ? 'running-healthy-unclaimed' : 'running-healthy-claimed',
  labels: { team: 'payments' },
  scripts: { preUpgrade: { service: 'cli', command: './before-upgrade.sh' } },
}));

/** The page, with what its commands print on this Uplift. */
export async function playSession(uplift: RunningUplift): Promise<string> {
  await uplift.lagoon.placeEnvironments(
    ...FLEET.map(({ project, environment }, n) => ({ project, environment, ...FAILING[n + 1] })),
  );
  const folder = await mkdtemp(join(tmpdir(), 'uplift-session-'));
  try {
    await prepare(folder);
    return await played(await readFile(SESSION_PAGE, 'utf8'), async (command) => {
      await settled(uplift);
      return asElsewhere(await printedBy(command, folder, uplift.settings), uplift);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function prepare(folder: string): Promise<void> {
  const script = join(projectRoot(), 'dist/apps/cli/src/main.js');
  const uplift = `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`;
  await writeFile(join(folder, 'uplift'), uplift, { mode: 0o755 });
  const lines = FLEET.map((instance) => `${JSON.stringify(instance)}\n`);
  await writeFile(join(folder, 'fleet.ndjson'), lines.join(''));
}

/** No upgrade is in flight, and everybody can see that. */
async function settled(uplift: RunningUplift): Promise<void> {
  const ids = idsOf(FLEET);
  await uplift.log.until(
    () => uplift.log.inFlight(ids).length === 0,
    () => `end of ${uplift.log.inFlight(ids).join(', ')}`,
  );
  await uplift.readModelCaughtUp();
}

/** Without the names of this machine. */
function asElsewhere(output: string, { stack }: RunningUplift): string {
  const workers = new RegExp(`${hostname()}-\\d+`, 'g');
  return output.replaceAll(stack.apiUrl, ADDRESS).replace(workers, 'worker');
}

function printedBy(
  command: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const path = [folder, process.env.PATH].join(delimiter);
  const env = { ...settings, PATH: path };
  return new Promise((printed) => {
    execFile('sh', ['-c', `{ ${command}; } 2>&1`], { cwd: folder, env }, (_error, output) =>
      printed(output),
    );
  });
}

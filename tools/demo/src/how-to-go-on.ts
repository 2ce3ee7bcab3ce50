import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../stack/src';
import type { DemoOptions } from './demo.options';

/** Stays after the demo. Open to read, because PostgreSQL runs under an account of its own. */
export async function demoFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'uplift-demo-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Where the data lies, and what a curious person may type next. */
export function hintsFor(stack: Stack, { keep }: DemoOptions): string {
  const files = `\nData and logs: ${stack.dir}`;
  if (!keep) return `${files}\nTo look around in the running stack: npm run demo -- --keep`;
  const settings = ['UPLIFT_EVENTSTORE_URL', 'UPLIFT_NATS_URL', 'UPLIFT_POSTGRES_URL'].map(
    (name) => `  export ${name}='${stack.env[name] ?? ''}'`,
  );
  return [
    files,
    'Still running; in another terminal:',
    `  export UPLIFT_API_URL='${stack.apiUrl}'`,
    ...settings,
    '  npm run --silent uplift -- instance list',
    '  npm run --silent uplift -- upgrade trigger <instance> --reason "try it" --wait',
    '  npm run --silent uplift -- audit replay <instance>',
    `API documentation: ${stack.apiUrl}/docs`,
    'Ctrl-C ends everything.',
  ].join('\n');
}

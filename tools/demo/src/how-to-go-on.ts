import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../stack/src';
import type { DemoOptions } from './demo.options';

export function demoFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'uplift-demo-'));
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

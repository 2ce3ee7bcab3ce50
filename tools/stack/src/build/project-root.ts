import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the workspace; sources and build output lie at different depths below it. */
export function projectRoot(from = __dirname): string {
  if (existsSync(join(from, 'nest-cli.json'))) return from;
  if (dirname(from) === from) throw new Error('The Uplift workspace was not found');
  return projectRoot(dirname(from));
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the nearest package.json above this file; sources and build output lie at different depths. */
export function buildVersion(from = __dirname): string {
  const file = join(from, 'package.json');
  if (existsSync(file)) {
    return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
  }
  return dirname(from) === from ? 'unknown' : buildVersion(dirname(from));
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EventCategory } from './recorded-event';
import { categoryOf } from './recorded-event';
import type { StoredEvent } from './stored-event';

export interface GoldenEvent {
  readonly file: string;
  readonly stored: StoredEvent;
}

/** Where `openapi.json`, `asyncapi.yaml`, `schemas` and `golden` lie: of the repository, or of the package. */
export function contractsFolder(from = __dirname): string {
  const folder = join(from, 'contracts');
  if (existsSync(join(folder, 'golden'))) return folder;
  if (dirname(from) === from) throw new Error('The folder contracts was not found');
  return contractsFolder(dirname(from));
}

/** Every event version ever written, one file each; further files where members came to be optional or were added. */
export function goldenEvents(): readonly GoldenEvent[] {
  const folder = join(contractsFolder(), 'golden');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, stored: storedEvent(readFileSync(join(folder, file), 'utf8')) }));
}

function storedEvent(json: string): StoredEvent {
  const fields = JSON.parse(json) as Omit<StoredEvent, 'position'> & { position: string };
  return { ...fields, position: BigInt(fields.position) };
}

/** Of each type one event, as it was stored first. */
export function goldenEvent(type: string, category: EventCategory = 'instance'): StoredEvent {
  const found = goldenEvents().find(
    ({ stored }) => stored.type === type && categoryOf(stored.stream) === category,
  );
  if (!found) throw new Error(`no golden ${category} ${type}`);
  return found.stored;
}

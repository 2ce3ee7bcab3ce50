import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventCategory, StoredEvent } from '@uplift/contracts';
import { categoryOf } from '@uplift/contracts';

const FOLDER = join(__dirname, '../../../contracts/golden');

export interface GoldenEvent {
  readonly file: string;
  readonly stored: StoredEvent;
}

/** Every event version ever written, one file each; further files where members came to be optional or were added. */
export function goldenEvents(): readonly GoldenEvent[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, stored: storedEvent(readFileSync(join(FOLDER, file), 'utf8')) }));
}

function storedEvent(json: string): StoredEvent {
  const fields = JSON.parse(json) as Omit<StoredEvent, 'position'> & { position: string };
  return { ...fields, position: BigInt(fields.position) };
}

/** Of each type one event, as it was stored first. */
export function example(type: string, category: EventCategory = 'instance'): StoredEvent {
  const found = goldenEvents().find(
    ({ stored }) => stored.type === type && categoryOf(stored.stream) === category,
  );
  if (!found) throw new Error(`no golden ${category} ${type}`);
  return found.stored;
}

import type { EventMetadata } from '@uplift/contracts';
import type { EventToAppend } from '../event-store.port';

export const SAMPLE_METADATA: EventMetadata = {
  $correlationId: 'upgrade-1',
  $causationId: 'command-1',
  actor: { type: 'system', id: 'spec' },
  service: 'spec',
  schemaVersion: 1,
};

/** The same one for the same number. */
export function sampleEvent(n: number, changes: Partial<EventToAppend> = {}): EventToAppend {
  const id = `0b1c6c0e-0000-4000-8000-${String(n).padStart(12, '0')}`;
  return { id, type: 'SampleHappened', data: { n }, metadata: SAMPLE_METADATA, ...changes };
}

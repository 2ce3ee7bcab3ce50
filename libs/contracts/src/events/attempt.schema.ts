import type { Evidence, Failure } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import { plain } from '../schema/schema';
import { count, flag, name, named, object, record } from '../schema/schema-builders';

/** Members of every event that belongs to one try of one upgrade. */
export const ATTEMPT = { upgradeId: name, attempt: count };

export const BY_WORKER = { ...ATTEMPT, worker: name };

export const evidence: Schema<Evidence> = named(
  'Evidence',
  record(
    plain({
      anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }],
    }),
  ),
);

export const failure: Schema<Failure> = object({
  ...ATTEMPT,
  reason: name,
  evidence,
  retryable: flag,
});

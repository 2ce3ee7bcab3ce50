import type { Check, Evidence, Failure, ProbeResult, TaskReference } from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  documented,
  flag,
  milliseconds,
  name,
  named,
  nullable,
  object,
  oneOf,
  plain,
  record,
  text,
  wholeNumber,
} from '../schema';

/** Members of every event that belongs to one try of one upgrade. */
export const ATTEMPT = { upgradeId: name, attempt: count };

export const ASKED_BY = { requestedBy: name, reason: text };

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

export const check: Schema<Check> = object<Check>({ name, passed: flag, detail: text });

export const task: Schema<TaskReference> = named(
  'TaskReference',
  object<TaskReference>({ taskId: wholeNumber, taskName: text }),
);

export const probe: Schema<ProbeResult> = object<ProbeResult>({
  url: text,
  outcome: oneOf(['healthy', 'unhealthy', 'unresponsive']),
  status: nullable(wholeNumber),
  durationMs: milliseconds,
});

export const COMMAND_NOTED: Schema<{ readonly command: string }> = documented(
  'A command found its effect in place already; its key stands for the answer it was given.',
  object({ command: name }),
);

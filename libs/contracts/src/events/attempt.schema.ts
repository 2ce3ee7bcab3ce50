import type {
  Check,
  Evidence,
  Failure,
  ProbeResult,
  Resolution,
  Started,
  TaskReference,
  Timed,
} from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  documented,
  either,
  flag,
  milliseconds,
  name,
  named,
  nullable,
  object,
  objectWith,
  oneOf,
  plain,
  record,
  text,
  timestamp,
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

const FAILURE = { ...ATTEMPT, reason: name, evidence, retryable: flag };

export const failure: Schema<Failure> = object(FAILURE);

/** Of the end of a stage whose start was recorded later than it began. */
export const TIMED = {
  activeMs: documented(
    'How long the worker that ended it had worked on it; absent: its start was recorded at once, or by another',
    milliseconds,
  ),
};

export const timedFailure = objectWith<Failure & Timed>(FAILURE, TIMED);

export const started = objectWith<Started>(BY_WORKER, {
  startedAt: documented(
    'When it began by the clock of the worker; absent: as it was recorded',
    timestamp,
  ),
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

/** What an operator says of a call: it led to this build or task, or to nothing. */
export const resolution: Schema<Resolution> = named(
  'Resolution',
  either(
    object<Extract<Resolution, { kind: 'adopt' }>>({ kind: oneOf(['adopt']), buildName: name }),
    object<Extract<Resolution, { kind: 'not-landed' }>>({ kind: oneOf(['not-landed']) }),
  ),
);

export const COMMAND_NOTED: Schema<{ readonly command: string }> = documented(
  'A command found its effect in place already; its key stands for the answer it was given.',
  object({ command: name }),
);

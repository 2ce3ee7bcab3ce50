import type { Evidence } from '@uplift/domain';
import type { Schema } from './schema';
import { dateTime, documented, flag, named, nullable, object, plain, text } from './schema';

/** What was seen, as small facts: names, numbers, times. */
export const evidence: Schema<Evidence> = plain({ type: 'object', additionalProperties: true });

/** What holds an instance up. Answers and refusals carry it. */
export const WAITING_SCHEMA = named(
  'Waiting',
  object({
    sentence: documented('What it waits for, in words', text),
    target: documented(
      'What it cannot go on without: `lagoon:<core>`, `credentials:<core>`, `admission:<core>`, `queue:<stage>`, `switch:system`, `switch:<core>`, `operator`, `call:<marker>`, `build:<name>`; null if a worker or Lagoon has it in hand',
      nullable(text),
    ),
    since: nullable(dateTime),
    until: documented('When it goes on or is over, as far as is known', nullable(dateTime)),
    evidence,
  }),
);

/** Whether a command would be accepted now, as the same rules decide that decide on the command. */
export const ALLOWED_COMMAND_SCHEMA = named(
  'AllowedCommand',
  object({
    command: documented('Name of the command, for example `RetryUpgrade`', text),
    allowed: flag,
    code: documented(
      'The rule in the way, see /problems; null if none is, or if it is in force already',
      nullable(text),
    ),
    detail: documented('Why not, or what it needs beside its reason', nullable(text)),
  }),
);

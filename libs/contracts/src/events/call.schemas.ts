import { count, documented, name, object, oneOf } from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, evidence } from './attempt.schema';
import type { EventGroup } from './event-group';
import { task } from './pre-upgrade.schemas';

const step = oneOf(['pre-upgrade', 'upgrade', 'post-upgrade']);

export const CALL: EventGroup<
  'ScriptRequested' | 'ScriptAccepted' | 'CallAmbiguous' | 'CallRefused' | 'CallNotLanded'
> = {
  ScriptRequested: documented(
    'The intent to run a script as a Lagoon task, written before the task is added.',
    object({ ...BY_WORKER, step, callNo: count, marker: name }),
  ),
  ScriptAccepted: documented(
    'Lagoon took the task; its log stays in Lagoon under this name.',
    object({ ...ATTEMPT, step, callNo: count, task }),
  ),
  CallAmbiguous: documented(
    'Nobody can tell from the answer whether the call took effect; the evidence holds its redacted shape.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
  CallRefused: documented(
    'Lagoon surely refused a call in words that may pass: it is made again.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
  CallNotLanded: documented(
    'Proof that a call had no effect in Lagoon.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
};

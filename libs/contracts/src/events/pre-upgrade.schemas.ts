import type { Check, TaskReference } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import {
  documented,
  flag,
  list,
  name,
  named,
  nullable,
  object,
  text,
  wholeNumber,
} from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, failure } from './attempt.schema';
import type { EventGroup } from './event-group';
import { workOrder } from './work-order.schema';

const check: Schema<Check> = object<Check>({ name, passed: flag, detail: text });

export const task: Schema<TaskReference> = named(
  'TaskReference',
  object<TaskReference>({ taskId: wholeNumber, taskName: text }),
);

export const PRE_UPGRADE: EventGroup<
  'PreUpgradeStarted' | 'PreUpgradeCompleted' | 'PreUpgradeFailed' | 'UpgradePending'
> = {
  PreUpgradeStarted: documented('A worker took up the pre-upgrade stage.', object(BY_WORKER)),
  PreUpgradeCompleted: documented(
    'The checks passed, and the pre-upgrade script, if there is one, succeeded.',
    object({ ...ATTEMPT, checks: list(check), task: nullable(task) }),
  ),
  PreUpgradeFailed: documented('The upgrade ended before anything was deployed.', failure),
  UpgradePending: documented('The upgrade waits for its deployment.', object({ workOrder })),
};

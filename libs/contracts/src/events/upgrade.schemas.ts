import {
  documented,
  flag,
  list,
  milliseconds,
  name,
  nullable,
  object,
} from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, failure } from './attempt.schema';
import type { EventGroup } from './event-group';
import { workOrder } from './work-order.schema';

export const UPGRADE: EventGroup<
  | 'VariablesRequested'
  | 'VariablesSet'
  | 'UpgradeStarted'
  | 'UpgradeCompleted'
  | 'UpgradeFailed'
  | 'PostUpgradePending'
> = {
  VariablesRequested: documented(
    'The intent to write variables of the environment.',
    object({ ...BY_WORKER, names: list(name) }),
  ),
  VariablesSet: documented(
    'The variables of the environment are as the target says.',
    object({ ...ATTEMPT, written: list(name), unchanged: list(name) }),
  ),
  UpgradeStarted: documented('A worker took up the upgrade stage.', object(BY_WORKER)),
  UpgradeCompleted: documented(
    'The deployment succeeded.',
    object({
      ...ATTEMPT,
      buildName: name,
      warnings: flag,
      queuedMs: nullable(milliseconds),
      buildMs: nullable(milliseconds),
    }),
  ),
  UpgradeFailed: documented('The upgrade ended without a successful deployment.', failure),
  PostUpgradePending: documented(
    'The upgrade waits for its post-upgrade stage.',
    object({ workOrder }),
  ),
};

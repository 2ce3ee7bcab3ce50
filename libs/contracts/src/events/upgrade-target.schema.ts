import type {
  PromoteTarget,
  RefTarget,
  ScriptTarget,
  TargetVariable,
  UpgradePlan,
  UpgradeTarget,
  VariablesTarget,
} from '@uplift/domain';
import { UPGRADE_STRATEGIES, VARIABLE_SCOPES } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import {
  either,
  list,
  name,
  named,
  nullable,
  object,
  oneOf,
  text,
} from '../schema/schema-builders';
import { taskScript } from './task-script.schema';

const variable = object<TargetVariable>({ name, value: text, scope: oneOf(VARIABLE_SCOPES) });

export const upgradeTarget: Schema<UpgradeTarget> = named(
  'UpgradeTarget',
  either(
    object<RefTarget>({ ref: name }),
    object<PromoteTarget>({ sourceEnvironment: name }),
    object<VariablesTarget>({ variables: list(variable) }),
    object<ScriptTarget>({ script: taskScript }),
  ),
);

export const strategy = oneOf(UPGRADE_STRATEGIES);

export const upgradePlan: Schema<UpgradePlan> = named(
  'UpgradePlan',
  object<UpgradePlan>({ strategy, target: nullable(upgradeTarget) }),
);

import type { UpgradeStrategy, VariableScope } from '@uplift/domain';
import {
  REF_PATTERN,
  UPGRADE_STRATEGIES,
  VARIABLE_NAME_PATTERN,
  VARIABLE_SCOPES,
} from '@uplift/domain';
import type { Form } from '../input/exclusive-forms';
import { ExclusiveForms } from '../input/exclusive-forms';
import { ChoiceField, TextField } from '../input/fields';
import { NestedField, NestedListField } from '../input/nested-field';
import { SCRIPT_FORMS, TaskScriptDto } from './task-script.dto';

/** Each strategy that takes a target reads one member of it. */
export const TARGET_FORMS: readonly Form[] = [
  ['ref'],
  ['sourceEnvironment'],
  ['variables'],
  ['script'],
];

const MOST_VARIABLES = 50;

const nameOfBranch = {
  maxLength: 100,
  pattern: REF_PATTERN,
  rule: 'a name of letters, digits, ".", "_", "/" and "-", without ".."',
};

export class TargetVariableDto {
  @TextField({
    description: 'Name of the variable; a name that looks like a secret is refused',
    maxLength: 100,
    pattern: VARIABLE_NAME_PATTERN,
    rule: 'a variable name of letters, digits and "_"',
  })
  readonly name!: string;

  @TextField({
    description: 'Its value, kept in the history for ever; must be no secret',
    maxLength: 2_000,
    pattern: /^[^\0]*$/,
    rule: 'a text',
  })
  readonly value!: string;

  @ChoiceField(VARIABLE_SCOPES, {
    description: 'Where Lagoon shows the variable',
    default: 'GLOBAL',
    optional: true,
  })
  readonly scope?: VariableScope;
}

/** Exactly one member, the one that the strategy reads. */
export class UpgradeTargetDto {
  @TextField({
    description: 'Commit or tag, with branch-ref',
    ...nameOfBranch,
    optional: true,
  })
  readonly ref?: string;

  @TextField({
    description: 'Environment of the same project whose images are taken over, with promote',
    ...nameOfBranch,
    optional: true,
  })
  readonly sourceEnvironment?: string;

  @NestedListField(TargetVariableDto, {
    description: 'Variables to set before they are rolled out, with variables',
    maxItems: MOST_VARIABLES,
  })
  readonly variables?: TargetVariableDto[];

  @NestedField(TaskScriptDto, 'What to run instead of a deployment, with script')
  @ExclusiveForms(SCRIPT_FORMS)
  readonly script?: TaskScriptDto;
}

export class UpgradePlanDto {
  @ChoiceField(UPGRADE_STRATEGIES, { description: 'How Lagoon is asked to bring a new version' })
  readonly strategy!: UpgradeStrategy;

  @NestedField(UpgradeTargetDto, 'What to bring')
  @ExclusiveForms(TARGET_FORMS)
  readonly target?: UpgradeTargetDto;
}

import { IntersectionType } from '@nestjs/swagger';
import type { Priority, UpgradeStage, UpgradeStrategy, VariableScope } from '@uplift/domain';
import {
  PRIORITIES,
  REF_PATTERN,
  UPGRADE_STAGES,
  UPGRADE_STRATEGIES,
  VARIABLE_NAME_PATTERN,
  VARIABLE_SCOPES,
  WAVE_ID_PATTERN,
} from '@uplift/domain';
import type { Form } from '../input/fields';
import {
  ChoiceField,
  FlagField,
  NestedField,
  NestedListField,
  oneLine,
  ReasonField,
  SetField,
  TextField,
  TimeField,
  UuidField,
} from '../input/fields';

const SERVICE_NAME = /^[a-z0-9][a-z0-9-]*$/;

/** A command in a pod of a service, or a task that is registered in Lagoon. */
export const SCRIPT_FORMS: readonly Form[] = [['service', 'command'], ['registeredTask']];

export class TaskScriptDto {
  @TextField({
    description: 'Service of the environment that runs the command',
    maxLength: 63,
    pattern: SERVICE_NAME,
    rule: 'a service name of a-z, 0-9 and "-"',
    optional: true,
  })
  readonly service?: string;

  @TextField({
    description: 'Command of the Lagoon task; must hold no secret',
    maxLength: 2_000,
    pattern: /^[^\0]+$/,
    rule: 'a command',
    optional: true,
  })
  readonly command?: string;

  @TextField({
    description: 'Name of a task that is registered in Lagoon, instead of a command',
    maxLength: 100,
    ...oneLine,
    optional: true,
  })
  readonly registeredTask?: string;
}

/** Each strategy that takes a target reads one member of it. */
const TARGET_FORMS: readonly Form[] = [['ref'], ['sourceEnvironment'], ['variables'], ['script']];

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

  @NestedField(TaskScriptDto, 'What to run instead of a deployment, with script', SCRIPT_FORMS)
  readonly script?: TaskScriptDto;
}

export class UpgradePlanDto {
  @ChoiceField(UPGRADE_STRATEGIES, { description: 'How Lagoon is asked to bring a new version' })
  readonly strategy!: UpgradeStrategy;

  @NestedField(UpgradeTargetDto, 'What to bring', TARGET_FORMS)
  readonly target?: UpgradeTargetDto;
}

export class TriggerUpgradeDto {
  @ChoiceField(UPGRADE_STRATEGIES, {
    description:
      'How Lagoon is asked to bring the new version; if absent, as the plan of the instance says, and without a plan redeploy-latest',
    optional: true,
  })
  readonly strategy?: UpgradeStrategy;

  @NestedField(UpgradeTargetDto, 'What to bring: the member that the strategy reads', TARGET_FORMS)
  readonly target?: UpgradeTargetDto;

  @TextField({
    description: 'Why, for those who read the history; no personal data',
    maxLength: 500,
    isProse: true,
    optional: true,
  })
  readonly reason?: string;

  @UuidField({ description: 'The rollout this upgrade belongs to', optional: true })
  readonly rolloutId?: string;

  @TextField({
    description: 'Upgrades of one wave share a bulk id in Lagoon and are polled together',
    maxLength: 43,
    pattern: WAVE_ID_PATTERN,
    rule: 'an id of a-z, 0-9 and "-"',
    optional: true,
  })
  readonly waveId?: string;

  @FlagField({
    description:
      'The upgrade that is to mend an ill app: it may begin in an ill status; needs a reason',
    optional: true,
  })
  readonly repair?: boolean;

  @ChoiceField(PRIORITIES, {
    description: 'Passes the queue for admission; needs a reason',
    optional: true,
  })
  readonly priority?: Priority;

  @TimeField({
    description: 'If it has not begun by then it expires, and the instance stays as it is',
    optional: true,
  })
  readonly startBy?: string;
}

/** Over the bus the instance is part of the body. */
export class OfInstanceDto {
  @UuidField({ description: 'The instance' })
  readonly instanceId!: string;
}

/** Over the bus instance and upgrade are part of the body. */
export class OfUpgradeDto extends OfInstanceDto {
  @UuidField({ description: 'The upgrade' })
  readonly upgradeId!: string;
}

/** All that cancel, abandon, redrive and roll back ask for, and park and unpark of an instance. */
export class ReasonDto {
  @ReasonField()
  readonly reason!: string;
}

export class RetryUpgradeDto extends ReasonDto {
  @ChoiceField(UPGRADE_STAGES, {
    description: 'Stage to begin with; if absent, the earliest that is not complete',
    optional: true,
  })
  readonly from?: UpgradeStage;

  @FlagField({
    description: 'What was deployed already may be deployed again',
    optional: true,
  })
  readonly redeploy?: boolean;

  @ChoiceField(UPGRADE_STRATEGIES, {
    description: 'Another strategy than before: only with redeploy, or before the deployment',
    optional: true,
  })
  readonly strategy?: UpgradeStrategy;

  @NestedField(UpgradeTargetDto, 'Another target than before, likewise', TARGET_FORMS)
  readonly target?: UpgradeTargetDto;
}

/** Exactly one of both claims; Lagoon is asked whether it holds. */
export class ResolveOutcomeDto extends ReasonDto {
  @TextField({
    description: 'The build that the call has led to; this or notLanded',
    maxLength: 100,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    rule: 'the name of a build',
    optional: true,
  })
  readonly adopt?: string;

  @SetField({ description: 'The call has led to nothing; this or adopt', optional: true })
  readonly notLanded?: true;
}

export class PrioritizeUpgradeDto extends ReasonDto {
  @ChoiceField(PRIORITIES, {
    description: 'Passes the queue for admission',
    default: 'urgent',
    optional: true,
  })
  readonly priority?: Priority;
}

export class TriggerUpgradeOfInstanceDto extends IntersectionType(
  TriggerUpgradeDto,
  OfInstanceDto,
) {}
export class ReasonOfInstanceDto extends IntersectionType(ReasonDto, OfInstanceDto) {}
export class ReasonOfUpgradeDto extends IntersectionType(ReasonDto, OfUpgradeDto) {}
export class RetryUpgradeOfInstanceDto extends IntersectionType(RetryUpgradeDto, OfUpgradeDto) {}
export class ResolveOutcomeOfInstanceDto extends IntersectionType(
  ResolveOutcomeDto,
  OfUpgradeDto,
) {}
export class PrioritizeUpgradeOfInstanceDto extends IntersectionType(
  PrioritizeUpgradeDto,
  OfUpgradeDto,
) {}

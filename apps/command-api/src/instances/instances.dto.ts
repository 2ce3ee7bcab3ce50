import type { HealthProbeKind, InstanceStatus, RunningStatus } from '@uplift/domain';
import { FAULTS, moreItemsThan } from '@uplift/contracts';
import { HEALTH_PROBE_KINDS, INSTANCE_STATUSES, isRunning } from '@uplift/domain';
import { ArrayMaxSize, IsArray, IsInt, Max, Min } from 'class-validator';
import {
  ChoiceField,
  CountField,
  Field,
  LabelMapField,
  nameRule,
  NestedField,
  oneLine,
  ReasonField,
  SetField,
  TextField,
  UuidField,
} from '../input/fields';
import { SCRIPT_FORMS, TaskScriptDto, UpgradePlanDto } from '../upgrades/upgrades.dto';

/** The only statuses an app may report. */
export const RUNNING_STATUSES = INSTANCE_STATUSES.filter(isRunning);

const STATUS_CODES = { each: true, message: 'must be whole numbers from 100 to 599' };
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

class ScriptsDto {
  @NestedField(TaskScriptDto, 'Run before the upgrade', SCRIPT_FORMS)
  readonly preUpgrade?: TaskScriptDto;

  @NestedField(TaskScriptDto, 'Run after the upgrade', SCRIPT_FORMS)
  readonly postUpgrade?: TaskScriptDto;
}

class HealthProbeDto {
  @ChoiceField(HEALTH_PROBE_KINDS, {
    description:
      'What proves the health: http, an answer of the app; none, nothing is asked; task, a task that succeeds; lagoon, its newest build and services. http if absent',
    optional: true,
  })
  readonly kind?: HealthProbeKind;

  @NestedField(TaskScriptDto, 'Whose success is the proof, with task', SCRIPT_FORMS)
  readonly script?: TaskScriptDto;

  @TextField({
    description: 'Path below the route of the environment, / by default',
    maxLength: 500,
    pattern: PATH,
    rule: 'a path that begins with "/"',
    optional: true,
  })
  readonly path?: string;

  @Field(
    { type: 'array', items: { type: 'integer', minimum: 100, maximum: 599 }, maxItems: 20 },
    { description: 'Status codes that count as healthy beside 2xx', optional: true },
    IsArray({ message: FAULTS.list }),
    ArrayMaxSize(20, { message: moreItemsThan(20) }),
    IsInt(STATUS_CODES),
    Min(100, STATUS_CODES),
    Max(599, STATUS_CODES),
  )
  readonly acceptStatuses?: number[];
}

export class RegistrationDto {
  @TextField({ description: 'Lagoon project name', maxLength: 100, ...nameRule })
  readonly project!: string;

  @CountField({
    description: 'Lagoon project id',
    minimum: 1,
    maximum: 2_147_483_647,
    optional: true,
  })
  readonly projectId?: number;

  @TextField({ description: 'Lagoon environment name', maxLength: 100, ...nameRule })
  readonly environment!: string;

  @TextField({
    description: 'Lagoon core that hosts the project, "default" if absent',
    maxLength: 100,
    optional: true,
    ...nameRule,
  })
  readonly core?: string;

  @TextField({
    description: 'Store app the instance was made from',
    maxLength: 100,
    isProse: true,
    ...oneLine,
  })
  readonly app!: string;

  @ChoiceField(INSTANCE_STATUSES, { description: 'Present status of the instance' })
  readonly status!: InstanceStatus;

  @LabelMapField('Free labels; must hold no secret and no personal data')
  readonly labels?: Record<string, string>;

  @NestedField(ScriptsDto, 'Lagoon tasks around an upgrade')
  readonly scripts?: ScriptsDto;

  @NestedField(HealthProbeDto, 'How the health of the app is asked')
  readonly healthProbe?: HealthProbeDto;

  @NestedField(
    UpgradePlanDto,
    'How to upgrade when a request does not say; redeploy-latest if absent',
  )
  readonly upgrade?: UpgradePlanDto;
}

const UPSERT =
  'Where the environment has an instance already: bring that up to date with what is named here, but for its status, and answer with its id';

export class RegisterInstanceDto extends RegistrationDto {
  @SetField({ description: UPSERT, optional: true })
  readonly upsert?: true;

  @UuidField({
    description:
      'If absent it follows from the Idempotency-Key, and from the labels of a limited token',
    optional: true,
  })
  readonly instanceId?: string;
}

/** Each member that is named takes the place of the one before. */
export class UpdateInstanceDto {
  @TextField({
    description: 'Lagoon project name; not while an upgrade is in flight',
    maxLength: 100,
    optional: true,
    ...nameRule,
  })
  readonly project?: string;

  @CountField({
    description: 'Lagoon project id; not known if only the project is named',
    minimum: 1,
    maximum: 2_147_483_647,
    optional: true,
  })
  readonly projectId?: number;

  @TextField({
    description: 'Lagoon environment name; not while an upgrade is in flight',
    maxLength: 100,
    optional: true,
    ...nameRule,
  })
  readonly environment?: string;

  @TextField({
    description: 'Lagoon core that hosts the project; not while an upgrade is in flight',
    maxLength: 100,
    optional: true,
    ...nameRule,
  })
  readonly core?: string;

  @TextField({
    description: 'Store app the instance was made from',
    maxLength: 100,
    isProse: true,
    optional: true,
    ...oneLine,
  })
  readonly app?: string;

  @LabelMapField('All labels it is to have; must hold no secret and no personal data')
  readonly labels?: Record<string, string>;

  @NestedField(ScriptsDto, 'All Lagoon tasks around an upgrade')
  readonly scripts?: ScriptsDto;

  @NestedField(HealthProbeDto, 'How the health of the app is asked')
  readonly healthProbe?: HealthProbeDto;

  @NestedField(UpgradePlanDto, 'How to upgrade when a request does not say')
  readonly upgrade?: UpgradePlanDto;

  @ReasonField()
  readonly reason!: string;
}

/** Over the bus the instance is part of the body, and the revision that is expected of it. */
export class UpdateInstanceOfInstanceDto extends UpdateInstanceDto {
  @UuidField({ description: 'The instance to update' })
  readonly instanceId!: string;

  @CountField({
    description: 'Revision of the instance: refuse with 412 if it has changed',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    optional: true,
  })
  readonly expectedRevision?: number;
}

export class DeregisterInstanceDto {
  @ReasonField()
  readonly reason!: string;

  @SetField({
    description:
      'Cancel an upgrade in flight, and deregister the instance as soon as that has ended',
    optional: true,
  })
  readonly cancel?: true;
}

export class DeregisterInstanceOfInstanceDto extends DeregisterInstanceDto {
  @UuidField({ description: 'The instance to deregister' })
  readonly instanceId!: string;
}

/** One line of an import names its instance: a line sent again must mean the same instance. */
export class ImportedInstanceDto extends RegistrationDto {
  @UuidField({
    description: 'Id of the instance',
    required: 'is required: each line names its instance, so that it may be sent again',
  })
  readonly instanceId!: string;
}

export class ReportHealthDto {
  @ChoiceField(RUNNING_STATUSES, { description: 'What the app says of itself' })
  readonly status!: RunningStatus;
}

/** Over the bus the instance is part of the body. */
export class ReportHealthOfInstanceDto extends ReportHealthDto {
  @UuidField({ description: 'The instance that is spoken of' })
  readonly instanceId!: string;
}

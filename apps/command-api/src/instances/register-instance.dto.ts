import { INSTANCE_STATUSES } from '@uplift/domain';
import { ChoiceField, CountField, TextField, UuidField } from '../input/fields';
import { LabelMapField } from '../input/label-map';
import { NestedField } from '../input/nested-field';
import { UpgradePlanDto } from '../upgrades/upgrade-target.dto';
import { HealthProbeDto, ScriptsDto } from './instance-profile.dto';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;
const nameRule = { pattern: NAME, rule: 'a name of letters, digits, ".", "_", "/" and "-"' };

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
    pattern: /^[^\p{Cc}]+$/u,
    rule: 'one line of text',
  })
  readonly app!: string;

  @ChoiceField(INSTANCE_STATUSES, { description: 'Present status of the instance' })
  readonly status!: string;

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

export class RegisterInstanceDto extends RegistrationDto {
  @UuidField({ description: 'Follows from the Idempotency-Key if absent', optional: true })
  readonly instanceId?: string;
}

/** One line of an import names its instance: a line sent again must mean the same instance. */
export class ImportedInstanceDto extends RegistrationDto {
  @UuidField({ description: 'Id of the instance' })
  readonly instanceId!: string;
}

import { REF_PATTERN, UPGRADE_STRATEGIES } from '@uplift/domain';
import { ChoiceField, TextField, UuidField } from '../input/fields';
import { NestedField } from '../input/nested-field';

export class UpgradeTargetDto {
  @TextField({
    description: 'Commit or tag',
    maxLength: 100,
    pattern: REF_PATTERN,
    rule: 'a commit or tag of letters, digits, ".", "_", "/" and "-"',
  })
  readonly ref!: string;
}

export class TriggerUpgradeDto {
  @ChoiceField(UPGRADE_STRATEGIES, {
    description: 'How Lagoon is asked to bring the new version',
    default: 'redeploy-latest',
    optional: true,
  })
  readonly strategy?: string;

  @NestedField(UpgradeTargetDto, 'Only with branch-ref')
  readonly target?: UpgradeTargetDto;

  @TextField({
    description: 'Why, for those who read the history; no personal data',
    maxLength: 500,
    optional: true,
  })
  readonly reason?: string;

  @UuidField({ description: 'The rollout this upgrade belongs to', optional: true })
  readonly rolloutId?: string;
}

/** Over the bus the instance is part of the body. */
export class TriggerUpgradeOfInstanceDto extends TriggerUpgradeDto {
  @UuidField({ description: 'The instance to upgrade' })
  readonly instanceId!: string;
}

import type { UpgradeStrategy } from '@uplift/domain';
import { UPGRADE_STRATEGIES, WAVE_ID_PATTERN } from '@uplift/domain';
import { ExclusiveForms } from '../input/exclusive-forms';
import { ChoiceField, TextField, UuidField } from '../input/fields';
import { NestedField } from '../input/nested-field';
import { TARGET_FORMS, UpgradeTargetDto } from './upgrade-target.dto';

export class TriggerUpgradeDto {
  @ChoiceField(UPGRADE_STRATEGIES, {
    description:
      'How Lagoon is asked to bring the new version; if absent, as the plan of the instance says, and without a plan redeploy-latest',
    optional: true,
  })
  readonly strategy?: UpgradeStrategy;

  @NestedField(UpgradeTargetDto, 'What to bring: the member that the strategy reads')
  @ExclusiveForms(TARGET_FORMS)
  readonly target?: UpgradeTargetDto;

  @TextField({
    description: 'Why, for those who read the history; no personal data',
    maxLength: 500,
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
}

/** Over the bus the instance is part of the body. */
export class TriggerUpgradeOfInstanceDto extends TriggerUpgradeDto {
  @UuidField({ description: 'The instance to upgrade' })
  readonly instanceId!: string;
}

import { TextField, UuidField } from '../input/fields';

export class CancelUpgradeDto {
  @TextField({
    description: 'Why, for those who read the history; no personal data',
    maxLength: 500,
    pattern: /^[^\p{Cc}]+$/u,
    rule: 'one line of text',
  })
  readonly reason!: string;
}

/** Over the bus instance and upgrade are part of the body. */
export class CancelUpgradeOfInstanceDto extends CancelUpgradeDto {
  @UuidField({ description: 'The instance that is being upgraded' })
  readonly instanceId!: string;

  @UuidField({ description: 'The upgrade to cancel' })
  readonly upgradeId!: string;
}

export class UpgradePathDto {
  @UuidField({ description: 'The instance that is being upgraded' })
  readonly id!: string;

  @UuidField({ description: 'The upgrade to cancel' })
  readonly upgradeId!: string;
}

import type { InstanceStatus } from '@uplift/domain';
import { INSTANCE_STATUSES } from '@uplift/domain';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';

const LONGEST_NAME = 200;
const LONGEST_CURSOR = 500;
const LARGEST_PAGE = 100;
const DEFAULT_PAGE = 50;

/** May be left out; unlike `IsOptional`, null is not the same as left out. */
function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_body, value: unknown) => value !== undefined);
}

/** What every query accepts. */
export class ReadModelQuery {
  /** The answer must reflect the store at least up to here: a position that an earlier answer gave. */
  @MayBeAbsent()
  @Matches(/^\d{1,19}$/, {
    message: 'minPosition must be a store position: decimal digits as text',
  })
  minPosition?: string;
}

export class PageQuery extends ReadModelQuery {
  @MayBeAbsent()
  @IsString()
  @MaxLength(LONGEST_CURSOR)
  cursor?: string;

  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(LARGEST_PAGE)
  limit: number = DEFAULT_PAGE;
}

export class InstanceGetQuery extends ReadModelQuery {
  @IsUUID('all')
  instanceId!: string;
}

export class InstanceListQuery extends PageQuery {
  @MayBeAbsent()
  @IsIn(INSTANCE_STATUSES, { message: 'status must be one of the instance statuses' })
  status?: InstanceStatus;

  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_NAME)
  project?: string;

  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_NAME)
  app?: string;

  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_NAME)
  core?: string;
}

export class InstanceStatsQuery extends ReadModelQuery {}

export class InstanceTimelineQuery extends PageQuery {
  @IsUUID('all')
  instanceId!: string;
}

export class UpgradeGetQuery extends ReadModelQuery {
  @IsUUID('all')
  upgradeId!: string;
}

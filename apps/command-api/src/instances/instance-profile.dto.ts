import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, Max, Min } from 'class-validator';
import { ExclusiveForms } from '../input/exclusive-forms';
import { TextField } from '../input/fields';
import { NestedField } from '../input/nested-field';
import { Optional } from '../input/optional';
import { SCRIPT_FORMS, TaskScriptDto } from '../upgrades/task-script.dto';

const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

export class ScriptsDto {
  @NestedField(TaskScriptDto, 'Run before the upgrade')
  @ExclusiveForms(SCRIPT_FORMS)
  readonly preUpgrade?: TaskScriptDto;

  @NestedField(TaskScriptDto, 'Run after the upgrade')
  @ExclusiveForms(SCRIPT_FORMS)
  readonly postUpgrade?: TaskScriptDto;
}

export class HealthProbeDto {
  @TextField({
    description: 'Path below the route of the environment, / by default',
    maxLength: 500,
    pattern: PATH,
    rule: 'a path that begins with "/"',
    optional: true,
  })
  readonly path?: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', minimum: 100, maximum: 599 },
    maxItems: 20,
    description: 'Status codes that count as healthy beside 2xx',
    required: false,
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsInt({ each: true })
  @Min(100, { each: true })
  @Max(599, { each: true })
  readonly acceptStatuses?: number[];
}

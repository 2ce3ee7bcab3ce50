import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, Max, Min } from 'class-validator';
import { TextField } from '../input/fields';
import { NestedField } from '../input/nested-field';
import { Optional } from '../input/optional';

const SERVICE_NAME = /^[a-z0-9][a-z0-9-]*$/;
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

export class TaskScriptDto {
  @TextField({
    description: 'Service of the environment that runs the script',
    maxLength: 63,
    pattern: SERVICE_NAME,
    rule: 'a service name of a-z, 0-9 and "-"',
  })
  readonly service!: string;

  @TextField({
    description: 'Command of the Lagoon task; must hold no secret',
    maxLength: 2_000,
    pattern: /^[^\0]+$/,
    rule: 'a command',
  })
  readonly command!: string;
}

export class ScriptsDto {
  @NestedField(TaskScriptDto, 'Run before the upgrade')
  readonly preUpgrade?: TaskScriptDto;

  @NestedField(TaskScriptDto, 'Run after the upgrade')
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

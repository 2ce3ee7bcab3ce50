import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import { Optional } from './optional';
import type { DtoType } from './read-dto';

/** An object inside a body, never a list: on its own, class-validator would look into either. */
export function NestedField(type: DtoType<object>, description: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type, required: false, description }),
    Optional(),
    IsObject(),
    ValidateNested(),
    Type(() => type),
  );
}

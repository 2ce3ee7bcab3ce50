import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsObject, ValidateNested } from 'class-validator';
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

/** A bounded list of objects. */
export function NestedListField(
  type: DtoType<object>,
  { description, maxItems }: { readonly description: string; readonly maxItems: number },
): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: [type], required: false, description, maxItems }),
    Optional(),
    IsArray(),
    ArrayMaxSize(maxItems),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(() => type),
  );
}

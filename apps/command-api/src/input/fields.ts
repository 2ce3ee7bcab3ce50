import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { Optional } from './optional';

interface FieldOptions {
  readonly description: string;
  readonly optional?: boolean;
}

interface TextOptions extends FieldOptions {
  readonly maxLength: number;
  readonly pattern?: RegExp;
  /** What the pattern means, in words. */
  readonly rule?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Printable text without control characters. */
const LINE = /^[^\p{Cc}]*$/u;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** One line of text, validated and described by the same facts. */
export function TextField({ pattern = LINE, rule, ...options }: TextOptions): PropertyDecorator {
  const { description, maxLength } = options;
  const message = `must be ${rule ?? 'one line without control characters'}`;
  return applyDecorators(
    ApiProperty({
      type: 'string',
      description,
      maxLength,
      required: !options.optional,
      ...(pattern === LINE ? {} : { pattern: pattern.source }),
    }),
    IsString(),
    MaxLength(maxLength),
    Matches(pattern, { message }),
    ...optional(options),
  );
}

export function UuidField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'string',
      format: 'uuid',
      pattern: UUID.source,
      description: options.description,
      required: !options.optional,
    }),
    Matches(UUID, { message: 'must be a UUID in lower case' }),
    ...optional(options),
  );
}

export function ChoiceField(
  values: readonly string[],
  options: FieldOptions & { readonly default?: string },
): PropertyDecorator {
  const { description, default: fallback } = options;
  return applyDecorators(
    ApiProperty({
      type: 'string',
      enum: [...values],
      description,
      required: !options.optional,
      ...(fallback === undefined ? {} : { default: fallback }),
    }),
    IsIn(values),
    ...optional(options),
  );
}

export function CountField(
  options: FieldOptions & { readonly minimum: number; readonly maximum: number },
): PropertyDecorator {
  const { description, minimum, maximum } = options;
  return applyDecorators(
    ApiProperty({ type: 'integer', minimum, maximum, description, required: !options.optional }),
    IsInt(),
    Min(minimum),
    Max(maximum),
    ...optional(options),
  );
}

function optional({ optional: mayBeAbsent }: FieldOptions): PropertyDecorator[] {
  return mayBeAbsent ? [Optional()] : [];
}

import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { Optional } from './optional';

const MOST_LABELS = 32;
const KEY = /^[a-z0-9]([a-z0-9._/-]{0,62})$/;
const LONGEST_VALUE = 200;
const RULE = `must hold at most ${MOST_LABELS} labels: keys of a-z, 0-9, ".", "_", "/" and "-", texts of at most ${LONGEST_VALUE} characters`;

/** Free labels of an instance: a bounded object of short texts. */
export function LabelMapField(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: 'object',
      description,
      maxProperties: MOST_LABELS,
      additionalProperties: { type: 'string', maxLength: LONGEST_VALUE },
    }),
    Optional(),
    ValidateBy({
      name: 'isLabelMap',
      validator: { validate: isLabelMap, defaultMessage: () => RULE },
    }),
  );
}

function isLabelMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MOST_LABELS && entries.every(isLabel);
}

function isLabel([key, text]: [string, unknown]): boolean {
  return KEY.test(key) && typeof text === 'string' && text.length <= LONGEST_VALUE;
}

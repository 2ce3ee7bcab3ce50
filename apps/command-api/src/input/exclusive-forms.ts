import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

/** Names of members that belong together. */
export type Form = readonly string[];

/** The object has the members of exactly one form, and none of another. */
export function ExclusiveForms(forms: readonly Form[]): PropertyDecorator {
  const members = [...new Set(forms.flat())];
  const rule = `must have exactly one of: ${forms.map((form) => form.join(' and ')).join(', ')}`;
  return applyDecorators(
    ApiProperty({ oneOf: forms.map((form) => ({ required: [...form] })) }),
    ValidateBy({
      name: 'hasOneForm',
      validator: {
        validate: (value: unknown) => hasOneForm(value, members, forms),
        defaultMessage: () => rule,
      },
    }),
  );
}

function hasOneForm(value: unknown, members: Form, forms: readonly Form[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const object = value as Readonly<Record<string, unknown>>;
  const present = members.filter((member) => object[member] !== undefined);
  return forms.some((form) => isSameSet(form, present));
}

function isSameSet(one: Form, other: Form): boolean {
  return one.length === other.length && one.every((member) => other.includes(member));
}

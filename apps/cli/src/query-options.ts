import type { HttpQueryName, QueryParameter } from '@uplift/contracts';
import { queryParameters } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import { Option } from 'commander';
import { labelOption } from './label-option';
import { momentIn, oneOf, wholeNumber } from './options';

/** So many values are named one by one; of more, those that look like what was given. */
const MOST_CHOICES = 15;
/** Of the API alone: a person does not wait for a position of the store. */
const LEFT_OUT: readonly string[] = ['minPosition', 'instanceId'];

interface TextSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

/** A record is what labels are collected in. */
type OptionValue = string | number | Readonly<Record<string, string>>;

/** The parameters of a query over HTTP as options of the same names. */
export function queryOptions(query: HttpQueryName, clock: Clock): readonly Option[] {
  return parametersOf(query).map(({ name, schema }) => optionOf(name, schema as TextSchema, clock));
}

/** `?…` of what was given, or nothing. */
export function queryString(query: HttpQueryName, options: object): string {
  const given = new Map(Object.entries(options) as [string, OptionValue][]);
  const pairs = parametersOf(query).flatMap(({ name, member }) =>
    valuesOf(given.get(member)).map((value): [string, string] => [name, value]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function parametersOf(query: HttpQueryName): readonly QueryParameter[] {
  return queryParameters(query).filter(({ member }) => !LEFT_OUT.includes(member));
}

function valuesOf(value: OptionValue | undefined): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object') return [String(value)];
  return Object.entries(value).map(([name, text]) => `${name}=${text}`);
}

function optionOf(name: string, schema: TextSchema, clock: Clock): Option {
  if (schema.type === 'integer') return countOption(name, schema);
  if (schema.type === 'array') return labelOption(schema.description ?? '');
  if (schema.format === 'date-time') {
    const words = `${schema.description}: RFC 3339, or how long ago, such as 24h`;
    return new Option(`--${name} <time>`, words).argParser((text) => momentIn(text, clock.wall()));
  }
  const option = new Option(`--${name} <${name}>`, schema.description);
  if (schema.enum === undefined) return option;
  return schema.enum.length <= MOST_CHOICES
    ? option.choices(schema.enum)
    : option.argParser(oneOf(schema.enum));
}

/** As many as there may be, if nothing is said. */
function countOption(name: string, { description, minimum = 0, maximum = 0 }: TextSchema): Option {
  const option = new Option(`--${name} <n>`, description);
  return option.argParser(wholeNumber(minimum, maximum)).default(maximum);
}

import type { QueryName } from '@uplift/contracts';
import {
  ANSWERS,
  QUERY_ANSWERS,
  QUERY_SUBJECTS,
  querySchema,
  withDescriptions,
} from '@uplift/contracts';
import type { JsonSchema } from './schema-types';
import { declarationOf, nameIn, tableOf, typeName, typesFile } from './schema-types';

const HEADER =
  '/* Written by `npm run generate` from the schemas of answers and queries in this folder. */\n/* eslint-disable max-lines */';
const QUERIES = Object.keys(QUERY_SUBJECTS) as readonly QueryName[];

/**
 * The types of all answers and queries, as plain interfaces: those that the compiler infers from the schemas cannot be
 * written into declarations, which then have `any` for what is nested.
 */
export function answerTypes(): string {
  const schemas = Object.values(ANSWERS);
  const parts = Object.assign({}, ...schemas.map(({ definitions }) => definitions)) as Record<
    string,
    JsonSchema
  >;
  return typesFile(HEADER, [
    ...Object.entries(parts).map(([name, schema]) => declaration(typeName(name), schema)),
    ...QUERIES.map((name) => declaration(queryType(name), querySchema(name))),
    '\n/** What each query takes, at either door. */',
    tableOf(
      'QueryInputs',
      QUERIES.map((name) => [name, queryType(name)]),
    ),
    '\n/** What each query is answered with. */',
    tableOf(
      'QueryAnswers',
      QUERIES.map((name) => [name, answerType(name)]),
    ),
    '',
  ]);
}

function declaration(name: string, schema: JsonSchema): string {
  return `\n${declarationOf(name, withDescriptions(schema as Record<string, unknown>))}`;
}

function queryType(name: QueryName): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Query`;
}

function answerType(name: QueryName): string {
  return typeName(nameIn(ANSWERS[QUERY_ANSWERS[name]].json));
}

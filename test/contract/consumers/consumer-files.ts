import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020';
import { projectRoot } from '../../../tools/stack/src';
import type { Json, JsonObject } from '../../fuzz/hostile-values';
import type { StateName } from '../operations/given-states';

type Texts = Readonly<Record<string, string>>;

/** What a team relies on: the members of `body` with their values, and whatever the JSON Schema says of it. */
export interface Reliance {
  readonly body?: Json;
  readonly schema?: JsonObject;
}

interface Described {
  readonly what: string;
  readonly given: StateName;
}

export interface HttpExpectation extends Described {
  readonly http: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Texts;
    readonly body?: Json;
  };
  readonly answer: Reliance & { readonly status: number; readonly headers?: Texts };
}

export interface BusExpectation extends Described {
  readonly bus: { readonly subject: string; readonly headers?: Texts; readonly body: Json };
  /** Without a code it is no problem. */
  readonly answer: Reliance & { readonly code?: number };
}

export interface EventExpectation extends Described {
  readonly event: Reliance & { readonly subject: string; readonly headers?: Texts };
}

export type Expectation = HttpExpectation | BusExpectation | EventExpectation;

export interface ConsumerFile {
  /** Below contracts/consumers. */
  readonly file: string;
  readonly about: string;
  readonly expectations: readonly Expectation[];
}

export const CONSUMERS = join(projectRoot(), 'contracts/consumers');

export function consumerSchema(): JsonObject {
  return JSON.parse(readFileSync(join(CONSUMERS, 'consumer.schema.json'), 'utf8')) as JsonObject;
}

/** The files of all teams. */
export function consumerFiles(): readonly ConsumerFile[] {
  const read = readerOf(consumerSchema());
  return readdirSync(CONSUMERS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: team }) =>
      readdirSync(join(CONSUMERS, team))
        .filter((name) => name.endsWith('.json'))
        .map((name) => `${team}/${name}`),
    )
    .map((file) => read(file, readFileSync(join(CONSUMERS, file), 'utf8')));
}

/** Reads the text of a file. Throws with its name, the place and what is wrong there. */
export function readerOf(schema: JsonObject): (file: string, text: string) => ConsumerFile {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const validate = ajv.compile(schema);
  return (file, text) => {
    const parsed = parsedText(file, text);
    if (validate(parsed)) return { ...(parsed as Omit<ConsumerFile, 'file'>), file };
    const faults = (validate.errors ?? []).filter(isTelling).map(sentenceOf);
    throw new Error(
      [`contracts/consumers/${file} is no consumer contract:`, ...new Set(faults)].join('\n'),
    );
  };
}

/** Which request is missing or one too many is told by `oneOf`, not by each of its parts. */
function isTelling({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword !== 'if' && !schemaPath.includes('/oneOf/');
}

function sentenceOf({ keyword, instancePath, message = '', params }: ErrorObject): string {
  const { allowedValues, additionalProperty } = params as {
    readonly allowedValues?: readonly string[];
    readonly additionalProperty?: string;
  };
  const more = allowedValues?.join(', ') ?? additionalProperty;
  const words = keyword === 'oneOf' ? 'must have exactly one of http, bus and event' : message;
  return `  ${instancePath || '/'} ${words}${more === undefined ? '' : `: ${more}`}`;
}

function parsedText(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`contracts/consumers/${file} is no JSON: ${why}`, { cause: error });
  }
}

import type { ValidateFunction } from 'ajv';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../tools/stack/src';

type Json = Readonly<Record<string, unknown>>;

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

export const PUBLISHED_FILE = join(projectRoot(), 'contracts', 'openapi.json');

/** Checks answers against contracts/openapi.json: no missing field, no unknown one. */
export class PublishedContract {
  private static loaded: PublishedContract | undefined;
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  private constructor(private readonly document: Document) {
    addFormats(this.ajv);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      this.ajv.addSchema(asJsonSchema(schema) as Json, `#/components/schemas/${name}`);
    }
  }

  static load(): PublishedContract {
    this.loaded ??= new PublishedContract(
      JSON.parse(readFileSync(PUBLISHED_FILE, 'utf8')) as Document,
    );
    return this.loaded;
  }

  /** Throws when the answer is not what is published for this operation and status. */
  check({ method, path, status, body }: Exchange): void {
    const operation = this.operation(method, path);
    const schema = operation ? schemaOf(operation, status) : PROBLEM;
    if (!schema) throw new Error(`${method} ${path} answers ${status}, which is not published`);
    const validate = this.validator(schema);
    if (validate(body)) return;
    throw new Error(`${method} ${path} ${status}: ${this.ajv.errorsText(validate.errors)}`);
  }

  /** Null if the value is what the schema describes. */
  faultsOf(schema: Json, value: unknown): string | null {
    const validate = this.validator(schema);
    return validate(value) ? null : this.ajv.errorsText(validate.errors);
  }

  /** Throws when a value does not fit a schema of this document. */
  checkShape(schema: Json, value: unknown): void {
    const faults = this.faultsOf(schema, value);
    if (faults !== null) throw new Error(faults);
  }

  private operation(method: string, path: string): Operation | undefined {
    const [plain = ''] = path.split('?');
    const templates = Object.keys(this.document.paths).sort(
      (a, b) => Number(a.includes('{')) - Number(b.includes('{')),
    );
    const template = templates.find((one) => matches(one, plain));
    return template === undefined
      ? undefined
      : this.document.paths[template]?.[method.toLowerCase()];
  }

  private validator(schema: Json): ValidateFunction {
    const text = JSON.stringify(schema);
    const validate = this.compiled.get(text) ?? this.ajv.compile(asJsonSchema(schema) as Json);
    this.compiled.set(text, validate);
    return validate;
  }
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path);
}

function schemaOf({ responses }: Operation, status: number): Json | undefined {
  const { content = {} } = responses[String(status)] ?? {};
  return Object.values(content)[0]?.schema;
}

/** OpenAPI 3.0 has `nullable` where JSON Schema has a type; objects are closed unless they say otherwise, and but for conditions. */
export function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema as Json;
  const converted = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, asJsonSchema(value)]),
  );
  const isObject = converted.type === 'object' && 'properties' in converted;
  const closed = isObject ? { additionalProperties: false, ...converted } : converted;
  return nullable === true ? { anyOf: [closed, { type: 'null' }] } : closed;
}

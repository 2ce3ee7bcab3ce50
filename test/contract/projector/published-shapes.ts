import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { projectRoot } from '../../../tools/stack/src';

type Schema = Readonly<Record<string, unknown>>;

/** The answers as `contracts/openapi.json` publishes them. */
export class PublishedShapes {
  private readonly ajv = addFormats(new Ajv({ strict: false, allErrors: true }));

  constructor() {
    const text = readFileSync(join(projectRoot(), 'contracts/openapi.json'), 'utf8');
    const document = JSON.parse(text) as { components: object };
    this.ajv.addSchema({ $id: 'openapi', components: exact(document.components) as object });
  }

  /** What is wrong with the value, down to unpublished fields; empty if nothing. */
  faultsOf(name: string, value: unknown): string[] {
    const validate = this.ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    validate(value);
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  }
}

/** OpenAPI 3.0 as the JSON Schema it means, and closed: what is not published must not be sent. */
function exact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exact);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, part]) => [key, exact(part)] as const);
  return closed(Object.fromEntries(parts));
}

function closed(schema: Schema): Schema {
  if (schema.nullable === true && schema.allOf) return { anyOf: [...list(schema.allOf), NULL] };
  if (!schema.properties || schema.additionalProperties !== undefined) return schema;
  return { ...schema, additionalProperties: false };
}

const NULL = { type: 'null' };

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

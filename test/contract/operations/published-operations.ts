import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../tools/stack/src';

/** One node of a JSON Schema, or of a schema of OpenAPI. */
export type JsonSchema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, JsonSchema>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

/** An operation of contracts/openapi.json. */
export interface HttpOperation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | null;
  readonly contentType: string | null;
}

/** An operation of contracts/asyncapi.yaml that is a request. */
export interface BusOperation {
  readonly id: string;
  readonly subject: string;
  readonly request: JsonSchema;
  readonly answer: JsonSchema;
  readonly isCommand: boolean;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Schemas };
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
}

interface Message {
  readonly headers?: { readonly $ref: string };
  readonly payload: { readonly schema?: JsonSchema } & JsonSchema;
}

interface AsyncApi {
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string | null; readonly messages: Readonly<Record<string, Reference>> }
    >
  >;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly action: string;
        readonly channel: Reference;
        readonly reply?: { readonly channel: Reference };
      }
    >
  >;
  readonly components: { readonly messages: Record<string, Message>; readonly schemas: Schemas };
}

interface Reference {
  readonly $ref: string;
}

const textOf = (file: string) => readFileSync(join(projectRoot(), 'contracts', file), 'utf8');

const openApi = JSON.parse(textOf('openapi.json')) as OpenApi;
const asyncApi = parse(textOf('asyncapi.yaml')) as AsyncApi;

/** Of both documents: what HTTP and the bus share has one name. */
export const PUBLISHED_SCHEMAS: Schemas = {
  ...asyncApi.components.schemas,
  ...openApi.components.schemas,
};

export const HTTP_OPERATIONS: readonly HttpOperation[] = Object.entries(openApi.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [], requestBody }]) => {
      const [[contentType, { schema }] = [null, { schema: null }]] = Object.entries(
        requestBody?.content ?? {},
      );
      return {
        ...{ id: operationId, method: method.toUpperCase(), path, parameters },
        ...{ contentType, body: schema },
      };
    }),
);

const isRequest = ({ reply }: { readonly reply?: object }) => reply !== undefined;

export const BUS_OPERATIONS: readonly BusOperation[] = Object.entries(asyncApi.operations)
  .filter(([, operation]) => isRequest(operation))
  .map(([id, { channel, reply }]) => {
    const { address, messages } = channelAt(channel);
    const request = messageAt(messages.request);
    const answer = messageAt(reply && channelAt(reply.channel).messages.answer);
    return {
      ...{ id, subject: address ?? '', request: payloadOf(request), answer: payloadOf(answer) },
      isCommand: request.headers?.$ref.endsWith('CommandHeaders') ?? false,
    };
  });

function nameIn({ $ref }: Reference): string {
  return $ref.split('/').at(-1) ?? '';
}

function channelAt(reference: Reference) {
  const channel = asyncApi.channels[nameIn(reference)];
  if (channel === undefined) throw new RangeError(`No channel ${reference.$ref}`);
  return channel;
}

function messageAt(reference: Reference | undefined): Message {
  const message = reference && asyncApi.components.messages[nameIn(reference)];
  if (message === undefined) throw new RangeError(`No message ${reference?.$ref ?? ''}`);
  return message;
}

/** References to other files as those to the components of one document. */
function payloadOf({ payload }: Message): JsonSchema {
  const schema = payload.schema ?? payload;
  const { $ref } = schema as Partial<Reference>;
  return $ref === undefined ? schema : { $ref: `#/components/schemas/${nameIn({ $ref })}` };
}

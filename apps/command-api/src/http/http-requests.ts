import type { ArgumentMetadata, ExecutionContext, PipeTransform } from '@nestjs/common';
import { createParamDecorator, Injectable } from '@nestjs/common';
import type { HttpQueryName, Query } from '@uplift/contracts';
import { pathMembers, queryParameters, readQueryString, refusal } from '@uplift/contracts';
import { Readable } from 'node:stream';
import type { Principal } from '@uplift/access';
import { knownPrincipalOf } from '@uplift/access';
import type { Caller, OptionallyKeyedCaller } from '../commands/command-request';
import { expectedRevision, requireKey, tracing } from '../commands/command-request';
import { isUuid } from '../input/fields';
import type { DtoType } from '../input/read-dto';
import { readDto } from '../input/read-dto';
import type { HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';
import { UnreadBody } from './http-transport';
import { NDJSON, wrongType } from './import-body';

const MIN_POSITION = 'min-position';

/** Who sends this HTTP command, under which key. */
export const HttpCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  return callerWithKey(request, requireKey(headerOf(request, 'idempotency-key')));
});

/** Who sends this HTTP request, and what it may do. */
export const HttpPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal =>
    knownPrincipalOf(context.switchToHttp().getRequest<HttpRequest>()),
);

/** Who sends an HTTP command that needs no key. A key that cannot be one is refused all the same. */
export function callerWithOptionalKey(request: HttpRequest): OptionallyKeyedCaller {
  const key = headerOf(request, 'idempotency-key');
  return key === undefined ? callerOf(request) : callerWithKey(request, requireKey(key));
}

/** Who sends a command whose key, if it has one, is not looked at; `key` was made here. */
export function keylessCaller(request: HttpRequest, key: string): Caller {
  return { ...callerOf(request), idempotencyKey: key, isKeyless: true };
}

function callerWithKey(request: HttpRequest, idempotencyKey: string): Caller {
  return { ...callerOf(request), idempotencyKey };
}

function callerOf(request: HttpRequest): OptionallyKeyedCaller {
  const { actor, labels } = knownPrincipalOf(request);
  return {
    transport: 'http',
    actor,
    labels,
    ...tracing(headerOf(request, 'traceparent')),
    ...expectedRevision(headerOf(request, 'if-match')),
  };
}

/** The query of this name that the request stands for; an `:id` in the path is its required member. */
export const HttpQuery = createParamDecorator((name: HttpQueryName, context: ExecutionContext) =>
  queryOf(name, context.switchToHttp().getRequest<HttpRequest>()),
);

function queryOf<Name extends HttpQueryName>(name: Name, request: HttpRequest): Query<Name> {
  const path = pathMembers(name).map(
    (member) => [member, readUuid(request.params.id, 'id')] as const,
  );
  const position = headerOf(request, MIN_POSITION);
  const takesPosition = queryParameters(name).some((parameter) => parameter.name === MIN_POSITION);
  const header = takesPosition && position !== undefined ? { [MIN_POSITION]: position } : {};
  return readQueryString(name, { ...header, ...request.query }, Object.fromEntries(path));
}

/** Reads a body as the DTO class that the parameter declares. */
@Injectable()
export class DtoPipe implements PipeTransform {
  transform(value: unknown, { metatype }: ArgumentMetadata): unknown {
    if (metatype === undefined) throw new TypeError('A validated parameter declares a DTO class');
    if (value instanceof Readable || value instanceof UnreadBody) {
      const sentAs = value instanceof UnreadBody ? value.contentType : NDJSON;
      throw wrongType(sentAs, 'the body as application/json');
    }
    return readDto(metatype as DtoType<object>, value);
  }
}

/** A path parameter that names an instance or an upgrade. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data = 'id' }: ArgumentMetadata): string {
    return readUuid(value, data);
  }
}

/** The instance and the upgrade that the path names. */
export const UpgradePath = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { params } = context.switchToHttp().getRequest<HttpRequest>();
  return {
    instanceId: readUuid(params.id, 'id'),
    upgradeId: readUuid(params.upgradeId, 'upgradeId'),
  };
});

function readUuid(value: string | undefined, name: string): string {
  const id = value?.toLowerCase() ?? '';
  if (isUuid(id)) return id;
  throw refusal('invalid-input', 'The id in the path must be a UUID', {
    errors: [{ pointer: `/${name}`, detail: 'must be a UUID' }],
  });
}

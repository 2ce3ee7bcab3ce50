import type { Type } from '@nestjs/common';
import { applyDecorators, RequestMethod, SetMetadata } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import type { ModulesContainer } from '@nestjs/core';
import { PATTERN_METADATA } from '@nestjs/microservices/constants';
import {
  ApiForbiddenResponse,
  ApiSecurity,
  ApiTooManyRequestsResponse,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { ANSWERS, CONTENT_TYPES, toOpenApi } from '@uplift/contracts';
import type { Scope } from '@uplift/domain';

/** What a caller needs for a route. */
export type RouteAccess =
  | {
      readonly kind: 'scope';
      readonly scope: Scope;
      /** Whoever has this one too is shown more. */
      readonly more?: Scope;
      readonly limits: Limits;
      /** It is recorded who has asked: a credential is given out. */
      readonly isRecorded?: true;
    }
  /** Whoever can prove who it is. */
  | { readonly kind: 'identity' }
  /** An app that shows the token of the instance which the path names. */
  | { readonly kind: 'instance' }
  | { readonly kind: 'public'; readonly why: string };

/** Of a token that is limited to labels: the handler holds it to its instances, or it does not come to the handler. */
export type Limits = 'held' | 'refused';

export const BEARER = 'bearer';
export const CALLBACK = 'callback';
const ACCESS = 'uplift:access';
const PROBLEM = {
  content: { [CONTENT_TYPES.problem]: { schema: toOpenApi(ANSWERS.problem.json) as object } },
};

interface Declared {
  /** Whoever has this scope too is shown more. */
  readonly more?: Scope;
  /** Absent: a token that is limited to labels is refused. */
  readonly limits?: Limits | undefined;
  /** It is recorded who has asked. */
  readonly isRecorded?: true;
}

/** Only callers with this scope. */
export function Needs(
  scope: Scope,
  { limits = 'refused', ...others }: Declared = {},
): MethodDecorator {
  const access = { kind: 'scope', scope, limits, ...others } as const;
  return applyDecorators(SetMetadata(ACCESS, access), describedCredentials(scope));
}

/** Only callers that prove who they are, whatever they may do. */
export function NeedsIdentity(): MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS, { kind: 'identity' }), describedCredentials());
}

/** Only the app of the instance that the path names. */
export function NeedsInstanceToken(): MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS, { kind: 'instance' }), ApiSecurity(CALLBACK));
}

/** Everybody. */
export function Public(why: string): MethodDecorator {
  return SetMetadata(ACCESS, { kind: 'public', why });
}

function describedCredentials(...scopes: readonly Scope[]): MethodDecorator {
  const needs = scopes.length === 0 ? 'any token' : scopes.join(', ');
  return applyDecorators(
    ApiSecurity(BEARER),
    ApiUnauthorizedResponse({ description: `Problem: needs ${needs}`, ...PROBLEM }),
    ApiForbiddenResponse({ description: `Problem: needs ${needs}`, ...PROBLEM }),
    ApiTooManyRequestsResponse({ description: 'Problem', ...PROBLEM }),
  );
}

/** Undefined: nobody has said it. */
export function accessOf(handler: object): RouteAccess | undefined {
  return Reflect.getMetadata(ACCESS, handler) as RouteAccess | undefined;
}

export interface Route {
  readonly transport: 'http' | 'nats';
  /** `GET /v1/instances/:id`, or a subject of the bus. */
  readonly name: string;
  readonly access: RouteAccess | undefined;
}

type Handler = (...parameters: never[]) => unknown;

/** Those of every controller of an application. */
export function routesOf(modules: ModulesContainer): readonly Route[] {
  const controllers = [...modules.values()].flatMap((each) => [...each.controllers.values()]);
  return routesIn(controllers.flatMap(({ metatype }) => (metatype ? [metatype as Type] : [])));
}

/** Every way in that controllers offer, by name. */
export function routesIn(types: readonly Type[]): readonly Route[] {
  const routes = types.flatMap((type) => {
    const handlers = handlersOf(type.prototype as object);
    const prefixes = [Reflect.getMetadata(PATH_METADATA, type)].flat() as readonly string[];
    return handlers.flatMap((handler) => [
      ...httpRoutes(handler, prefixes),
      ...natsRoutes(handler),
    ]);
  });
  return routes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function handlersOf(prototype: object): readonly Handler[] {
  const properties = Object.values(Object.getOwnPropertyDescriptors(prototype));
  return properties.flatMap(({ value }) => (typeof value === 'function' ? [value as Handler] : []));
}

function httpRoutes(handler: Handler, prefixes: readonly string[]): readonly Route[] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const paths = [Reflect.getMetadata(PATH_METADATA, handler)].flat() as readonly string[];
  const access = accessOf(handler);
  return prefixes.flatMap((prefix) =>
    paths.map((path) => {
      const url = `/${prefix}/${path}`.replace(/\/{2,}/g, '/');
      return { transport: 'http', name: `${RequestMethod[method]} ${url}`, access };
    }),
  );
}

function natsRoutes(handler: Handler): readonly Route[] {
  const patterns = (Reflect.getMetadata(PATTERN_METADATA, handler) ?? []) as readonly unknown[];
  const access = accessOf(handler);
  return patterns.map((pattern) => ({ transport: 'nats', name: String(pattern), access }));
}

/** A route that nobody has thought about is open to everybody, or to nobody: the service does not start with one. */
export function refuseUndeclared(routes: readonly Route[]): void {
  const undeclared = routes.filter(({ access }) => access === undefined);
  if (undeclared.length === 0) return;
  const names = undeclared.map(({ name }) => name).join(', ');
  throw new Error(
    `Routes without @Needs, @NeedsIdentity, @NeedsInstanceToken or @Public: ${names}`,
  );
}

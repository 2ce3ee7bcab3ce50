import type { Provider, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { COMMAND_ALIASES } from '@uplift/contracts';
import type { Route } from '../access/route-access';
import { routesIn } from '../access/route-access';
import { RESOURCE_MODULES } from '../command-api.module';
import { describeApi } from './open-api';
import { PagesController } from './pages.controller';

type Types = readonly Type[];

const CONTROLLERS = RESOURCE_MODULES.flatMap(
  (module) => Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, module) as Type[],
);

/** Every controller with nothing behind it: enough to be described. */
@Module({ controllers: CONTROLLERS, providers: dependencies().map(standIn) })
class DescribedModule {}

/** Every way into this service, by its own name and by every other. */
export function everyRoute(): readonly Route[] {
  const routes = routesIn([...CONTROLLERS, PagesController]);
  const others = Object.entries(COMMAND_ALIASES).flatMap(([name, subject]) =>
    routes.filter((route) => route.name === subject).map((route) => ({ ...route, name })),
  );
  return [...routes, ...others];
}

/** Text of contracts/openapi.json; starts no server and connects to none. */
export async function openApiFile(): Promise<string> {
  const app = await NestFactory.create(DescribedModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  return `${JSON.stringify(describeApi(app), null, 2)}\n`;
}

function dependencies(): Types {
  const typesOf = (controller: Type) =>
    (Reflect.getMetadata('design:paramtypes', controller) ?? []) as Types;
  return [...new Set(CONTROLLERS.flatMap(typesOf))];
}

function standIn(token: Type): Provider {
  return { provide: token, useValue: {} };
}

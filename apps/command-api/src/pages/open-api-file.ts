import type { Provider, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONTROLLERS } from '../controllers';
import { describeApi } from './open-api';

/** Every controller with nothing behind it: enough to be described. */
@Module({ controllers: CONTROLLERS, providers: dependencies().map(standIn) })
class DescribedModule {}

/** Text of contracts/openapi.json; starts no server and connects to none. */
export async function openApiFile(): Promise<string> {
  const app = await NestFactory.create(DescribedModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  return `${JSON.stringify(describeApi(app), null, 2)}\n`;
}

function dependencies(): readonly Type[] {
  const typesOf = (controller: Type) =>
    (Reflect.getMetadata('design:paramtypes', controller) ?? []) as readonly Type[];
  return [...new Set(CONTROLLERS.flatMap((controller: Type) => typesOf(controller)))];
}

function standIn(token: Type): Provider {
  return { provide: token, useValue: {} };
}

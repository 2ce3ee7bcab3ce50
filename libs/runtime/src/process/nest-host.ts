import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import type { Health } from '../health/health';
import { NestLogger } from '../logging/logger';
import type { ServiceRuntime } from './service-runtime';

export type RootModule = Type | DynamicModule;

export interface HttpOptions {
  /** Passed to Fastify, for example `{ bodyLimit: 262144 }`. */
  readonly fastify?: Readonly<Record<string, unknown>>;
  /** Pipes, filters, prefix, documents: runs before the port is bound. */
  readonly configure?: (app: NestFastifyApplication) => Promise<void> | void;
}

export interface HostOptions {
  readonly root: RootModule;
  readonly strategies?: (app: INestApplicationContext) => CustomTransportStrategy[];
  readonly http?: HttpOptions;
}

export interface Host {
  readonly app: INestApplicationContext;
  readonly httpPort?: number;
}

/** Boots the smallest Nest application that carries what is asked for. */
export async function startHost(options: HostOptions, runtime: ServiceRuntime): Promise<Host> {
  if (!options.strategies && !options.http) return startContext(options, runtime);
  const app = await createApplication(options, runtime);
  await options.http?.configure?.(app);
  await connectStrategies(app, options);
  return options.http ? listen(app, runtime) : { app: await app.init() };
}

async function createApplication({ root, http }: HostOptions, runtime: ServiceRuntime) {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const adapter = new FastifyAdapter(http?.fastify ?? {});
  closeConnectionsWhileStopping(adapter, runtime.health);
  return NestFactory.create<NestFastifyApplication>(root, adapter, nestOptions(runtime));
}

/** A client that keeps its connection would send its next request to a process that is about to go. */
function closeConnectionsWhileStopping(adapter: FastifyAdapter, health: Health): void {
  adapter.getInstance().addHook('onSend', (_request, reply, payload, done) => {
    if (health.isStopping) reply.header('connection', 'close');
    done(null, payload);
  });
}

async function connectStrategies(app: NestFastifyApplication, { strategies }: HostOptions) {
  for (const strategy of strategies?.(app) ?? []) {
    app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  }
  await app.startAllMicroservices();
}

async function listen(app: NestFastifyApplication, runtime: ServiceRuntime): Promise<Host> {
  const { httpHost, httpPort } = runtime.configuration;
  await app.listen(httpPort, httpHost);
  return { app, httpPort: (app.getHttpServer().address() as AddressInfo).port };
}

async function startContext({ root }: HostOptions, runtime: ServiceRuntime): Promise<Host> {
  return { app: await NestFactory.createApplicationContext(root, nestOptions(runtime)) };
}

function nestOptions(runtime: ServiceRuntime) {
  return {
    logger: new NestLogger(runtime.logger),
    abortOnError: false,
    forceCloseConnections: true,
  };
}

import type { INestApplicationContext } from '@nestjs/common';
import { BusConnection, ServicesStrategy } from '@uplift/bus';
import { COMMAND_ALIASES } from '@uplift/contracts';
import type { ServiceOptions, Tracing } from '@uplift/runtime';
import { COMMAND_API_SETTINGS, CommandApiModule, SERVICE_NAME } from './command-api.module';
import { configureHttp, FASTIFY_OPTIONS } from './http/http-transport';
import { BODY_LIMIT_BYTES } from './input/read-dto';
import { COMMAND_ENDPOINTS } from './nats/bus-command';
import { UnheardRefusals } from './nats/unheard-refusals';
import { PublishedApi } from './pages/open-api';

const API_VERSION = '1.0.0';

/** The service as a whole: what `main` runs and what a test starts alone. */
export function commandApi(): ServiceOptions<(typeof COMMAND_API_SETTINGS)[number]> {
  return {
    name: SERVICE_NAME,
    settings: COMMAND_API_SETTINGS,
    module: (runtime) => CommandApiModule.for(runtime),
    strategies: (app, { tracing }) => [natsTransport(app, tracing)],
    http: {
      fastify: FASTIFY_OPTIONS,
      configure: (app) => {
        configureHttp(app);
        app.get(PublishedApi, { strict: false }).describe(app);
      },
    },
  };
}

function natsTransport(app: INestApplicationContext, tracing: Tracing): ServicesStrategy {
  const unheard = app.get(UnheardRefusals, { strict: false });
  return new ServicesStrategy({
    connection: app.get(BusConnection),
    name: `uplift-${SERVICE_NAME}`,
    version: API_VERSION,
    description: 'Commands to instances and their upgrades',
    endpoints: COMMAND_ENDPOINTS,
    aliases: COMMAND_ALIASES,
    maxBodyBytes: BODY_LIMIT_BYTES,
    tracing,
    onUnheard: (subject, problem) => unheard.refused(subject, problem),
  });
}

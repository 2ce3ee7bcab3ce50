import type { OnModuleInit, Provider } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { APP_GUARD, ModulesContainer } from '@nestjs/core';
import type { ACCESS_POLICY_SETTINGS, RATE_SETTINGS } from '@uplift/access';
import {
  AccessPolicy,
  accessPolicyOf,
  ApiTokens,
  Authenticator,
  DenialMeter,
  ratesIn,
  RequestLimiter,
  verifierFor,
} from '@uplift/access';
import { EventStore } from '@uplift/event-store';
import type { Configuration } from '@uplift/runtime';
import { Clock, Health, Metrics } from '@uplift/runtime';
import { AccessGuard } from './access.guard';
import { ActorNameKeeper } from './actor-name-keeper';
import { AdmissionRecords } from './admission-records';
import { PostgresActorNames } from './postgres.actor-names';
import { ReadRecorder } from './read-recorder';
import { refuseUndeclared, routesOf } from './route-access';

const OPEN = 'UPLIFT_AUTH=off: everybody who reaches this process may do everything';

/** Looks at every route before the first request comes, and says what is unusual about who may come in. */
@Injectable()
class AccessAtStart implements OnModuleInit {
  private readonly logger = new Logger('access');

  constructor(
    private readonly policy: AccessPolicy,
    private readonly modules: ModulesContainer,
    private readonly health: Health,
  ) {}

  onModuleInit(): void {
    refuseUndeclared(routesOf(this.modules));
    const { isOff, notice } = this.policy;
    if (notice !== undefined) this.logger.warn(notice);
    if (!isOff) return;
    this.logger.warn(OPEN);
    this.health.addDegradation('access', () => OPEN);
  }
}

/** Who may come in. Throws ConfigurationError. */
export function accessProviders(
  configuration: Configuration<
    | (typeof ACCESS_POLICY_SETTINGS | typeof RATE_SETTINGS)[number]
    | 'httpHost'
    | 'actorsPostgresUrl'
  >,
  service: string,
): Provider[] {
  const policy = accessPolicyOf(configuration);
  return [
    { provide: AccessPolicy, useValue: policy },
    {
      provide: ApiTokens,
      inject: [EventStore, Clock],
      useFactory: (store: EventStore, clock: Clock) =>
        new ApiTokens(store, clock, service, policy.apiTokensFrom),
    },
    {
      provide: Authenticator,
      inject: [ApiTokens, Clock],
      useFactory: (tokens: ApiTokens, clock: Clock) =>
        new Authenticator(policy, tokens, verifierFor(policy, clock), clock),
    },
    {
      provide: RequestLimiter,
      inject: [Clock],
      useFactory: (clock: Clock) => new RequestLimiter(ratesIn(configuration), clock),
    },
    {
      provide: DenialMeter,
      inject: [Metrics],
      useFactory: (metrics: Metrics) => new DenialMeter(metrics),
    },
    nameKeeper(configuration),
    ReadRecorder,
    AdmissionRecords,
    AccessAtStart,
  ];
}

function nameKeeper({ actorsPostgresUrl: url }: Configuration<'actorsPostgresUrl'>): Provider {
  return {
    provide: ActorNameKeeper,
    inject: [EventStore, Clock, Metrics, Health],
    useFactory: (store: EventStore, clock: Clock, metrics: Metrics, health: Health) => {
      const names = url === undefined ? null : new PostgresActorNames(url);
      return new ActorNameKeeper(names, { store, clock, metrics, health });
    },
  };
}

/** No other module may export it. */
export const GLOBAL_GUARD: Provider = { provide: APP_GUARD, useClass: AccessGuard };

import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ANSWERS, openApiSchemas } from '@uplift/contracts';
import { TOKEN_HEADER } from '../access/callback-tokens';
import { BEARER, CALLBACK } from '../access/route-access';
import {
  DeregisterInstanceOfInstanceDto,
  ImportedInstanceDto,
  ReportHealthOfInstanceDto,
  UpdateInstanceOfInstanceDto,
} from '../instances/instances.dto';
import { CloseFindingDto } from '../system/system.dto';
import {
  PrioritizeUpgradeOfInstanceDto,
  ReasonOfInstanceDto,
  ReasonOfUpgradeDto,
  ResolveOutcomeDto,
  ResolveOutcomeOfInstanceDto,
  RetryUpgradeOfInstanceDto,
  TriggerUpgradeDto,
  TriggerUpgradeOfInstanceDto,
} from '../upgrades/upgrades.dto';
import {
  ListDeliveriesDto,
  ListWebhooksDto,
  ReplayOfWebhookDto,
  RotateSecretOfWebhookDto,
  WebhookDto,
} from '../webhooks/webhooks.dto';
import { withExamples } from './examples';

const ABOUT =
  'In-place upgrades of live app instances hosted on Lagoon. Every change is an event; every error is a problem document (RFC 9457). The same commands are taken on the bus, with the same bodies.';

/** Named by no operation: taken on the bus, or one line of an import. */
const FURTHER_MODELS = [
  DeregisterInstanceOfInstanceDto,
  ImportedInstanceDto,
  ReportHealthOfInstanceDto,
  UpdateInstanceOfInstanceDto,
  TriggerUpgradeOfInstanceDto,
  ReasonOfInstanceDto,
  ReasonOfUpgradeDto,
  RetryUpgradeOfInstanceDto,
  ResolveOutcomeOfInstanceDto,
  PrioritizeUpgradeOfInstanceDto,
  CloseFindingDto,
  ListDeliveriesDto,
  ListWebhooksDto,
  ReplayOfWebhookDto,
  RotateSecretOfWebhookDto,
  WebhookDto,
];

const EITHER_CLAIM = { oneOf: [{ required: ['adopt'] }, { required: ['notLanded'] }] };
const REASON_FOR_MORE = {
  anyOf: [
    { properties: { reason: { type: 'string', pattern: '\\S' } }, required: ['reason'] },
    { properties: { repair: { enum: [false] } }, not: { required: ['priority'] } },
  ],
};

/** What a body has to fit beside its members, one by one. */
const CONDITIONS: Readonly<Record<string, object>> = {
  [ResolveOutcomeDto.name]: EITHER_CLAIM,
  [ResolveOutcomeOfInstanceDto.name]: EITHER_CLAIM,
  [TriggerUpgradeDto.name]: REASON_FOR_MORE,
  [TriggerUpgradeOfInstanceDto.name]: REASON_FOR_MORE,
};

function withConditions<Schema extends object>(schemas: Readonly<Record<string, Schema>>) {
  const described = Object.entries(schemas).map(
    ([name, schema]) => [name, { ...schema, ...CONDITIONS[name] }] as const,
  );
  return Object.fromEntries(described);
}

/** The published description of the HTTP API, made from the code that answers. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Uplift')
    .setDescription(ABOUT)
    .setVersion('1')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'An API token (`uplift_...`), or a JSON Web Token of the identity provider',
      },
      BEARER,
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: TOKEN_HEADER,
        description:
          'The token of one instance (`uplift_callback_...`); taken as `Authorization: Bearer` as well',
      },
      CALLBACK,
    )
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  const made = SwaggerModule.createDocument(app, options, {
    extraModels: FURTHER_MODELS,
    operationIdFactory: (_controller, method) => method,
  });
  const bodies = withConditions(made.components?.schemas ?? {});
  const schemas = { ...bodies, ...openApiSchemas(Object.values(ANSWERS)) };
  const described = { ...made, components: { ...made.components, schemas } } as OpenAPIObject;
  return withExamples(described);
}

/** Holds the description once the application that it describes exists. */
export class PublishedApi {
  private made: OpenAPIObject | undefined;
  private app: INestApplication | undefined;

  describe(app: INestApplication): void {
    this.app = app;
  }

  get document(): OpenAPIObject {
    if (!this.app) throw new Error('The application is not described yet');
    this.made ??= describeApi(this.app);
    return this.made;
  }
}

import type { OpenAPIObject } from '@nestjs/swagger';
import { problem } from '@uplift/contracts';

/* Examples of the published description: what people copy, and what tests send. */

type Json = Readonly<Record<string, unknown>>;
type Schemas = Readonly<Record<string, unknown>>;

const REFERENCE = '#/components/schemas/';
export const INSTANCE_ID = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
export const UPGRADE_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const REASON = { reason: 'CHG-1042: the new release' };

const REGISTRATION = {
  project: 'shop',
  environment: 'main',
  app: 'drupal-store',
  status: 'running-healthy-claimed',
  labels: { tier: 'gold' },
  scripts: { preUpgrade: { service: 'cli', command: 'drush state:set system.maintenance_mode 1' } },
  healthProbe: { path: '/health' },
};
const TRIGGER = { strategy: 'branch-ref', target: { ref: 'v2.1.0' }, ...REASON };
const UPDATE = {
  labels: { tier: 'gold' },
  upgrade: { strategy: TRIGGER.strategy, target: TRIGGER.target },
  ...REASON,
};

const AT = '2026-03-01T10:00:00.000Z';

const WEBHOOK_ID = '3d9c1f4e-6a57-4c0b-9f0e-2b8d7a61c5f3';
const IDS: readonly unknown[] = [INSTANCE_ID, UPGRADE_ID, WEBHOOK_ID];

const WEBHOOK = {
  url: 'https://tickets.example.com/hooks/uplift',
  format: 'cloudevents',
  events: ['UpgradeFailed'],
  labels: { tier: 'gold' },
  description: 'A ticket for each upgrade that failed',
};

/** Of the bodies whose members have to fit each other; all others follow from their schemas. */
const BODIES: Readonly<Record<string, Json>> = {
  RegisterInstanceDto: REGISTRATION,
  ImportedInstanceDto: { instanceId: INSTANCE_ID, ...REGISTRATION },
  TriggerUpgradeDto: TRIGGER,
  TriggerUpgradeOfInstanceDto: { instanceId: INSTANCE_ID, ...TRIGGER },
  RetryUpgradeDto: REASON,
  RetryUpgradeOfInstanceDto: { instanceId: INSTANCE_ID, upgradeId: UPGRADE_ID, ...REASON },
  ResolveOutcomeDto: { ...REASON, notLanded: true },
  ResolveOutcomeOfInstanceDto: {
    instanceId: INSTANCE_ID,
    upgradeId: UPGRADE_ID,
    ...REASON,
    notLanded: true,
  },
  UpdateInstanceDto: UPDATE,
  UpdateInstanceOfInstanceDto: { instanceId: INSTANCE_ID, ...UPDATE },
  UpgradeTarget: TRIGGER.target,
  CreateWebhookDto: WEBHOOK,
  Webhook: {
    webhookId: WEBHOOK_ID,
    ...WEBHOOK,
    ...{ createdBy: 'operator-7', createdAt: AT, pending: 0, oldestPendingAt: null },
    ...{ failingSince: null, previousSecretUntil: null },
  },
  AsOf: { position: '1234', at: AT, ageMs: 40 },
  AllowedCommand: {
    command: 'RetryUpgrade',
    allowed: false,
    code: 'status-not-allowed',
    detail: 'Only from pre-upgrade-failed, upgrade-failed or post-upgrade-failed',
  },
  Event: {
    id: '9f3b2d0e-3c5a-5f6e-9d0a-5b8f2f1c7a11',
    type: 'InstanceDeregistered',
    stream: `instance-${INSTANCE_ID}`,
    subject: INSTANCE_ID,
    revision: 14,
    position: '1234',
    recordedAt: AT,
    data: { ...REASON, requestedBy: 'operator-7' },
    metadata: { $correlationId: INSTANCE_ID, service: 'command-api', schemaVersion: 1 },
  },
  Problem: {
    ...problem('upgrade-in-flight', 'Wait until the upgrade has ended'),
    instanceId: INSTANCE_ID,
    currentStatus: 'upgrade-running',
  },
};

/** By the name of the member. */
const MEMBERS: Readonly<Record<string, unknown>> = {
  ...REGISTRATION,
  ...REASON,
  core: 'default',
  upgradeId: UPGRADE_ID,
  currentUpgradeId: null,
  lastUpgradeId: UPGRADE_ID,
  existingInstanceId: INSTANCE_ID,
  projectId: 7,
  statusLabel: 'Running healthy (claimed)',
  strategy: 'branch-ref',
  requestedBy: 'operator-7',
  createdBy: 'operator-7',
  closedBy: null,
  actor: 'operator-7',
  subject: 'operator-7',
  issuer: 'urn:uplift:api-token',
  position: '1234',
  revision: 4,
  eventType: 'UpgradeRequested',
  stops: [],
  claimed: true,
  type: 'user',
  nextCursor: null,
  cursor: '1234',
  waitingFor: null,
  unreadable: null,
  failureReason: null,
  reasonClass: null,
  failure: null,
  buildName: 'lagoon-build-4f2a',
  buildStatus: 'complete',
  buildStep: 'buildingImage-nginx',
  ref: 'v2.1.0',
  sourceEnvironment: 'staging',
  service: 'cli',
  command: 'drush cache:rebuild',
  path: '/health',
  ageMs: 40,
  attempt: 1,
  byStatus: { 'running-healthy-claimed': 24, 'upgrade-failed': 1 },
  byOutcome: { succeeded: 24, failed: 1 },
  openByKind: { 'stream-gone': 1 },
  scopes: ['instances:read'],
  expiresAt: '2026-12-31T00:00:00.000Z',
  token: 'uplift_…',
  name: 'Deployment robot',
  instance: `/v1/instances/${INSTANCE_ID}`,
  timeline: `/v1/instances/${INSTANCE_ID}/timeline`,
  events: `/v1/instances/${INSTANCE_ID}/events`,
  upgrade: `/v1/upgrades/${UPGRADE_ID}`,
  system: '/v1/system',
  findings: '/v1/system/findings',
  tokens: '/v1/tokens',
  webhooks: '/v1/webhooks',
  webhook: `/v1/webhooks/${WEBHOOK_ID}`,
  deliveries: `/v1/webhooks/${WEBHOOK_ID}/deliveries`,
  webhookId: WEBHOOK_ID,
  secret: 'whsec_…',
  callback: `/api/instance/${INSTANCE_ID}/health`,
  target: null,
};

/** A value that the schema describes. */
export function exampleOf(schema: unknown, schemas: Schemas, member = ''): unknown {
  const own = schema as Members;
  if (own.$ref !== undefined) return ofReference(own.$ref, schemas);
  if (own.default !== undefined) return own.default;
  const told = MEMBERS[member];
  return told !== undefined && fits(told, own) ? told : ofKind(own, schemas, member);
}

function ofKind(schema: Members, schemas: Schemas, member: string): unknown {
  if (schema.nullable === true && schema.type === 'object') return null;
  const [inner] = schema.allOf ?? schema.anyOf ?? [];
  return inner === undefined ? ofType(schema, schemas) : exampleOf(inner, schemas, member);
}

interface Members {
  readonly $ref?: string;
  readonly allOf?: readonly Json[];
  readonly anyOf?: readonly Json[];
  readonly nullable?: boolean;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

function ofReference($ref: string, schemas: Schemas): unknown {
  const name = $ref.slice(REFERENCE.length);
  return BODIES[name] ?? exampleOf(schemas[name] ?? {}, schemas);
}

/** A member of this name may be something else elsewhere. */
function fits(value: unknown, { type, enum: values, format, nullable, pattern }: Members): boolean {
  if (value === null) return nullable === true;
  if (values !== undefined) return values.includes(value);
  if (format === 'uuid') return IDS.includes(value);
  if (typeof value === 'string' && !new RegExp(pattern ?? '', 'u').test(value)) return false;
  return type === typeOf(value);
}

/** As JSON Schema has it. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function ofType(schema: Members, schemas: Schemas): unknown {
  const { type, enum: values, items = {}, minimum = 0 } = schema;
  if (values !== undefined) return values[0];
  if (type === 'array') return [exampleOf(items, schemas)];
  const plain = { integer: minimum, number: minimum, boolean: false, string: ofText(schema) };
  return Object.hasOwn(plain, type ?? '')
    ? plain[type as keyof typeof plain]
    : ofObject(schema, schemas);
}

function ofText({ format }: Members): string {
  if (format === 'uuid') return INSTANCE_ID;
  return format === 'date-time' ? AT : 'text';
}

function ofObject({ properties = {}, required = [] }: Members, schemas: Schemas): Json {
  const told = Object.entries(properties).filter(
    ([name, schema]) => required.includes(name) || !isSignal(schema),
  );
  const members = told.map(([name, schema]) => [name, exampleOf(schema, schemas, name)] as const);
  return Object.fromEntries(members);
}

/** Of one value: its presence says something that is seldom so. */
function isSignal({ enum: values }: Members): boolean {
  return values?.length === 1;
}

interface Content {
  schema?: unknown;
  example?: unknown;
}

interface Described {
  readonly parameters?: { name: string; schema?: Members; example?: unknown }[];
  readonly requestBody?: { readonly content?: Record<string, Content> };
  readonly responses?: Record<string, { readonly content?: Record<string, Content> }>;
}

const PARAMETERS: Readonly<Record<string, unknown>> = {
  'Idempotency-Key': 'CHG-1042-shop-main',
  'If-Match': '"4"',
  'Last-Event-ID': '1234',
  'Min-Position': '1234',
  'min-position': '1234',
  after: '1234',
  cursor: 'WyIyMDI2Il0',
  label: ['tier=gold'],
  id: INSTANCE_ID,
  uuid: INSTANCE_ID,
  ids: INSTANCE_ID,
  order: 'newest-first',
};

/** Gives every operation an example of its parameters, its body and its answers; the problem has one for all. */
export function withExamples(api: OpenAPIObject): OpenAPIObject {
  const schemas = (api.components?.schemas ?? {}) as Schemas;
  Object.assign(schemas.Problem ?? {}, { example: BODIES.Problem });
  for (const item of Object.values(api.paths)) {
    for (const operation of Object.values(item as Record<string, Described>)) {
      addExamples(operation, schemas);
    }
  }
  return api;
}

function addExamples(operation: Described, schemas: Schemas): void {
  const { parameters = [], requestBody, responses = {} } = operation;
  for (const parameter of parameters) {
    const { name, schema = {} } = parameter;
    const told = PARAMETERS[name];
    parameter.example ??=
      told !== undefined && fits(told, schema) ? told : exampleOf(schema, schemas, name);
  }
  [requestBody, ...Object.values(responses)].forEach((body) => addExample(body, schemas));
}

function addExample(body: Described['requestBody'], schemas: Schemas): void {
  const content = body?.content?.['application/json'];
  if (content?.schema !== undefined) content.example ??= exampleOf(content.schema, schemas);
}

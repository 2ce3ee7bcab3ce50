import type {
  AppHealth,
  BuildTraits,
  EnvironmentTraits,
  Restriction,
} from '@uplift/lagoon/testing';
import { Ajv } from 'ajv';
import type { FaultSpec } from './faults';
import { FAULT_KINDS } from './faults';
import type { TokenRule } from './tokens';

export interface EnvironmentSpec extends Partial<
  Omit<EnvironmentTraits, 'failBuilds' | 'failTasks'>
> {
  readonly project: string;
  readonly environment: string;
  /** True: all; a number: the next so many. */
  readonly failBuild?: boolean | number;
  readonly failTask?: boolean | number;
  /** Short for `health: unhealthy`. */
  readonly unhealthy?: boolean;
  /** Of the whole project. */
  readonly deploymentsDisabled?: boolean;
  readonly restrictions?: readonly Restriction[];
  /** Puts a deleted environment of the same name beside it. */
  readonly deletedTwin?: boolean;
}

/** A build that somebody else starts. */
export interface BuildSpec extends Partial<BuildTraits> {
  readonly project: string;
  readonly environment: string;
  readonly bulkName?: string;
  readonly bulkId?: string;
}

/** Names a build. */
export interface BuildName {
  readonly project: string;
  readonly environment: string;
  readonly name: string;
}

export interface AccountSpec {
  /** True: the caller has a platform role, and may set `bulkId` and `priority`. */
  readonly platformRole: boolean;
}

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true });

/** Compiled at its first use. */
function shape<T>(schema: object): (value: unknown) => value is T {
  let fits: ((value: unknown) => value is T) | undefined;
  return (value): value is T => (fits ??= ajv.compile<T>(schema))(value);
}

const name = { type: 'string', minLength: 1, maxLength: 100 };
const flag = { type: 'boolean' };
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const count = { type: ['boolean', 'integer'], minimum: 0 };
const seconds = { type: 'number', minimum: 0 };
const milliseconds = { type: 'integer', minimum: 0 };
const secondsOrNull = { type: ['number', 'null'], minimum: 0 };
const secondsOrNever = { anyOf: [seconds, { const: 'never' }] };
const healths: readonly AppHealth[] = ['healthy', 'unhealthy', 'hang', 'close'];

const buildTraits = {
  rowSeconds: secondsOrNever,
  rows: { type: 'integer', minimum: 1, maximum: 10 },
  startSeconds: secondsOrNever,
  regresses: flag,
  runningStatus: name,
  runSeconds: secondsOrNull,
  endStatus: { type: ['string', 'null'] },
  vanishSeconds: secondsOrNull,
  ignoresCancel: flag,
  buildLog: { type: ['string', 'null'] },
  sourceType: { enum: ['API', 'WEBHOOK'] },
};

const registeredTask = closed(['id', 'name', 'type'], {
  id: { type: 'integer' },
  name,
  type: { enum: ['COMMAND', 'IMAGE'] },
  service: name,
  command: text,
  arguments: { type: 'array', items: name },
});

function closed(required: readonly string[], properties: object) {
  return { type: 'object', required, additionalProperties: false, properties };
}

export const isEnvironmentSpec = shape<EnvironmentSpec>(
  closed(['project', 'environment'], {
    project: name,
    environment: name,
    environmentType: { enum: ['production', 'development'] },
    deployType: { enum: ['branch', 'pullrequest', 'promote'] },
    deployBaseRef: { type: ['string', 'null'], maxLength: 100 },
    mayDeploy: flag,
    idleState: name,
    autoIdle: flag,
    wakeSeconds: seconds,
    failBuild: count,
    failTask: count,
    taskSeconds: secondsOrNull,
    ignoresTaskCancel: flag,
    buildWarnings: flag,
    buildSeconds: secondsOrNull,
    buildTraits: closed([], buildTraits),
    nextBuilds: { type: 'array', items: closed([], buildTraits) },
    unhealthy: flag,
    health: { enum: healths },
    healthAfterBuild: { enum: [...healths, null] },
    healthAfterCancel: { enum: [...healths, null] },
    routes: { anyOf: [texts, { type: 'null' }] },
    nextRoutes: { type: 'array', items: texts },
    services: { type: 'array', items: name },
    stoppedServices: { type: 'array', items: name },
    registeredTasks: { type: 'array', items: registeredTask },
    deleted: flag,
    deletedTwin: flag,
    deploymentsDisabled: flag,
    restrictions: { type: 'array', items: name },
  }),
);

export const isBuildSpec = shape<BuildSpec>(
  closed(['project', 'environment'], {
    project: name,
    environment: name,
    bulkName: name,
    bulkId: name,
    ...buildTraits,
  }),
);

export const isBuildName = shape<BuildName>(
  closed(['project', 'environment', 'name'], { project: name, environment: name, name }),
);

export const isFaultSpec = shape<FaultSpec>(
  closed(['kind'], {
    kind: { enum: Object.keys(FAULT_KINDS) },
    field: name,
    match: { type: ['string', 'null'] },
    times: { type: 'integer', minimum: 1 },
    probability: { type: 'number', minimum: 0, maximum: 1 },
    lands: { type: ['boolean', 'null'] },
    landMs: milliseconds,
    delayMs: milliseconds,
    message: text,
    status: { type: 'integer', minimum: 200, maximum: 599 },
    body: text,
    contentType: name,
    bytes: { type: 'integer', minimum: 1 },
  }),
);

export const isTokenRule = shape<TokenRule>(
  closed(['token', 'validMs'], {
    token: { type: 'string', minLength: 1 },
    validMs: { type: ['integer', 'null'], minimum: 0 },
  }),
);

export const isAccountSpec = shape<AccountSpec>(closed(['platformRole'], { platformRole: flag }));

export const isOutageSpec = shape<{ readonly active: boolean }>(
  closed(['active'], { active: flag }),
);

export const isClockSpec = shape<{ readonly advanceSeconds: number }>(
  closed(['advanceSeconds'], { advanceSeconds: seconds }),
);

import { Ajv } from 'ajv';
import type { Fault } from '../faults/fault';
import type { AppHealth, EnvironmentTraits } from '../world/environment';

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
  readonly deploymentsDisabled?: boolean;
}

export interface BuildSpec {
  readonly project: string;
  readonly environment: string;
  readonly bulkName?: string;
}

export type FaultSpec = Partial<Fault> & Pick<Fault, 'kind'>;

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true });

const name = { type: 'string', minLength: 1, maxLength: 100 };
const count = { type: ['boolean', 'integer'], minimum: 0 };
const healths: readonly AppHealth[] = ['healthy', 'unhealthy', 'hang', 'close'];

function closed(required: readonly string[], properties: object) {
  return { type: 'object', required, additionalProperties: false, properties };
}

export const isEnvironmentSpec = ajv.compile<EnvironmentSpec>(
  closed(['project', 'environment'], {
    project: name,
    environment: name,
    environmentType: { enum: ['production', 'development'] },
    deployType: { enum: ['branch', 'pullrequest', 'promote'] },
    idleState: { type: ['string', 'null'] },
    failBuild: count,
    failTask: count,
    buildWarnings: { type: 'boolean' },
    buildSeconds: { type: ['number', 'null'], minimum: 0 },
    unhealthy: { type: 'boolean' },
    health: { enum: healths },
    healthAfterBuild: { enum: [...healths, null] },
    services: { type: 'array', items: name },
    deleted: { type: 'boolean' },
    deploymentsDisabled: { type: 'boolean' },
  }),
);

export const isBuildSpec = ajv.compile<BuildSpec>(
  closed(['project', 'environment'], { project: name, environment: name, bulkName: name }),
);

export const isFaultSpec = ajv.compile<FaultSpec>(
  closed(['kind'], {
    kind: {
      enum: [
        'refuse',
        'lose-request',
        'lose-answer',
        'gateway-timeout',
        'slow',
        'unauthenticated',
        'replace',
      ],
    },
    field: name,
    match: { type: ['string', 'null'] },
    times: { type: 'integer', minimum: 1 },
    probability: { type: 'number', minimum: 0, maximum: 1 },
    delayMs: { type: 'integer', minimum: 0 },
    message: { type: 'string' },
    status: { type: 'integer', minimum: 200, maximum: 599 },
    body: { type: 'string' },
  }),
);

export const isOutageSpec = ajv.compile<{ readonly active: boolean }>(
  closed(['active'], { active: { type: 'boolean' } }),
);

export const isClockSpec = ajv.compile<{ readonly advanceSeconds: number }>(
  closed(['advanceSeconds'], { advanceSeconds: { type: 'number', minimum: 0 } }),
);

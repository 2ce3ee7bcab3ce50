import {
  permissionsOfTeam,
  TeamServiceError,
  type BusPermissions,
  type TeamService,
} from '@uplift/bus';
import { Ajv, type ErrorObject } from 'ajv';
import { readFile } from 'node:fs/promises';
import { WrongCallError } from './options';

const subjects = { type: 'array', items: { type: 'string' } };

const TEAM_SERVICES = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string' },
      commands: subjects,
      queries: subjects,
      events: subjects,
      durable: { type: 'string' },
    },
  },
};

const areTeamServices = new Ajv({ strict: true }).compile<TeamService[]>(TEAM_SERVICES);

/** The rights of each service in a file, by its name. Throws WrongCallError. */
export async function teamPermissions(file: string): Promise<Map<string, BusPermissions>> {
  const services = servicesIn(file, await readFile(file, 'utf8'));
  refuseSharedDurable(file, services);
  const permissions = new Map<string, BusPermissions>();
  for (const service of services) {
    if (permissions.has(service.name)) {
      throw new WrongCallError(`${file}: two services are called "${service.name}"`);
    }
    permissions.set(service.name, permissionsIn(file, service));
  }
  return permissions;
}

/** Each would take messages of the other. */
function refuseSharedDurable(file: string, services: readonly TeamService[]): void {
  const owners = new Map<string, string>();
  for (const { name, durable } of services) {
    if (durable === undefined) continue;
    const other = owners.get(durable);
    if (other !== undefined && other !== name) {
      throw new WrongCallError(
        `${file}: "${other}" and "${name}" name the same durable "${durable}": give each its own`,
      );
    }
    owners.set(durable, name);
  }
}

function servicesIn(file: string, text: string): readonly TeamService[] {
  const services = parsed(file, text);
  if (areTeamServices(services)) return services;
  const [fault] = areTeamServices.errors ?? [];
  throw new WrongCallError(`${file}${fault === undefined ? ': is not usable' : wordsOf(fault)}`);
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongCallError(`${file}: it is no JSON; write a list of services`);
  }
}

function wordsOf({ instancePath, message = 'is not usable', params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? `: ${String(params.additionalProperty)}` : '';
  return `${instancePath}: ${message}${extra}`;
}

function permissionsIn(file: string, service: TeamService): BusPermissions {
  try {
    return permissionsOfTeam(service);
  } catch (error) {
    if (!(error instanceof TeamServiceError)) throw error;
    throw new WrongCallError(`${file}: ${error.message}`);
  }
}

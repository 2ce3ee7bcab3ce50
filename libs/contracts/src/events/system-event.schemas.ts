import type {
  AuditEventData,
  AuditEventType,
  EnvironmentEventData,
  EnvironmentEventType,
  RefusalEventData,
  RefusalEventType,
  SystemEventData,
  SystemEventType,
} from '@uplift/domain';
import { FINDING_KINDS, SCOPES } from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  documented,
  list,
  name,
  nullable,
  object,
  objectWith,
  oneOf,
  plain,
  record,
  revision,
  text,
  timestamp,
} from '../schema';
import { ASKED_BY, COMMAND_NOTED, evidence } from './attempt.schema';
import { instanceStatus } from './work-order.schema';

const switching = object({
  core: documented('A Lagoon core; null: the whole system', nullable(name)),
  ...ASKED_BY,
});

export const SYSTEM_EVENTS: {
  readonly [Type in SystemEventType]: Schema<SystemEventData[Type]>;
} = {
  StartsStopped: documented(
    'From here on no instance begins its pre-upgrade, and no deployment is triggered.',
    switching,
  ),
  StartsAllowed: documented('Starts are allowed again.', switching),
  CommandNoted: COMMAND_NOTED,
  ClockChecked: documented(
    'A process asks the store for the time: that of this event.',
    object({ clock: documented('What its own clock says', timestamp) }),
  ),
  StoreAccepted: documented(
    'An operator has decided that the store as it is counts, whatever bus and read model hold.',
    object({
      ...ASKED_BY,
      message: documented(
        'A message of the bus whose event the store does not have; null: the read model is of another store',
        nullable(object({ epoch: name, sequence: count, eventId: name })),
      ),
    }),
  ),
  FindingRecorded: documented(
    'The auditor came upon something in store or bus, for the first time or oftener than before.',
    object({
      findingId: name,
      kind: oneOf(FINDING_KINDS),
      subject: documented('A stream, a category, an epoch of the bus, a setting, a process', name),
      detail: text,
      evidence,
      count: documented('How often in all', count),
    }),
  ),
  FindingClosed: documented(
    'Somebody has looked after a finding, or it has ended by itself.',
    object({ findingId: name, ...ASKED_BY }),
  ),
  ApiTokenCreated: documented(
    'From here on whoever shows the token may use its scopes.',
    objectWith<SystemEventData['ApiTokenCreated']>(
      {
        tokenId: name,
        hash: documented(
          'SHA-256 of the token, in hex',
          plain({ type: 'string', pattern: '^[0-9a-f]{64}$' }),
        ),
        scopes: documented('For every instance', list(oneOf(SCOPES))),
        expiresAt: timestamp,
        ...ASKED_BY,
      },
      {
        limited: documented(
          'For instances with all of these labels alone; then there are no other scopes',
          object({ labels: record(text), scopes: list(oneOf(SCOPES)) }),
        ),
      },
    ),
  ),
  ApiTokenRevoked: documented(
    'The token is good for nothing any more.',
    object({ tokenId: name, ...ASKED_BY }),
  ),
  ActorErased: documented(
    'From here on nobody keeps a name of the actor.',
    object({ actorId: documented('As events name the actor', name), ...ASKED_BY }),
  ),
};

const holder = {
  instanceId: name,
  registration: documented(
    'Revision of the event with which the instance was registered, or is about to be',
    revision,
  ),
};

export const ENVIRONMENT_EVENTS: {
  readonly [Type in EnvironmentEventType]: Schema<EnvironmentEventData[Type]>;
} = {
  EnvironmentReserved: documented(
    'From here on the environment belongs to one instance; written before it is registered.',
    object({
      core: documented('The Lagoon core by its own name', name),
      project: name,
      environment: name,
      ...holder,
      requestedBy: name,
    }),
  ),
  EnvironmentFreed: documented(
    'The environment may become another instance.',
    object({ ...holder, ...ASKED_BY }),
  ),
};

export const REFUSAL_EVENTS: {
  readonly [Type in RefusalEventType]: Schema<RefusalEventData[Type]>;
} = {
  CommandRefused: documented(
    'The first refusal of an instance by one rule in one hour.',
    object({
      instanceId: name,
      command: name,
      code: documented('The rule: the code of the problem', name),
      detail: text,
      currentStatus: instanceStatus,
      requestedBy: name,
      hour: documented('Start of the hour', timestamp),
    }),
  ),
  CommandDenied: documented(
    'The first denial in one hour of one command to one caller, for want of a right; or its first refusal where nobody waits for the answer.',
    object({
      command: documented('The subject of the command, or its method and route', name),
      transport: oneOf(['http', 'nats'] as const),
      code: documented('The code of the problem', name),
      deniedTo: documented('The actor; null: it is not known who it was', nullable(name)),
      hour: documented('Start of the hour', timestamp),
    }),
  ),
};

export const AUDIT_EVENTS: {
  readonly [Type in AuditEventType]: Schema<AuditEventData[Type]>;
} = {
  AuditRecordsRead: documented(
    'The first read in one hour of one route by one caller: of what only the scope audit:read opens, or of a credential.',
    object({
      route: documented('Method and route', name),
      readBy: documented('The actor', name),
      hour: documented('Start of the hour', timestamp),
    }),
  ),
};

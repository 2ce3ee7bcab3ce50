import { SCOPES } from '@uplift/domain';
import {
  finding,
  instance,
  position,
  READ,
  stats,
  status,
  timelineEntry,
  upgrade,
} from './documents';
import { PROBLEM_SCHEMA } from './problems';
import { WEBHOOK_ANSWERS } from './webhooks';
import type { StatsAnswer } from './answer-types';
import type { Schema } from './schema';
import {
  dateTime,
  documented,
  flag,
  list,
  named,
  nullable,
  object,
  oneOf,
  plain,
  record,
  revision,
  text,
  uuid,
  wholeNumber,
} from './schema';

/* All that the services answer, over HTTP and NATS alike. Times are RFC 3339, positions decimal text. */

const anything: Schema<object> = plain({ type: 'object', additionalProperties: true });

const event = named(
  'Event',
  object({
    id: uuid,
    type: text,
    stream: text,
    subject: documented('Id of the stream: of the instance, for events of an instance', text),
    revision,
    position,
    recordedAt: documented('Time of the store', dateTime),
    data: anything,
    metadata: documented('Cause, actor, schema version, hash', anything),
  }),
);

const storedAt = documented('Position in the store, for min-position', position);

const commandLinks = named(
  'CommandLinks',
  object({ instance: text, timeline: text, events: text }, { upgrade: text }),
);

const command = named(
  'CommandAnswer',
  object(
    {
      instanceId: uuid,
      revision: documented('Revision the command led to', revision),
      position: storedAt,
      status: documented('Status the command led to', status),
      links: commandLinks,
    },
    {
      upgradeId: documented('Only of an upgrade', uuid),
      existed: documented(
        'Only of a registration with upsert: the environment had this instance already',
        plain<true>({ const: true }),
      ),
    },
  ),
);

/** What a command to a stream of the system led to. */
function ledTo(stream: string) {
  return {
    revision: documented(`Revision of ${stream} that the command led to`, revision),
    position: storedAt,
  };
}

const callbackLinks = named(
  'CallbackTokenLinks',
  object({ callback: documented('POST here, with a status at the end', text) }),
);

const tokenLinks = named('ApiTokenLinks', object({ tokens: text }));
const scopes = list(oneOf(SCOPES));
const limit = documented(
  'Only for instances with all of these; none: for every instance',
  record(text),
);
const actor = documented('The id by which events name the holder', text);

const apiToken = named(
  'ApiToken',
  object({
    tokenId: uuid,
    actor,
    scopes,
    labels: limit,
    expiresAt: dateTime,
    state: oneOf(['in-force', 'expired', 'revoked'] as const),
    createdBy: documented('The actor who created it', text),
    reason: documented('What it is for', text),
  }),
);

const actorLinks = named('ActorLinks', object({ actor: text }));
const actorName = named('ActorName', object({ actorId: uuid, name: text }));

/** The schema of every answer. Named parts stand in `definitions` under the name they are published by. */
export const ANSWERS = {
  instance: named('InstanceAnswer', object({ instance, ...READ })),
  instancePage: named(
    'InstancePage',
    object({ items: list(instance), nextCursor: nullable(text), ...READ }),
  ),
  timelinePage: named(
    'TimelinePage',
    object({
      instanceId: uuid,
      items: list(timelineEntry),
      nextCursor: nullable(text),
      ...READ,
    }),
  ),
  upgrade: named('UpgradeAnswer', object({ upgrade, ...READ })),
  upgradePage: named(
    'UpgradePage',
    object({ items: list(upgrade), nextCursor: nullable(text), ...READ }),
  ),
  stats: named('StatsAnswer', object({ ...stats, ...READ })),
  system: named('SystemAnswer', object(READ)),
  findingPage: named(
    'FindingPage',
    object({
      items: documented('Newest first', list(finding)),
      openByKind: documented('How many are open, whatever the filter', record(wholeNumber)),
      nextCursor: nullable(text),
      ...READ,
    }),
  ),
  command,
  systemCommand: named(
    'SystemCommandAnswer',
    object({
      ...ledTo('the switches'),
      stopped: documented('Whether it left all starts stopped', flag),
      stoppedCores: documented('The cores whose starts it left stopped', list(text)),
      links: named('SystemLinks', object({ system: text })),
    }),
  ),
  acceptStore: named(
    'AcceptStoreAnswer',
    object({
      ...ledTo('the decisions'),
      links: named('AcceptStoreLinks', object({ system: text })),
    }),
  ),
  findingCommand: named(
    'FindingCommandAnswer',
    object({
      findingId: uuid,
      ...ledTo('the findings'),
      links: named('FindingLinks', object({ findings: text })),
    }),
  ),
  identity: named(
    'IdentityAnswer',
    object({
      actor: documented('As events name the caller', object({ type: text, id: text })),
      scopes,
      labels: limit,
      issuer: documented('Who vouches for the caller', text),
      subject: documented('Its name there', text),
      expiresAt: documented('Null: not by itself', nullable(dateTime)),
    }),
  ),
  tokenList: named(
    'ApiTokenList',
    object({ items: documented('Newest first, at most a thousand', list(apiToken)) }),
  ),
  tokenCreated: named(
    'ApiTokenCreatedAnswer',
    object({
      tokenId: uuid,
      actor,
      token: documented(
        'Shown this once; null where the command is repeated: revoke the token and create another',
        nullable(text),
      ),
      expiresAt: dateTime,
      ...ledTo('the tokens'),
      links: tokenLinks,
    }),
  ),
  tokenCommand: named(
    'ApiTokenCommandAnswer',
    object({ tokenId: uuid, ...ledTo('the tokens'), links: tokenLinks }),
  ),
  actor: named(
    'ActorAnswer',
    object({
      actorId: uuid,
      state: documented(
        'unnamed: no name is kept, perhaps not yet; erased: none is kept again',
        oneOf(['named', 'unnamed', 'erased'] as const),
      ),
      name: documented('Null unless it is named', nullable(text)),
    }),
  ),
  actorNames: named(
    'ActorNames',
    object({ items: documented('Of those whose name is kept', list(actorName)) }),
  ),
  actorCommand: named(
    'ActorCommandAnswer',
    object({
      actorId: uuid,
      nameGone: documented('False: the name goes as soon as the database can be reached', flag),
      ...ledTo('the erasures'),
      links: actorLinks,
    }),
  ),
  callbackToken: named(
    'CallbackTokenAnswer',
    object({
      instanceId: uuid,
      token: documented('What the app shows with its reports', text),
      links: callbackLinks,
    }),
  ),
  eventPage: named(
    'EventPage',
    object({
      instanceId: uuid,
      items: list(event),
      nextRevision: documented(
        'Value of from for the next page; null on the last',
        nullable(wholeNumber),
      ),
    }),
  ),
  ...WEBHOOK_ANSWERS,
  problem: PROBLEM_SCHEMA,
} as const;

export type Stats = Omit<StatsAnswer, 'asOf' | 'stops'>;

/** What `uplift audit verify` prints as JSON. */
export interface AuditVerdict {
  readonly streams: number;
  readonly events: number;
  /** One line per stream that does not verify. */
  readonly faults: readonly string[];
  /** One line per instance that the read model shows otherwise than the replay. */
  readonly differences: readonly string[];
  /** Neither faults nor differences. */
  readonly isSound: boolean;
}

import type { Labels, Scope } from '@uplift/domain';
import {
  FINDING_KINDS,
  INSTANCE_STATUSES,
  LONGEST_LABEL,
  MOST_LABELS,
  REASON_CLASS_NAMES,
  UPGRADE_OUTCOMES,
} from '@uplift/domain';
import type { ANSWERS } from './answers';
import { FAULTS, invalidInput } from './invalid-input';
import type { ProblemFault } from './problems';
import { withDescriptions } from './open-api';
import type { AnySchema, JsonSchema, Schema, ValueOf } from './schema';
import { closed, documented, flag, object, oneOf, plain, uuid } from './schema';
import { faultsIn, PATTERNS, pointerTo } from './schema-faults';
import type { QUERY_SUBJECTS } from './subjects';
import { WEBHOOK_DELIVERY_PAGE } from './webhooks';

/** Length of a page when the caller names none. */
export const DEFAULT_PAGE_LENGTH = 50;

const minPosition: Schema<string> = plain({
  type: 'string',
  maxLength: 19,
  pattern: PATTERNS.digits,
  description: 'Answer only when the read model has come this far (waits up to 5 s)',
});
const cursor: Schema<string> = plain({
  type: 'string',
  maxLength: 500,
  description: 'nextCursor of the page before',
});
const limit: Schema<number> = plain({
  type: 'integer',
  minimum: 1,
  maximum: 100,
  default: DEFAULT_PAGE_LENGTH,
  description: 'Items on a page',
});
/** One line of printable text. */
const line: Schema<string> = plain({
  type: 'string',
  minLength: 1,
  maxLength: 100,
  pattern: PATTERNS.line,
});

/** Never a parameter of a URL: over HTTP the token says it. */
const labels: Schema<Labels> = plain({
  type: 'object',
  maxProperties: MOST_LABELS,
  additionalProperties: { type: 'string', maxLength: LONGEST_LABEL },
  description:
    'Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist',
});
const label: Schema<readonly string[]> = plain({
  type: 'array',
  maxItems: MOST_LABELS,
  items: { type: 'string', maxLength: 300, pattern: PATTERNS.label },
  description: 'Only what is about instances that carry the label name=value; several: all of them',
});
/** A field, or a field behind `-`: turned round. */
function sortedBy<const Field extends string>(description: string, fields: readonly Field[]) {
  return documented(description, oneOf(fields.flatMap((field) => [field, `-${field}`] as const)));
}
function timeOf(description: string): Schema<string> {
  return plain({ type: 'string', format: 'date-time', description });
}
const page = { minPosition, cursor, limit };
const byInstance = { instanceId: uuid };
const ofInstances = {
  project: documented('Only this Lagoon project', line),
  app: documented('Only this store app', line),
  core: documented('Only this Lagoon core', line),
  label,
};
const reasonClass = documented(
  'Only where the last failure was for a reason of this class, see docs/reasons.md',
  oneOf(REASON_CLASS_NAMES),
);
const fromRevision: Schema<number> = plain({
  type: 'integer',
  minimum: 0,
  maximum: 999_999_999,
  description:
    'Revision that the page begins with; absent: the first of all or, newest first, the last',
});
const eventOrder = documented(
  'oldest-first, in order of revision, if absent',
  oneOf(['oldest-first', 'newest-first']),
);
function ofOneInstance(description: string): Schema<string> {
  return plain({ type: 'string', format: 'uuid', pattern: PATTERNS.uuid, description });
}
const seenLast: Schema<string> = plain({
  type: 'string',
  maxLength: 19,
  pattern: PATTERNS.digits,
  description: 'Position seen last, for clients that cannot send Last-Event-ID; 0 is the start',
});

const actorIds: Schema<string> = plain({
  type: 'string',
  pattern: PATTERNS.uuids,
  description: 'Actors as events name them: a hundred at most, separated by commas',
});

/** The body of every query over NATS. */
const QUERIES = {
  instanceGet: closed(object(byInstance, { minPosition, labels })),
  instanceList: closed(
    object(
      {},
      {
        ...page,
        labels,
        status: documented('Only this status', oneOf(INSTANCE_STATUSES)),
        ...ofInstances,
        environment: documented('Only this Lagoon environment', line),
        reasonClass,
        sort: sortedBy('By this field, behind - the last first; -registeredAt if absent', [
          'registeredAt',
          'updatedAt',
          'project',
          'app',
          'status',
        ]),
      },
    ),
  ),
  instanceStats: closed(object({}, { minPosition, labels, ...ofInstances })),
  instanceTimeline: closed(object(byInstance, { ...page, labels })),
  upgradeGet: closed(object({ upgradeId: uuid }, { minPosition, labels })),
  upgradeList: closed(
    object(
      {},
      {
        ...page,
        labels,
        outcome: documented('Only this outcome', oneOf(UPGRADE_OUTCOMES)),
        reasonClass,
        ...ofInstances,
        environment: documented('Only of this Lagoon environment', line),
        instanceId: ofOneInstance('Only of this instance'),
        status: documented('Only of instances that have this status', oneOf(INSTANCE_STATUSES)),
        since: timeOf('Only requested at this time or later'),
        until: timeOf('Only requested before this time'),
        sort: sortedBy(
          'By this field, behind - the last first; what has not ended ends last of all; -requestedAt if absent',
          ['requestedAt', 'endedAt'],
        ),
      },
    ),
  ),
  systemStatus: closed(object({}, { minPosition })),
  systemFindings: closed(
    object(
      {},
      {
        ...page,
        labels,
        kind: documented('Only findings of this kind', oneOf(FINDING_KINDS)),
        open: documented('Only those that are open, or only those that are closed', flag),
      },
    ),
  ),
} as const satisfies Record<keyof typeof QUERY_SUBJECTS, AnySchema>;

/** Every query over HTTP. Its required members stand in the path, the others are parameters of the URL. */
const HTTP_QUERIES = {
  ...QUERIES,
  instanceEvents: closed(object(byInstance, { from: fromRevision, order: eventOrder, limit })),
  eventStream: closed(
    object({}, { instanceId: ofOneInstance('Only events of this instance'), after: seenLast }),
  ),
  actorNames: closed(object({}, { ids: actorIds })),
  webhookDeliveries: WEBHOOK_DELIVERY_PAGE,
} as const satisfies Record<string, AnySchema>;

/** What each query is answered with, by its name in `ANSWERS`. */
export const QUERY_ANSWERS = {
  instanceGet: 'instance',
  instanceList: 'instancePage',
  instanceStats: 'stats',
  instanceTimeline: 'timelinePage',
  upgradeGet: 'upgrade',
  upgradeList: 'upgradePage',
  systemStatus: 'system',
  systemFindings: 'findingPage',
} as const satisfies Record<QueryName, keyof typeof ANSWERS>;

/** What a caller needs for each query. */
export const QUERY_SCOPES: Readonly<Record<QueryName, Scope>> = {
  instanceGet: 'instances:read',
  instanceList: 'instances:read',
  instanceStats: 'instances:read',
  instanceTimeline: 'instances:read',
  upgradeGet: 'instances:read',
  upgradeList: 'instances:read',
  systemStatus: 'instances:read',
  systemFindings: 'audit:read',
};

/** The schema of the body of a query, with every member described. */
export function querySchema(query: QueryName): JsonSchema {
  return withDescriptions(QUERIES[query].json);
}

/** Whether a query is about instances, so that it can be held to some of them. */
export function takesLabels(query: QueryName): boolean {
  return Object.hasOwn(shapeOf(query).properties, 'labels');
}

export type QueryName = keyof typeof QUERIES;
export type HttpQueryName = keyof typeof HTTP_QUERIES;
export type Query<Name extends HttpQueryName> = ValueOf<(typeof HTTP_QUERIES)[Name]>;
export type QueryAnswer<Name extends QueryName> = ValueOf<
  (typeof ANSWERS)[(typeof QUERY_ANSWERS)[Name]]
>;

/** A query parameter of a URL. */
export interface QueryParameter {
  readonly name: string;
  /** Its name in the body. */
  readonly member: string;
  readonly schema: JsonSchema;
}

/** The members that stand in the path of a URL. */
export function pathMembers(query: HttpQueryName): readonly string[] {
  return shapeOf(query).required ?? [];
}

export function queryParameters(query: HttpQueryName): readonly QueryParameter[] {
  const required = pathMembers(query);
  return Object.entries(shapeOf(query).properties)
    .filter(([member]) => !required.includes(member) && member !== 'labels')
    .map(([member, schema]) => ({ name: inUrl(member), member, schema }));
}

/**
 * The body of a query; none asks for nothing in particular. Throws the problem `invalid-input`, which points at every
 * fault.
 */
export function readQuery<Name extends QueryName>(query: Name, body: unknown = {}): Query<Name> {
  const errors = faultsOf(query, body);
  if (errors.length === 0) return body as Query<Name>;
  throw invalidInput(errors);
}

/**
 * The query that a URL stands for: numbers are text there. `path` holds the required members.
 * Throws the problem `invalid-input`, which points at every fault under the name of its parameter.
 */
export function readQueryString<Name extends HttpQueryName>(
  query: Name,
  given: Readonly<Record<string, unknown>>,
  path: object = {},
): Query<Name> {
  const known = queryParameters(query);
  const unknown = Object.keys(given).filter((name) => !known.some((each) => each.name === name));
  const members = known
    .filter(({ name }) => given[name] !== undefined)
    .map(({ name, member, schema }) => [member, fromText(schema, given[name])] as const);
  const body = { ...Object.fromEntries(members), ...path };
  const errors = [
    ...unknown.map((name) => ({ pointer: pointerTo(name), detail: FAULTS.unknown })),
    ...faultsOf(query, body).map((fault) => ({ ...fault, pointer: inUrl(fault.pointer) })),
  ];
  if (errors.length === 0) return body as Query<Name>;
  throw invalidInput(errors);
}

interface QueryShape {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, JsonSchema>>;
}

function shapeOf(query: HttpQueryName): QueryShape {
  return HTTP_QUERIES[query].json as JsonSchema & QueryShape;
}

function faultsOf(query: HttpQueryName, body: unknown): readonly ProblemFault[] {
  return faultsIn(HTTP_QUERIES[query], body);
}

/** A member or a pointer, as a URL has it. */
function inUrl(member: string): string {
  return member.replace('minPosition', 'min-position').replace('reasonClass', 'reason-class');
}

function fromText({ type }: JsonSchema, text: unknown): unknown {
  if (type === 'array') return Array.isArray(text) ? text : [text];
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  return type === 'integer' && isDigits(text) ? Number(text) : text;
}

function isDigits(text: unknown): text is string {
  return typeof text === 'string' && /^(0|[1-9]\d{0,8})$/.test(text);
}

import { STORE_GROUPS, STORE_USERS, type StoreRight } from '../store-rights';

type Fields = Readonly<Record<string, unknown>>;

const EVERYBODY = '$all';
const ADMINISTRATORS = '$admins';
/** How the store writes who may read, write, delete, read metadata and write metadata. */
const ACTIONS = ['$r', '$w', '$d', '$mr', '$mw'] as const;
type Action = (typeof ACTIONS)[number];
type Roles = Partial<Record<Action, StoreRight>>;

const USER_STREAMS: Roles = { $r: 'read streams', $w: 'append', $mr: 'read streams' };

/**
 * The default rights as they have to be: everybody has none, our groups have theirs. What somebody else was given by
 * name stays as it is.
 */
export function defaultRights(settings: Fields, users: readonly string[]): Fields {
  const { $userStreamAcl, $systemStreamAcl } = settings;
  return {
    ...settings,
    $userStreamAcl: rights($userStreamAcl, USER_STREAMS, users),
    $systemStreamAcl: rights($systemStreamAcl, {}, users),
  };
}

/** The metadata of `$all`: who may read all streams. Rights that it does not name are those of the store's own streams. */
export function rightsOnAll(metadata: Fields, users: readonly string[]): Fields {
  const before = fieldsOf(metadata.$acl);
  const all = rights(before, { $r: 'read $all' }, users);
  const named = ACTIONS.filter((action) => action === '$r' || action in before);
  return { ...metadata, $acl: Object.fromEntries(named.map((action) => [action, all[action]])) };
}

export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
}

function rights(
  acl: unknown,
  ours: Roles,
  users: readonly string[],
): Readonly<Record<Action, unknown>> {
  const before = fieldsOf(acl);
  const known = new Set([EVERYBODY, ADMINISTRATORS, ...Object.values(STORE_GROUPS), ...users]);
  const rolesFor = (action: Action) => {
    const right = ours[action];
    const others = listOf(before[action]).filter((role) => !known.has(role));
    return [ADMINISTRATORS, ...(right === undefined ? [] : [STORE_GROUPS[right]]), ...others];
  };
  return Object.fromEntries(ACTIONS.map((action) => [action, rolesFor(action)])) as never;
}

function listOf(roles: unknown): readonly string[] {
  if (typeof roles === 'string') return [roles];
  return Array.isArray(roles) ? roles.map(String) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Roles are a set, and one alone may stand without a list. */
function inOrder(value: unknown): unknown {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map(String).sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, field]) => [name, inOrder(field)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What every name of ours is in one installation. */
export function userNames(prefix: string): ReadonlyMap<string, readonly StoreRight[]> {
  return new Map(Object.entries(STORE_USERS).map(([name, has]) => [prefix + name, has]));
}

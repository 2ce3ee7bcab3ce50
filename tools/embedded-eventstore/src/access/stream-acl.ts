import type { StreamView } from '../persistence/record-log.port';
import { lastFieldsOf, metadataStreamOf } from '../streams/stream-metadata';

export const EVERYBODY = '$all';
export const ADMINISTRATORS = '$admins';
export const ALL_STREAM = '$all';

/** Where an access control list names who may do it. */
const FIELDS = {
  read: '$r',
  write: '$w',
  delete: '$d',
  metadataRead: '$mr',
  metadataWrite: '$mw',
} as const;

export type StreamAction = keyof typeof FIELDS;

/** Groups and users, by the stream's own metadata, else by `$settings`, else by what a server begins with. */
export function rolesFor(
  view: StreamView,
  stream: string,
  action: StreamAction,
): readonly string[] {
  const isSystem = stream.startsWith('$');
  const own = lastFieldsOf(view, metadataStreamOf(stream)).$acl;
  const settings = lastFieldsOf(view, '$settings');
  const ofKind = isSystem ? settings.$systemStreamAcl : settings.$userStreamAcl;
  const first = isSystem ? ADMINISTRATORS : EVERYBODY;
  return rolesIn(own, action) ?? rolesIn(ofKind, action) ?? [first];
}

function rolesIn(acl: unknown, action: StreamAction): readonly string[] | undefined {
  if (typeof acl !== 'object' || acl === null) return undefined;
  const roles = (acl as Readonly<Record<string, unknown>>)[FIELDS[action]];
  if (typeof roles === 'string') return [roles];
  return Array.isArray(roles) ? roles.map(String) : undefined;
}

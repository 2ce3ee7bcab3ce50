import type { Metadata } from '@grpc/grpc-js';
import { unauthenticated } from '../protocol/call-failure';
import type { StreamView } from '../persistence/record-log.port';
import { describedStreamOf } from '../streams/stream-metadata';
import { ADMINISTRATORS, ALL_STREAM, EVERYBODY, rolesFor, type StreamAction } from './stream-acl';
import { ADMINISTRATOR, type UserDirectory } from './user-directory';

/** Whoever has sent a call, and what he may do. It holds for as long as the call lasts, as on the real server. */
export interface Caller {
  /** Null: nobody. */
  readonly name: string | null;
  readonly isAdministrator: boolean;
  may(action: 'read' | 'write' | 'delete', stream: string): boolean;
}

export interface AccessControl {
  /** Throws CallFailure where user or password is wrong. */
  identify(metadata: Metadata): Caller;
}

/** A server without TLS asks nobody who he is. */
export const OPEN_ACCESS: AccessControl = {
  identify: () => ({ name: null, isAdministrator: true, may: () => true }),
};

const NOBODY: Caller = { name: null, isAdministrator: false, may: () => false };

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;

/** Users with passwords, and access control lists of streams. */
export class GuardedAccess implements AccessControl {
  constructor(
    private readonly users: UserDirectory,
    private readonly view: StreamView,
  ) {}

  identify(metadata: Metadata): Caller {
    const [header] = metadata.get('authorization');
    if (header === undefined) return NOBODY;
    const { name, password } = credentialsIn(header.toString());
    const user = this.users.withPassword(name, password);
    if (!user) throw unauthenticated();
    return new KnownCaller(name, new Set(user.groups), this.view);
  }
}

function credentialsIn(header: string) {
  const [, encoded] = BASIC.exec(header) ?? [];
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 1) throw unauthenticated();
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

class KnownCaller implements Caller {
  constructor(
    readonly name: string,
    private readonly groups: ReadonlySet<string>,
    private readonly view: StreamView,
  ) {}

  get isAdministrator(): boolean {
    return this.name === ADMINISTRATOR || this.groups.has(ADMINISTRATORS);
  }

  may(action: 'read' | 'write' | 'delete', stream: string): boolean {
    if (stream === ALL_STREAM && action !== 'read') return false;
    const described = describedStreamOf(stream);
    if (described === undefined) return this.holds(action, stream);
    if (action === 'delete') return false;
    return this.holds(action === 'read' ? 'metadataRead' : 'metadataWrite', described);
  }

  private holds(action: StreamAction, stream: string): boolean {
    if (this.isAdministrator) return true;
    const roles = rolesFor(this.view, stream, action);
    return roles.some((role) => role === EVERYBODY || role === this.name || this.groups.has(role));
  }
}

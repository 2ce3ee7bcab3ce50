import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { RecordLog } from '../persistence/record-log.port';
import { accessDenied, loginConflict, loginNotFound } from '../protocol/call-failure';
import type { ExpectedVersion, ProposedEvent } from '../streams/append-request';
import {
  isSoftDeleted,
  lastFieldsOf,
  metadataStreamOf,
  systemEvent,
  textOf,
} from '../streams/stream-metadata';
import type { StreamWriter } from '../streams/stream-writer';
import { ADMINISTRATORS } from './stream-acl';

export const ADMINISTRATOR = 'admin';
const OPERATIONS = { loginName: 'ops', groups: ['$ops'], fullName: 'Event Store Operations' };
const FIRST = {
  loginName: ADMINISTRATOR,
  groups: [ADMINISTRATORS],
  fullName: 'Event Store Administrator',
};

export interface UserToCreate {
  readonly loginName: string;
  readonly fullName: string;
  readonly groups: readonly string[];
  readonly password: string;
}

interface PasswordHash {
  readonly hash: string;
  readonly salt: string;
}

/** What an event of a user says. */
interface UserFields extends PasswordHash {
  readonly loginName: string;
  readonly fullName: string;
  readonly groups: readonly string[];
  readonly disabled: boolean;
}

export interface User extends UserFields {
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

const USERS_STREAM = '$users';
const MOST_USERS = 10_000;
/** Nobody but tests works with these passwords: cheap enough for a hash with each new connection. */
const SCRYPT = { N: 1024 };

/** The users of a server, where the real one keeps them: the last event of `$user-<name>` is the user. */
export class UserDirectory {
  /** By user: a password that was right at a revision, which costs a hash to find out. */
  private readonly right = new Map<string, { revision: number; digest: string }>();

  constructor(
    private readonly log: RecordLog,
    private readonly writer: StreamWriter,
  ) {}

  /** The two users that a server begins with. */
  async createFirst(password: string): Promise<void> {
    for (const first of [FIRST, OPERATIONS]) {
      if (!this.find(first.loginName)) await this.create({ ...first, password });
    }
  }

  find(name: string): User | undefined {
    const stream = streamOf(name);
    const revision = this.log.lastRevision(stream);
    if (revision === -1 || isSoftDeleted(this.log, stream)) return undefined;
    const fields = lastFieldsOf(this.log, stream) as unknown as UserFields;
    return { ...fields, revision, changedAt: this.log.recordAt(stream, revision)?.createdAt ?? 0 };
  }

  all(): readonly User[] {
    const names = this.log.scanStream(USERS_STREAM, 0, MOST_USERS).map(textOf);
    const found = [...new Set(names)].sort().map((name) => this.find(name));
    return found.filter((user) => user !== undefined);
  }

  /** Undefined if there is none, or it is disabled, or the password is wrong. */
  withPassword(name: string, password: string): User | undefined {
    const user = this.find(name);
    if (!user || user.disabled) return undefined;
    const digest = createHash('sha256').update(password).digest('hex');
    const known = this.right.get(name);
    if (known?.revision === user.revision && known.digest === digest) return user;
    if (!isRight(password, user)) return undefined;
    this.right.set(name, { revision: user.revision, digest });
    return user;
  }

  /** One that is there is created once more with its password, as a repeat. Throws CallFailure. */
  async create({ loginName, fullName, groups, password }: UserToCreate): Promise<void> {
    const present = this.find(loginName);
    if (present && isRight(password, present)) return;
    if (present) throw loginConflict(loginName);
    const acl = { $acl: { $w: ADMINISTRATORS, $d: ADMINISTRATORS, $mw: ADMINISTRATORS } };
    const stream = streamOf(loginName);
    // What a deleted user left behind stays hidden behind the first event of the new one.
    const before = this.log.lastRevision(stream);
    if (before === -1) await this.write(metadataStreamOf(stream), jsonEvent('$metadata', acl));
    const fields = { loginName, fullName, groups, ...hashed(password), disabled: false };
    await this.write(stream, jsonEvent('$UserCreated', fields), versionAt(before));
    const listed = systemEvent('$User', Buffer.from(loginName));
    await this.write(USERS_STREAM, { ...listed, contentType: 'application/octet-stream' });
  }

  /** Throws CallFailure. */
  async change(loginName: string, changes: Partial<UserFields>): Promise<void> {
    const { revision, changedAt: _when, ...fields } = this.present(loginName);
    const event = jsonEvent('$UserUpdated', { ...fields, ...changes });
    await this.write(streamOf(loginName), event, revision);
  }

  async setPassword(loginName: string, password: string): Promise<void> {
    await this.change(loginName, hashed(password));
  }

  /** Whoever knows the one before may. Throws CallFailure. */
  async changePassword(loginName: string, before: string, password: string): Promise<void> {
    if (!isRight(before, this.present(loginName))) throw accessDenied();
    await this.setPassword(loginName, password);
  }

  async delete(loginName: string): Promise<void> {
    const { revision } = this.present(loginName);
    await this.writer.deleteAsServer('soft', streamOf(loginName), revision);
  }

  private present(loginName: string): User {
    const user = this.find(loginName);
    if (!user) throw loginNotFound(loginName);
    return user;
  }

  /** Two that change a user at once: the second one is told. */
  private async write(
    stream: string,
    event: ProposedEvent,
    expected: ExpectedVersion = 'any',
  ): Promise<void> {
    const outcome = await this.writer.append({ stream, expected, events: [event] });
    if (outcome.kind === 'appended') return;
    // Whoever is told can see what the other one has done.
    await this.writer.idle();
    throw loginConflict(stream.slice(streamOf('').length));
  }
}

function streamOf(name: string): string {
  return `$user-${name}`;
}

function versionAt(revision: number): ExpectedVersion {
  return revision === -1 ? 'no-stream' : revision;
}

function jsonEvent(type: string, fields: object): ProposedEvent {
  return systemEvent(type, Buffer.from(JSON.stringify(fields)));
}

function hashed(password: string): PasswordHash {
  const salt = randomBytes(16);
  return { hash: hashOf(password, salt).toString('base64'), salt: salt.toString('base64') };
}

function isRight(password: string, { hash, salt }: PasswordHash): boolean {
  const expected = Buffer.from(hash, 'base64');
  return timingSafeEqual(hashOf(password, Buffer.from(salt, 'base64')), expected);
}

function hashOf(password: string, salt: Buffer): Buffer {
  return scryptSync(password, salt, 32, SCRYPT);
}

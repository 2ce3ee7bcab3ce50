import { nkeys } from 'nats';
import type { BusPermissions } from './bus-permissions';

/** The key of a bus user: the server knows the public half, the user alone the seed. */
export interface UserKey {
  readonly publicKey: string;
  readonly seed: string;
}

interface KeyPair {
  getPublicKey(): string;
  getSeed(): Uint8Array;
}

// The client passes them on without types.
const { createUser, fromSeed } = nkeys as {
  readonly createUser: () => KeyPair;
  readonly fromSeed: (seed: Uint8Array) => KeyPair;
};

export function newUserKey(): UserKey {
  return keyOf(createUser());
}

/** @throws whatever the seed is not */
export function userKeyOf(seed: string): UserKey {
  const key = keyOf(fromSeed(Buffer.from(seed.trim())));
  if (!key.publicKey.startsWith('U')) throw new Error('It is no seed of a user');
  return key;
}

function keyOf(pair: KeyPair): UserKey {
  return { publicKey: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString() };
}

/** One user of the account; more than one key while one takes the place of another. */
export interface AccountUser {
  readonly name: string;
  readonly publicKeys: readonly string[];
  /** For development, where a user stands in an address. */
  readonly password?: string;
  readonly permissions: BusPermissions;
}

/** What a nats-server includes: one account with JetStream, and nobody else in it. */
export function accountsFile(account: string, users: readonly AccountUser[]): string {
  return [
    '# Written by "npm run nats:accounts": change what it was told, not this file.',
    '# It names public keys alone, and is no secret.',
    'accounts {',
    `  ${JSON.stringify(account)} {`,
    '    jetstream: enabled',
    '    users: [',
    ...users.flatMap(userLines),
    '    ]',
    '  }',
    '}',
    '',
  ].join('\n');
}

function userLines({ name, publicKeys, password, permissions }: AccountUser): string[] {
  const quoted = JSON.stringify(name);
  const logins = publicKeys.map((key) => `nkey: ${key}`);
  if (password !== undefined) logins.push(`user: ${quoted}, password: ${JSON.stringify(password)}`);
  return logins.flatMap((login) => [
    `      # ${quoted}`,
    '      {',
    `        ${login}`,
    '        permissions {',
    ...permissionLines(permissions).map((line) => `          ${line}`),
    '        }',
    '      }',
  ]);
}

/** A server takes an empty list for "everything". */
function permissionLines({ publish, subscribe, answers }: BusPermissions): string[] {
  return [
    `publish: ${publish.length === 0 ? '{ deny: ">" }' : listOf(publish)}`,
    `subscribe: ${listOf(subscribe)}`,
    ...(answers ? ['allow_responses: { max: 1, expires: "2m" }'] : []),
  ];
}

function listOf(subjects: readonly string[]): string {
  return `{ allow: [${subjects.map((subject) => JSON.stringify(subject)).join(', ')}] }`;
}

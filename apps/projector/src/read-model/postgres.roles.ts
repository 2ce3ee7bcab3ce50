import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { sql } from 'kysely';
import type { Client } from 'pg';
import type { Connections } from './postgres.connections';
import { LIVE_SCHEMA, REBUILD_SCHEMA } from './postgres.connections';
import { SchemaError } from './read-model.port';

const ITERATIONS = 4_096;

/** SQLSTATE: duplicate object, unique violation: another migration was faster. Roles belong to all databases. */
const IS_THERE = ['42710', '23505'];
const NOT_ALLOWED = '42501';

/** Makes the role of an address, which can log in and do nothing else; one that is there stays as it is. Answers with its name. */
export async function createRole(
  owner: Connections,
  setting: string,
  { user: role = '', password }: Pick<Client, 'user' | 'password'>,
): Promise<string> {
  await refuseOwner(owner, setting, role);
  const { rows } = await sql<{ readonly salt: string }>`select gen_random_uuid() as salt
    where not exists (select from pg_roles where rolname = ${role})`.execute(owner);
  if (!rows[0]) return role;
  const salt = Buffer.from(rows[0].salt.replaceAll('-', ''), 'hex');
  const secret = password ? ` password '${scramVerifier(password, salt)}'` : '';
  try {
    await sql.raw(`create role ${quoted(role)} login${secret}`).execute(owner);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code === 'string' && IS_THERE.includes(code)) return role;
    if (code !== NOT_ALLOWED) throw error;
    throw new SchemaError(
      `There is no role ${quoted(role)}, and the one of UPLIFT_POSTGRES_OWNER_URL may not create it: have it created (create role ${quoted(role)} login password '…') and migrate again`,
      { cause: error },
    );
  }
  return role;
}

async function refuseOwner(owner: Connections, setting: string, role: string): Promise<void> {
  const { rows } = await sql`select where ${role} in (current_user, session_user)`.execute(owner);
  if (rows.length === 0) return;
  throw new SchemaError(
    `UPLIFT_POSTGRES_OWNER_URL and ${setting} both name the role ${quoted(role)}: each service needs one of its own, which may not change tables`,
  );
}

/** What no role of a service may do, nor another one, `own`, that it may become. */
export const MAY_CREATE = sql`own.rolsuper or own.rolcreaterole or own.rolcreatedb
  or has_database_privilege(own.oid, current_database(), 'create')`;

/** Throws SchemaError if the role may do more than write rows; without a role, the one that is connected. */
export async function refusePowers(connections: Connections, role?: string): Promise<void> {
  const { rows } = await sql<{ readonly name: string }>`
    select rolname as name from pg_roles as service
    where rolname = coalesce(${role ?? null}::text, current_user) and exists (
      select from pg_roles as own where pg_has_role(service.oid, own.oid, 'member') and (${MAY_CREATE}
        or exists (select from pg_namespace where nspname in (${LIVE_SCHEMA}, ${REBUILD_SCHEMA})
          and (nspowner = own.oid or has_schema_privilege(own.oid, nspname, 'create')))))`.execute(
    connections,
  );
  const [found] = rows;
  if (!found) return;
  throw new SchemaError(
    `The role ${quoted(found.name)}, or one that it may become, may change tables, roles or databases: give UPLIFT_POSTGRES_URL a role that uplift migrate creates, and the other one to UPLIFT_POSTGRES_OWNER_URL`,
  );
}

/** An identifier, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What the server keeps of a password (RFC 5803): so the password itself is in no statement, and in no log of one. */
function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

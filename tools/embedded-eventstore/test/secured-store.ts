import { readFileSync } from 'node:fs';
import { CERTIFICATES } from '../../../test/support/certificates/certificates';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStore,
  type EmbeddedEventStoreOptions,
} from '../src';

export const ADMIN_PASSWORD = 'a password of the administrator';

/** With TLS and users; streams may be deleted by whoever has the right. */
export function startSecuredStore(
  options: EmbeddedEventStoreOptions = {},
): Promise<EmbeddedEventStore> {
  const certificate = readFileSync(CERTIFICATES.server);
  const key = readFileSync(CERTIFICATES.serverKey);
  const secured = { certificate, key, adminPassword: ADMIN_PASSWORD };
  return startEmbeddedEventStore({ allowDeletes: true, secured, ...options });
}

/** As a service gets it: with the file of the authority, and a user if there is one. */
export function connectionStringFor(
  { connectionString }: EmbeddedEventStore,
  user?: { readonly name: string; readonly password: string },
): string {
  const who = user ? `${user.name}:${encodeURIComponent(user.password)}@` : '';
  return `${connectionString.replace('esdb://', `esdb://${who}`)}&tlsCAFile=${CERTIFICATES.authority}`;
}

export const asAdministrator = (store: EmbeddedEventStore) =>
  connectionStringFor(store, { name: 'admin', password: ADMIN_PASSWORD });

import { join, resolve } from 'node:path';
import { projectRoot } from '../../../tools/stack/src';

const FOLDER = resolve(projectRoot(), 'test/support/certificates');

/** A made-up authority, and the certificate of a server on this machine that it vouches for. Good for tests alone. */
export const CERTIFICATES = {
  authority: join(FOLDER, 'authority.pem'),
  server: join(FOLDER, 'server.pem'),
  serverKey: join(FOLDER, 'server.key.pem'),
};

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { accountsFile, OPERATOR_USER, permissionsOf, SERVICE_USERS } from '@uplift/bus';
import type { AccountUser } from '@uplift/bus';

const ACCOUNT = 'UPLIFT';
const OWNER_ALONE = 0o600;

/**
 * The users of a stack's bus: each service with the rights that it has in production, and whoever uses the stack as
 * its operator. They have passwords, which stand in an address, where production has keys.
 */
export class StackUsers {
  private readonly passwords = new Map<string, string>(
    [...SERVICE_USERS, OPERATOR_USER].map((name) => [name, randomBytes(16).toString('hex')]),
  );

  /** What the server is started with. */
  async write(file: string): Promise<void> {
    const users = [...this.passwords].flatMap(([name, password]): AccountUser[] => {
      const permissions = permissionsOf(name);
      return permissions === undefined ? [] : [{ name, publicKeys: [], password, permissions }];
    });
    await writeFile(file, accountsFile(ACCOUNT, users), { mode: OWNER_ALONE });
  }

  /** The address with a user; undefined for one that the bus does not know. */
  urlOf(user: string, place: string): string | undefined {
    const password = this.passwords.get(user);
    return password === undefined ? undefined : `nats://${user}:${password}@${place}`;
  }
}

import {
  allowsOperation,
  STORE_OPERATIONS,
  STORE_USERS,
  type StoreOperation,
} from './store-rights';

const may = (user: string, operation: StoreOperation) =>
  allowsOperation(STORE_USERS[user] ?? [], operation);
const users = Object.keys(STORE_USERS);

describe('the users of the store', () => {
  it('are one for each service, and for each stage', () => {
    expect(users).toEqual([
      ...['relay', 'projector', 'auditor', 'api', 'worker-pre-upgrade', 'worker-upgrade'],
      ...['worker-poll-upgrade', 'worker-post-upgrade', 'worker-stages', 'watchdog'],
    ]);
  });

  it.each(['relay', 'projector', 'auditor'])('have no right to append: %s', (user) => {
    expect(may(user, 'append to a stream of ours')).toBe(false);
    expect(may(user, 'append to a stream of checkpoints')).toBe(false);
    expect(may(user, 'read all streams (`$all`)')).toBe(true);
  });

  it('have nothing that is for administrators', () => {
    const forAdministrators = (Object.keys(STORE_OPERATIONS) as StoreOperation[]).filter(
      (operation) => STORE_OPERATIONS[operation] === null,
    );
    expect(forAdministrators).toContain('delete a stream');
    for (const user of users) {
      expect(forAdministrators.filter((operation) => may(user, operation))).toEqual([]);
    }
  });
});

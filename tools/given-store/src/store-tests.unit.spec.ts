import { GivenStoreError, shownStore, storeArgument } from './given-store';
import { announcement, storeTestOptions } from './store-tests';

const STORE = 'esdb://ops:hun@ter2/x@db.example:2113,db2?tls=true';

const refusalOf = (work: () => unknown): GivenStoreError => {
  try {
    work();
  } catch (error) {
    if (error instanceof GivenStoreError) return error;
    throw error;
  }
  throw new Error('It was not refused');
};

describe('the arguments of test:store', () => {
  it('are a connection string and what is to run', () => {
    const parts = ['store', 'contract', 'demo'];
    expect(storeTestOptions([STORE])).toEqual({ store: STORE, parts });
    expect(storeTestOptions([STORE, '--only', 'demo,store']).parts).toEqual(['store', 'demo']);
  });

  it('may name a variable, so that no list of processes shows the string', () => {
    expect(storeArgument('env:MY_STORE', { MY_STORE: STORE })).toBe(STORE);
    expect(refusalOf(() => storeArgument('env:MY_STORE', {})).message).toBe('MY_STORE is not set');
  });

  it.each([
    ['nothing', []],
    ['two', [STORE, STORE]],
    ['an option that is none', [STORE, '--all']],
    ['a part that is none', [STORE, '--only', 'all']],
    ['no connection string', ['http://ops:hunter2@db']],
    ['a user without a password', ['esdb://hunter2@db:2113']],
    ['a file that is not there', ['esdb://ops:hunter2@db:2113?tlsCAFile=/no/such/file']],
    ['an option of the string that is none', ['esdb://ops:hunter2@db:2113?tls=perhaps']],
  ])('are refused in one line, with exit code 2 and without a secret: %s', (_case, args) => {
    const { message, exitCode } = refusalOf(() => storeTestOptions(args));
    expect(exitCode).toBe(2);
    expect(message).not.toMatch(/\n|hunter2/);
  });
});

describe('what is shown of a store', () => {
  it.each([
    [STORE, 'esdb://db.example:2113,db2'],
    ['kurrentdb+discover://cluster.example', 'kurrentdb+discover://cluster.example'],
    ['esdb://u:p@[::1]:2113/?tls=false', 'esdb://[::1]:2113'],
  ])('of %s are its hosts', (store, shown) => expect(shownStore(store)).toBe(shown));

  it('names before anything is written what that will be', () => {
    const lines = announcement(storeTestOptions([STORE, '--only', 'demo']));
    expect(lines.join('\n')).toContain('as user ops');
    expect(lines.join('\n')).toContain('25 made-up instances');
    expect(lines.join('\n')).not.toMatch(/hun|ter2/);
  });
});

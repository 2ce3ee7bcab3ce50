import { TellingTokenSource } from './telling.token-source';
import { LagoonTokenError } from './token.error';

describe('a source that has no token', () => {
  let failure: Error | null;
  let told: string[];
  let rejected: string[];
  let source: TellingTokenSource;

  beforeEach(() => {
    failure = null;
    told = [];
    rejected = [];
    const inner = {
      token: () => (failure === null ? Promise.resolve('t') : Promise.reject(failure)),
      rejected: (token: string) => void rejected.push(token),
    };
    source = new TellingTokenSource(inner, (reason) => told.push(reason));
  });

  it('says why, once as long as the reason stays', async () => {
    for (const reason of ['too slow', 'too slow', 'too large']) {
      failure = new LagoonTokenError(reason);
      await expect(source.token()).rejects.toBe(failure);
    }
    expect(told).toEqual(['No token for Lagoon: too slow', 'No token for Lagoon: too large']);
  });

  it('says it again when there was a token in between', async () => {
    failure = new LagoonTokenError('too slow');
    await expect(source.token()).rejects.toThrow();
    failure = null;
    expect(await source.token()).toBe('t');
    failure = new LagoonTokenError('too slow');
    await expect(source.token()).rejects.toThrow();
    expect(told).toHaveLength(2);
  });

  it('hears what Lagoon did not accept', () => {
    source.rejected('t');
    expect(rejected).toEqual(['t']);
  });
});

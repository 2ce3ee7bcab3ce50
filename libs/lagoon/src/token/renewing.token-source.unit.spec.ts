import { VirtualClock } from '@uplift/runtime/testing';
import { RenewingTokenSource } from './renewing.token-source';
import { LagoonTokenError } from './token-source';

const LIFETIME_S = 300;

/** Hands out one JWT after another, each telling its number. */
class Issuer {
  issued = 0;
  failure: Error | null = null;
  lifetimeS = LIFETIME_S;

  constructor(private readonly clock: VirtualClock) {}

  readonly issue = (): Promise<string> => {
    this.issued += 1;
    if (this.failure !== null) return Promise.reject(this.failure);
    const iat = Math.floor(this.clock.wall() / 1000);
    return Promise.resolve(jwt({ iat, exp: iat + this.lifetimeS, n: this.issued }));
  };
}

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

describe('a token that is renewed', () => {
  let clock: VirtualClock;
  let issuer: Issuer;
  let source: RenewingTokenSource;

  beforeEach(() => {
    clock = new VirtualClock();
    issuer = new Issuer(clock);
    source = new RenewingTokenSource(issuer.issue, clock);
  });

  it('is asked for once, however many want it at the same time', async () => {
    const tokens = await Promise.all([source.token(), source.token(), source.token()]);
    expect(new Set(tokens).size).toBe(1);
    expect(issuer.issued).toBe(1);
  });

  it('serves until 60 % of its life is over, then while the next one is on its way', async () => {
    const first = await source.token();
    await clock.advance(179_000);
    expect(await source.token()).toBe(first);
    expect(issuer.issued).toBe(1);
    await clock.advance(1_000);
    expect(await source.token()).toBe(first);
    expect(issuer.issued).toBe(2);
    expect(await source.token()).not.toBe(first);
  });

  it('is waited for when the old one has ended', async () => {
    const first = await source.token();
    await clock.advance(300_000);
    expect(await source.token()).not.toBe(first);
  });

  it('is replaced at once when Lagoon rejects it', async () => {
    const first = await source.token();
    source.rejected(first);
    expect(await source.token()).not.toBe(first);
    expect(issuer.issued).toBe(2);
  });

  it('is not replaced again and again when a new one is rejected too', async () => {
    source.rejected(await source.token());
    const second = await source.token();
    source.rejected(second);
    expect(await source.token()).toBe(second);
    expect(issuer.issued).toBe(2);
    await clock.advance(5_000);
    expect(await source.token()).not.toBe(second);
    expect(issuer.issued).toBe(3);
  });

  it('stays when an older one is rejected late', async () => {
    const first = await source.token();
    source.rejected(first);
    const second = await source.token();
    source.rejected(first);
    await clock.advance(10_000);
    expect(await source.token()).toBe(second);
  });

  it('still serves when its renewal fails, and the issuer is left in peace for a while', async () => {
    const first = await source.token();
    issuer.failure = new LagoonTokenError('the command ended with code 255');
    await clock.advance(200_000);
    for (let n = 0; n < 10; n += 1) expect(await source.token()).toBe(first);
    expect(issuer.issued).toBe(2);
    await clock.advance(5_000);
    await source.token();
    expect(issuer.issued).toBe(3);
  });

  it('fails with what the issuer said when there is none', async () => {
    issuer.failure = new LagoonTokenError('the command ended with code 255');
    await expect(source.token()).rejects.toThrow(
      'No token for Lagoon: the command ended with code 255',
    );
    await expect(source.token()).rejects.toThrow(LagoonTokenError);
    expect(issuer.issued).toBe(1);
    issuer.failure = null;
    await clock.advance(5_000);
    await expect(source.token()).resolves.toContain('.');
  });

  it('lives as long as it says, by a clock that is hours off', async () => {
    for (const offset of [7_200_000, -7_200_000]) {
      const ahead = new Issuer(clock);
      const other = new RenewingTokenSource(ahead.issue, clock);
      clock.jump(offset);
      const first = await withClockBack(clock, offset, () => other.token());
      await clock.advance(170_000);
      expect(await other.token()).toBe(first);
      await clock.advance(130_000);
      expect(await other.token()).not.toBe(first);
    }
  });

  it.each(['opaque', 'a.b.c', `x.${Buffer.from('null').toString('base64url')}.y`])(
    '%s, which does not tell its life, is used until it is rejected',
    async (text) => {
      let issued = 0;
      const opaque = new RenewingTokenSource(() => {
        issued += 1;
        return Promise.resolve(text);
      }, clock);
      await opaque.token();
      await clock.advance(100_000_000);
      expect(await opaque.token()).toBe(text);
      expect(issued).toBe(1);
      opaque.rejected(text);
      await opaque.token();
      expect(issued).toBe(2);
    },
  );
});

/** The issuer has stamped the token by its own clock; ours jumps by `-offset` before it arrives. */
async function withClockBack<T>(
  clock: VirtualClock,
  offset: number,
  work: () => Promise<T>,
): Promise<T> {
  const result = work();
  clock.jump(-offset);
  return result;
}

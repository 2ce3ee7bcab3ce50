import { API_TOKENS_STREAM } from '@uplift/contracts';
import { SCOPES } from '@uplift/domain';
import { EventStoreUnavailableError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { accessOn, refusedWith } from './testing';
import { AccessPolicy } from './access-policy';
import { Authenticator } from './authenticator';
import { actorIdOf, BUS_USER } from './principal';

const DAY_MS = 86_400_000;
const refused = refusedWith('credentials-refused');

/** Can be away. */
class FailingStore extends InMemoryEventStore {
  isAway = false;
  loads = 0;

  override load(...read: Parameters<InMemoryEventStore['load']>) {
    this.loads += 1;
    if (this.isAway) return Promise.reject(new EventStoreUnavailableError('away'));
    return super.load(...read);
  }
}

describe('the holder of an API token', () => {
  it('is named by the token, has its scopes and its end', async () => {
    const { authenticator, create, clock } = accessOn();
    const { token, tokenId } = await create(['audit:read'], DAY_MS);

    expect(await authenticator.identify('http', token)).toEqual({
      actor: { type: 'service_account', id: actorIdOf('urn:uplift:api-token', tokenId) },
      scopes: ['audit:read'],
      labels: {},
      issuer: 'urn:uplift:api-token',
      subject: tokenId,
      expiresAt: clock.wall() + DAY_MS,
      tokenId,
    });
  });

  it('has the scopes of a limited token, for instances with its labels', async () => {
    const { authenticator, create } = accessOn();
    const labels = { team: 'payments' };
    const { token } = await create(['audit:read'], DAY_MS, labels);
    const holder = await authenticator.identify('nats', token);
    expect(holder).toMatchObject({ scopes: ['audit:read'], labels });
  });

  it('with the root token may do everything, without the store', async () => {
    const store = new FailingStore();
    const { authenticator, rootToken } = accessOn(store);
    store.isAway = true;

    expect(await authenticator.identify('http', rootToken)).toMatchObject({ scopes: SCOPES });
  });

  it.each([
    ['nothing', ''],
    ['a token that nobody created', `uplift_${'A'.repeat(43)}`],
    ['something else', 'eyJhbGciOiJub25lIn0.e30.'],
  ])('is nobody with %s', async (_what, token) => {
    const { authenticator } = accessOn();
    await expect(authenticator.identify('http', token)).rejects.toMatchObject(refused);
  });

  it('is nobody with what the store keeps of a token', async () => {
    const { authenticator, create, store, rootToken } = accessOn();
    const { hash } = await create(SCOPES);
    const dump = JSON.stringify(await store.load(API_TOKENS_STREAM), (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );

    expect(dump).toContain(hash);
    expect(dump).not.toMatch(/uplift_/);
    const raw = Buffer.from(hash, 'hex').toString('base64url');
    for (const token of [hash, `uplift_${hash}`, `uplift_${raw}`, rootToken.slice(0, -1)]) {
      await expect(authenticator.identify('http', token)).rejects.toMatchObject(refused);
    }
  });

  it('is nobody from the moment at which the token expires', async () => {
    const { authenticator, create, clock } = accessOn();
    const { token } = await create(['instances:read'], DAY_MS);

    clock.jump(DAY_MS - 1);
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
    clock.jump(1);
    await expect(authenticator.identify('http', token)).rejects.toMatchObject(refused);
  });

  it('is nobody a minute after another process has revoked the token, however often it asks', async () => {
    const { authenticator, create, revoke, clock } = accessOn();
    const { token, tokenId } = await create();
    await authenticator.identify('http', token);
    await revoke(tokenId);

    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000);
      await authenticator.identify('http', token).catch(() => undefined);
    }
    await expect(authenticator.identify('http', token)).rejects.toMatchObject(refused);
  });

  it('is somebody as soon as the token is created elsewhere', async () => {
    const { authenticator, create, clock } = accessOn();
    const first = await create();
    await authenticator.identify('http', first.token);
    const second = await create();
    await clock.advance(1_000);

    await expect(authenticator.identify('http', second.token)).resolves.toBeDefined();
  });

  it('is not known while the store has not been read for a minute, and 503 is no 401', async () => {
    const store = new FailingStore();
    const { authenticator, create, clock } = accessOn(store);
    const { token } = await create();
    await authenticator.identify('http', token);
    store.isAway = true;

    await clock.advance(49_000);
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
    await clock.advance(11_000);
    const unavailable = refusedWith('access-unavailable');
    await expect(authenticator.identify('http', token)).rejects.toMatchObject(unavailable);
    store.isAway = false;
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
  });

  it('costs one read a second at most, however many tokens nobody has created', async () => {
    const store = new FailingStore();
    const { authenticator, create, clock } = accessOn(store);
    await create();
    await authenticator.identify('http', (await create()).token);
    const before = store.loads;

    for (let n = 0; n < 100; n += 1) {
      await clock.advance(20);
      const guessed = `uplift_${String(n).padStart(43, '0')}`;
      await expect(authenticator.identify('http', guessed)).rejects.toMatchObject(refused);
    }
    expect(store.loads - before).toBeLessThanOrEqual(3);
  });
});

describe('the list of API tokens', () => {
  /** Counts the events that it hands out, and can be put back to a copy. */
  class RestoredStore extends InMemoryEventStore {
    handedOut = 0;
    restored: InMemoryEventStore | null = null;

    override async load(...read: Parameters<InMemoryEventStore['load']>) {
      const events = await (this.restored?.load(...read) ?? super.load(...read));
      this.handedOut += events.length;
      return events;
    }
  }

  it('is read on from its end, however many tokens there are and whoever asks', async () => {
    const store = new RestoredStore();
    const { authenticator, create, clock } = accessOn(store);
    const { token } = await create();
    for (let n = 0; n < 50; n += 1) await create();
    await authenticator.identify('http', token);
    store.handedOut = 0;

    for (let n = 0; n < 10; n += 1) {
      await clock.advance(1_000);
      await expect(authenticator.identify('http', 'uplift_x')).rejects.toMatchObject(refused);
    }
    expect(store.handedOut).toBe(10);
    const { token: another } = await create();
    await clock.advance(1_000);
    await expect(authenticator.identify('http', another)).resolves.toBeDefined();
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
  });

  it('is read anew where the store was put back to a copy that does not have its end', async () => {
    const store = new RestoredStore();
    const { authenticator, create, clock } = accessOn(store);
    const { token } = await create(['instances:read']);
    await authenticator.identify('http', token);

    store.restored = new InMemoryEventStore();
    // Made with the same seed: the same token, with another scope.
    expect(await accessOn(store.restored).create(['audit:read'])).toMatchObject({ token });
    await clock.advance(60_000);
    const scopes = ['audit:read'];
    expect(await authenticator.identify('http', token)).toMatchObject({ scopes });

    store.restored = new InMemoryEventStore();
    await clock.advance(60_000);
    await expect(authenticator.identify('http', token)).rejects.toMatchObject(refused);
  });
});

describe('a token from before the time from which tokens count', () => {
  /** A node that lacks the newest events, and then cannot be read from the beginning. */
  class LaggingStore extends InMemoryEventStore {
    isBehind = false;

    override load(stream: string, fromRevision = 0, most = Infinity) {
      if (!this.isBehind) return super.load(stream, fromRevision, most);
      if (fromRevision > 0) return Promise.resolve([]);
      return Promise.reject(new EventStoreUnavailableError('away'));
    }
  }

  const setUp = async (laterMs: number) => {
    const time = new VirtualClock();
    const store = new LaggingStore({ clock: time });
    const elsewhere = accessOn(store);
    const old = await elsewhere.create(SCOPES);
    const from = time.wall() + laterMs;
    time.jump(laterMs);
    return { ...accessOn(store, null, from), old, store, elsewhere };
  };

  it('is nobody, as if it had been revoked', async () => {
    const { authenticator, old, tokens } = await setUp(1);
    await expect(authenticator.identify('http', old.token)).rejects.toMatchObject({
      problem: { code: 'credentials-refused', detail: expect.stringMatching(/before/) as string },
    });
    expect((await tokens.all()).get(old.tokenId)).toMatchObject({ isRevoked: true });
  });

  it('does not keep those from being somebody that are created from then on', async () => {
    const { authenticator, tokens, create, randomness } = await setUp(1);
    // Past what the seed made for the old one.
    randomness.bytes(1);
    const { token, tokenId } = await create();
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
    expect((await tokens.all()).get(tokenId)).toMatchObject({ isRevoked: false });
  });

  it('stays nobody where a read that began anew has failed', async () => {
    const { authenticator, store, elsewhere, old, clock } = await setUp(1);
    await elsewhere.create();
    await expect(authenticator.identify('http', old.token)).rejects.toMatchObject(refused);
    store.isBehind = true;
    await clock.advance(60_000);
    const unavailable = refusedWith('access-unavailable');
    await expect(authenticator.identify('http', old.token)).rejects.toMatchObject(unavailable);

    store.isBehind = false;
    const { token } = await elsewhere.create();
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
    await expect(authenticator.identify('http', old.token)).rejects.toMatchObject(refused);
  });

  it('is somebody where it was created at that very time', async () => {
    const { authenticator, old } = await setUp(0);
    await expect(authenticator.identify('http', old.token)).resolves.toBeDefined();
  });
});

describe('a right that was given when an answer began', () => {
  const ended = async (forMs: number, byWhat: 'expiry' | 'revocation' | 'store') => {
    const store = new FailingStore();
    const { authenticator, create, revoke, clock } = accessOn(store);
    const { token, tokenId } = await create(['instances:read'], forMs);
    let endedAt: number | undefined;
    authenticator.follow(await authenticator.identify('http', token), () => {
      endedAt = clock.monotonic();
    });
    if (byWhat === 'revocation') await revoke(tokenId);
    store.isAway = byWhat === 'store';
    await clock.advance(120_000);
    return endedAt;
  };

  it('ends with the token', async () => {
    expect(await ended(65_000, 'expiry')).toBe(70_000);
    expect(await ended(DAY_MS, 'revocation')).toBeLessThanOrEqual(60_000);
  });

  it('ends when nobody can say whether the token is good', async () => {
    expect(await ended(DAY_MS, 'store')).toBeLessThanOrEqual(60_000);
  });

  it('lasts while the token is good, and is followed no longer than the answer lasts', async () => {
    const { authenticator, create, clock } = accessOn();
    const { token } = await create(['instances:read'], DAY_MS);
    const onEnd = jest.fn();
    const unfollow = authenticator.follow(await authenticator.identify('http', token), onEnd);

    await clock.advance(600_000);
    expect(onEnd).not.toHaveBeenCalled();
    unfollow();
    expect(clock.nextAt).toBeUndefined();
  });
});

describe('without a token', () => {
  it('nobody comes in over HTTP, and over the bus whom the bus lets in', async () => {
    const { authenticator } = accessOn();
    const missing = refusedWith('credentials-missing');
    await expect(authenticator.identify('http', undefined)).rejects.toMatchObject(missing);
    await expect(authenticator.identify('nats', undefined)).resolves.toBe(BUS_USER);
  });

  it('everybody comes in where access is off, whatever token is shown', async () => {
    const { tokens, clock } = accessOn();
    const open = new Authenticator(new AccessPolicy(true), tokens, null, clock);
    for (const token of [undefined, 'whatever']) {
      expect(await open.identify('http', token)).toMatchObject({ actor: { id: 'anonymous' } });
    }
  });
});

import type { Labels } from '@uplift/domain';
import { deterministicEventId, EventStoreUnavailableError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Metrics } from '@uplift/runtime';
import { accessOn } from '@uplift/access/testing';
import { meterOn, refusedWith } from '../testing/command-requests';
import { ApiTokenStream, TokenCommands } from './token-commands';

const DAY_MS = 86_400_000;
const reason = 'nightly upgrades';

function setUp(store = new InMemoryEventStore()) {
  const access = accessOn(store);
  const { clock, randomness, handler, tokens, authenticator } = access;
  const stream = new ApiTokenStream(handler, meterOn(clock, new Metrics('command-api')));
  const commands = new TokenCommands(stream, tokens, clock, randomness);
  const timeIn = (ms: number) => new Date(clock.wall() + ms).toISOString();
  const caller = (id: string, limit: Labels = {}, idempotencyKey = randomness.uuid()) => {
    const actor = { type: 'service_account', id } as const;
    return { transport: 'http', actor, labels: limit, idempotencyKey } as const;
  };
  const createBy = async (token: string, expiresAt: string, labels?: Record<string, string>) => {
    const principal = await authenticator.identify('http', token);
    const limit = labels === undefined ? {} : { labels };
    const body = { scopes: [...principal.scopes], expiresAt, reason, ...limit };
    const { answer } = await commands.create(body, caller(principal.actor.id), principal);
    return { ...answer, token: String(answer.token) };
  };
  /** Whoever holds the token asks for another one with its limit. */
  const createUnder = async (key: string, token: string) => {
    const principal = await authenticator.identify('http', token);
    const { actor, labels } = principal;
    const body = { scopes: [...principal.scopes], expiresAt: timeIn(DAY_MS), reason };
    const { outcome, answer } = await commands.create(
      Object.keys(labels).length === 0 ? body : { ...body, labels },
      caller(actor.id, labels, key),
      principal,
    );
    return { outcome, tokenId: answer.tokenId };
  };
  const revoke = (tokenId: string, limit: Labels = {}) =>
    commands.revoke(tokenId, 'leaked', caller('operator-7', limit));
  return { ...access, commands, timeIn, createBy, createUnder, revoke };
}

describe('a token that is created with another one', () => {
  it('ends no later than that one', async () => {
    const { create, createBy, timeIn } = setUp();
    const { token } = await create(['system:operate'], DAY_MS);
    await expect(createBy(token, timeIn(DAY_MS + 1))).rejects.toMatchObject({
      problem: expect.objectContaining({
        code: 'token-expiry-not-usable',
        detail: expect.stringContaining(timeIn(DAY_MS)) as unknown,
      }) as unknown,
    });
    await expect(createBy(token, timeIn(DAY_MS))).resolves.toMatchObject({
      expiresAt: timeIn(DAY_MS),
    });
  });

  it('ends within 366 days with the root token, which has no end', async () => {
    const { rootToken, createBy, timeIn } = setUp();
    const tooLate = refusedWith('token-expiry-not-usable');
    await expect(createBy(rootToken, timeIn(366 * DAY_MS + 1))).rejects.toMatchObject(tooLate);
    await expect(createBy(rootToken, timeIn(366 * DAY_MS))).resolves.toBeDefined();
  });

  it('is revoked with it', async () => {
    const { rootToken, create, createBy, timeIn, revoke, authenticator } = setUp();
    const { token, tokenId } = await create(['system:operate']);
    const child = await createBy(token, timeIn(DAY_MS));
    const grandchild = await createBy(child.token, timeIn(DAY_MS));
    const another = await createBy(rootToken, timeIn(DAY_MS));

    await revoke(tokenId);

    const refused = refusedWith('credentials-refused');
    for (const gone of [token, child.token, grandchild.token]) {
      await expect(authenticator.identify('http', gone)).rejects.toMatchObject(refused);
    }
    await expect(authenticator.identify('http', another.token)).resolves.toBeDefined();
  });
});

describe('a token that was revoked', () => {
  it('creates none in a process that has not heard of it yet', async () => {
    const { create, createBy, timeIn, revoke, authenticator, store } = setUp();
    const { token, tokenId } = await create(['system:operate'], 30 * DAY_MS);
    await authenticator.identify('http', token);
    const elsewhere = setUp(store);
    await elsewhere.revoke(tokenId);

    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
    const refused = refusedWith('credentials-refused');
    await expect(createBy(token, timeIn(DAY_MS))).rejects.toMatchObject(refused);
    await expect(revoke(tokenId)).resolves.toMatchObject({ outcome: 'unchanged' });
  });
});

describe('a token that is limited to labels', () => {
  const TEAM = { team: 'payments' };

  it('creates tokens of the same limit, or of a narrower one', async () => {
    const { create, createBy, timeIn, authenticator } = setUp();
    const { token } = await create(['system:operate', 'instances:read'], DAY_MS, TEAM);
    const refused = { code: 'token-limited' };
    const end = timeIn(DAY_MS);
    for (const wider of [undefined, { team: 'ledger' }, { region: 'eu' }]) {
      await expect(createBy(token, end, wider)).rejects.toMatchObject({ problem: refused });
    }
    const narrow = { ...TEAM, region: 'eu' };
    const child = await createBy(token, end, narrow);
    await expect(authenticator.identify('http', child.token)).resolves.toMatchObject({
      scopes: ['system:operate', 'instances:read'],
      labels: narrow,
    });
  });

  it('is without any scope for a build that knows of no limit', async () => {
    const { rootToken, createBy, timeIn, tokens } = setUp();
    const { tokenId } = await createBy(rootToken, timeIn(DAY_MS), TEAM);
    expect(await tokens.get(tokenId)).toMatchObject({ scopes: [], limited: { labels: TEAM } });
  });

  it('sees and revokes tokens that reach no further than itself, and no others', async () => {
    const { rootToken, createBy, timeIn, commands, revoke } = setUp();
    const end = timeIn(DAY_MS);
    const all = await createBy(rootToken, end);
    const others = await createBy(rootToken, end, { team: 'ledger' });
    const own = await createBy(rootToken, end, { ...TEAM, region: 'eu' });

    const { items } = await commands.list(TEAM);
    expect(items.map(({ tokenId, labels }) => [tokenId, labels])).toEqual([
      [own.tokenId, { ...TEAM, region: 'eu' }],
    ]);
    for (const { tokenId } of [all, others]) {
      await expect(revoke(tokenId, TEAM)).rejects.toMatchObject({
        problem: { code: 'token-unknown' },
      });
    }
    await expect(revoke(own.tokenId, TEAM)).resolves.toMatchObject({ outcome: 'accepted' });
  });
});

describe('the key under which a token is created', () => {
  it('is of all callers with the same limit, and of nobody else', async () => {
    const { create, createUnder, rootToken } = setUp();
    const holderOf = async (labels: Labels) =>
      (await create(['system:operate'], 2 * DAY_MS, labels)).token;
    const payments = { team: 'payments', region: 'eu' };
    const tokens = [
      rootToken,
      await holderOf(payments),
      await holderOf({ team: 'ledger' }),
      await holderOf({ team: 'payments' }),
    ];
    const made = [];
    for (const token of tokens) made.push(await createUnder('k-1', token));
    expect(made.map(({ outcome }) => outcome)).toEqual(tokens.map(() => 'accepted'));
    expect(new Set(made.map(({ tokenId }) => tokenId)).size).toBe(tokens.length);

    const commandId = deterministicEventId('command/system', 'k-1', 0);
    expect(made[0]?.tokenId).toBe(deterministicEventId(commandId, 'token', 0));
    const colleague = await holderOf({ region: 'eu', team: 'payments' });
    expect(await createUnder('k-1', colleague)).toEqual({ ...made[1], outcome: 'repeated' });
  });
});

describe('the list of tokens', () => {
  class FailingStore extends InMemoryEventStore {
    isAway = false;

    override load(...read: Parameters<InMemoryEventStore['load']>) {
      if (this.isAway) return Promise.reject(new EventStoreUnavailableError('away'));
      return super.load(...read);
    }
  }

  it('has at once what a command has changed', async () => {
    const { create, createBy, timeIn, revoke, authenticator } = setUp();
    const { token } = await create(['system:operate']);
    const child = await createBy(token, timeIn(DAY_MS));
    await expect(authenticator.identify('http', child.token)).resolves.toBeDefined();
    await revoke(child.tokenId);
    const refused = refusedWith('credentials-refused');
    await expect(authenticator.identify('http', child.token)).rejects.toMatchObject(refused);
  });

  it('shows all that are in force before those that are over', async () => {
    const { create, revoke, commands } = setUp();
    const [first, second, third] = [await create(), await create(), await create()];
    await revoke(third.tokenId);
    const { items } = await commands.list({});
    expect(items.map(({ tokenId, state }) => [tokenId, state])).toEqual([
      [second.tokenId, 'in-force'],
      [first.tokenId, 'in-force'],
      [third.tokenId, 'revoked'],
    ]);
  });

  it('stays good where a command fails', async () => {
    const store = new FailingStore();
    const { create, revoke, authenticator } = setUp(store);
    const { token, tokenId } = await create();
    await authenticator.identify('http', token);
    store.isAway = true;
    const unavailable = refusedWith('event-store-unavailable');
    await expect(revoke(tokenId)).rejects.toMatchObject(unavailable);
    await expect(authenticator.identify('http', token)).resolves.toBeDefined();
  });
});

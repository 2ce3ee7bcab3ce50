import { createHash } from 'node:crypto';
import { EXIT } from '../exit-code';
import { VirtualClock } from '@uplift/runtime/testing';
import { ScriptedContext, scriptedForAll } from '../testing/scripted-api';
import { whoamiCommand } from './login.command';
import { tokenCommand } from './token.command';

const CREATED = {
  ...{ tokenId: 't-1', actor: 'a-1', token: 'uplift_x', expiresAt: '2026-12-30T00:00:00.000Z' },
  ...{ revision: 0, position: '7', links: { tokens: '/v1/tokens' } },
};
const T = '44444444-4444-4444-8444-444444444444';
const REASON = ['--reason', 'nightly'];

describe('uplift token', () => {
  const { api, context } = scriptedForAll({ body: CREATED });

  it('creates a token and shows it', async () => {
    const scopes = ['--scope', 'instances:read', 'instances:write'];
    await context.run(tokenCommand, 'create', ...scopes, '--days', '90', ...REASON, '--key', 'k');

    const [{ path, key, body }] = api.asked as [{ path: string; key: unknown; body: object }];
    expect({ path, key }).toEqual({ path: '/v1/tokens', key: 'k' });
    expect(body).toMatchObject({
      scopes: ['instances:read', 'instances:write'],
      reason: 'nightly',
    });
    const { expiresAt } = body as { expiresAt: string };
    expect((Date.parse(expiresAt) - context.clock.wall()) / 86_400_000).toBeCloseTo(90, 2);
    expect(context.rows).toMatchObject([{ tokenId: 't-1', token: 'uplift_x' }]);
    expect(context.said).toEqual([]);
  });

  it('sends the name of the holder beside what the history keeps', async () => {
    const named = ['--name', 'Nightly robot', '--scope', 'audit:read', ...REASON];
    await context.run(tokenCommand, 'create', ...named);
    expect(api.asked).toMatchObject([{ body: { name: 'Nightly robot', reason: 'nightly' } }]);
  });

  it('limits a token to all labels that are given', async () => {
    const labels = ['--label', 'team=payments', '--label', 'region=eu'];
    await context.run(tokenCommand, 'create', '--scope', 'audit:read', ...labels, ...REASON);
    expect(api.asked).toMatchObject([{ body: { labels: { team: 'payments', region: 'eu' } } }]);
    await context.run(tokenCommand, 'create', '--scope', 'audit:read', ...REASON);
    expect(api.asked[1]?.body).not.toHaveProperty('labels');
  });

  it('waits where its own token has sent too many commands, and sends the same again', async () => {
    const status = 429;
    const said = { title: 't', detail: 'd', status, retryAfterSeconds: 37 };
    const problem = { type: '/problems#too-many-requests', code: 'too-many-requests', ...said };
    api.answers.set('/v1/tokens', { status, body: problem });
    class Waiting extends VirtualClock {
      override pause(ms: number) {
        expect(ms).toBe(37_000);
        api.answers.clear();
        return Promise.resolve();
      }
    }
    const patient = new ScriptedContext(api, 'jsonl', new Waiting());
    await patient.run(tokenCommand, 'create', '--scope', 'audit:read', ...REASON, '--key', 'k');
    expect(api.asked.map(({ path, key }) => [path, key])).toEqual([
      ['/v1/tokens', 'k'],
      ['/v1/tokens', 'k'],
    ]);
    expect(patient.said.join()).toMatch(/waiting for 37 s/);
  });

  it('says what to do where a token cannot be shown again', async () => {
    api.answers.set('/v1/tokens', { body: { ...CREATED, token: null } });
    await context.run(tokenCommand, 'create', '--scope', 'audit:read', ...REASON);
    expect(context.said.join()).toMatch(/revoke t-1/);
  });

  it.each([
    ['an unknown scope', '--scope', 'everything', ...REASON],
    ['no scope', ...REASON],
    ['no reason', '--scope', 'audit:read'],
    ['too many days', '--scope', 'audit:read', '--days', '367', ...REASON],
    ['no day', '--scope', 'audit:read', '--days', '0', ...REASON],
    ['a label without a value', '--scope', 'audit:read', '--label', 'team', ...REASON],
    ['words for days', '--scope', 'audit:read', '--days', 'ten', ...REASON],
  ])('asks nobody with %s', async (_what, ...options) => {
    await expect(context.run(tokenCommand, 'create', ...options)).rejects.toThrow();
    expect(api.asked).toEqual([]);
  });

  it('lists tokens and revokes one', async () => {
    const { tokenId, actor, expiresAt } = CREATED;
    const token = { tokenId, actor, expiresAt, state: 'in-force', createdBy: 'a-2', reason: 'r' };
    const labels = { team: 'payments' };
    const items = [{ ...token, scopes: ['instances:read', 'audit:read'], labels }];
    api.answers.set('/v1/tokens', { body: { items } });
    await context.run(tokenCommand, 'list');
    const rights = { scopes: 'instances:read audit:read', labels: 'team=payments' };
    expect(context.rows).toEqual([{ ...token, ...rights }]);

    await context.run(tokenCommand, 'revoke', T, ...REASON, '--key', 'k');
    const body = { reason: 'nightly' };
    expect(api.asked.at(-1)).toEqual({ path: `/v1/tokens/${T}/revoke`, key: 'k', body });
  });

  it('revokes what an actor has created and is in force, and nothing else', async () => {
    const of = (tokenId: string, createdBy: string, state = 'in-force') => {
      return {
        ...{ tokenId, actor: 'a', expiresAt: 'e', reason: 'r' },
        ...{ scopes: [], labels: {} },
        createdBy,
        state,
      };
    };
    const items = [
      of('t-1', 'a-2'),
      of('t-2', 'a-3'),
      of('t-3', 'a-2', 'revoked'),
      of('t-4', 'a-2'),
    ];
    api.answers.set('/v1/tokens', { body: { items } });
    await context.run(tokenCommand, 'revoke-created-by', 'a-2', ...REASON);
    const commands = api.asked.filter(({ body }) => body !== undefined);
    expect(commands.map(({ path, body }) => [path, body])).toEqual([
      ['/v1/tokens/t-1/revoke', { reason: 'nightly' }],
      ['/v1/tokens/t-4/revoke', { reason: 'nightly' }],
    ]);
    expect(context.said).toEqual(['2 tokens were revoked\n']);
  });

  it('makes a root token and its hash by itself', async () => {
    await context.run(tokenCommand, 'root');
    await context.run(tokenCommand, 'root');
    const [one, other] = context.rows as { token: string; hash: string }[];
    expect(one?.token).toMatch(/^uplift_[\w-]{43}$/);
    expect(one?.hash).toBe(createHash('sha256').update(String(one?.token)).digest('hex'));
    expect(other?.token).not.toBe(one?.token);
    expect(api.asked).toEqual([]);
  });

  it.each([
    [401, 'credentials-missing', /uplift login/],
    [401, 'credentials-refused', /uplift login/],
    [403, 'scope-missing', /uplift whoami/],
    [403, 'token-limited', /uplift whoami/],
  ])('ends with a code of its own on %d %s, and a way on', async (status, code, words) => {
    const problem = { type: `/problems#${code}`, title: 't', status, detail: 'd', code };
    api.answers.set('/v1/whoami', { status, body: problem });
    const failing = context.run(whoamiCommand);
    await expect(failing).rejects.toMatchObject({ exitCode: EXIT.denied });
    await expect(failing).rejects.toThrow(words);
  });
});

import { systemCommand } from '../system.command';
import { ScriptedContext, scriptedForAll } from '../testing/scripted-api';
import { actorCommand } from './actor.command';
import { tokenCommand } from './token.command';

const JANE = 'aaaaaaaa-0000-5000-8000-000000000001';
const ERASED = 'aaaaaaaa-0000-5000-8000-000000000002';
const READ = { asOf: { at: 'now', position: '1', lagEvents: 0 } };
const problem = { type: '/problems#x', title: 't', status: 503, detail: 'd', code: 'x' };

describe('uplift actor', () => {
  const { api, context } = scriptedForAll({ body: {} });

  it('shows a name, and erases it', async () => {
    api.answers.set(`/v1/actors/${JANE}`, {
      body: { actorId: JANE, state: 'named', name: 'Jane' },
    });
    await context.run(actorCommand, 'show', JANE);
    expect(context.rows).toEqual([{ actor: JANE, state: 'named', name: 'Jane' }]);

    const links = { actor: `/v1/actors/${JANE}` };
    const body = { actorId: JANE, nameGone: true, revision: 0, position: '7', links };
    api.answers.set(`/v1/actors/${JANE}/erase`, { body });
    await context.run(actorCommand, 'erase', JANE, '--reason', 'OPS-12', '--key', 'k');
    const asked = { path: `/v1/actors/${JANE}/erase`, key: 'k', body: { reason: 'OPS-12' } };
    expect(api.asked.at(-1)).toEqual(asked);
    expect(context.said).toEqual([]);

    api.answers.set(`/v1/actors/${JANE}/erase`, { body: { ...body, nameGone: false } });
    await context.run(actorCommand, 'erase', JANE, '--reason', 'OPS-12');
    expect(context.said.join()).toMatch(/as soon as it can be reached/);
  });

  it('erases nothing without a reason', async () => {
    const before = api.asked.length;
    await expect(context.run(actorCommand, 'erase', JANE)).rejects.toThrow();
    expect(api.asked).toHaveLength(before);
  });
});

describe('lists', () => {
  const { api, context } = scriptedForAll({ body: {} });
  const token = (createdBy: string) => ({
    ...{ tokenId: 't-1', actor: ERASED, expiresAt: 'e', state: 'in-force', reason: 'r' },
    scopes: [],
    createdBy,
  });
  const named = { items: [{ actorId: JANE, name: 'Jane' }] };

  it('that people read show whose name is kept by it too, and everybody else by id', async () => {
    api.answers.set('/v1/tokens', { body: { items: [token(JANE), token('bus')] } });
    api.answers.set(`/v1/actors?ids=${JANE},${ERASED}`, { body: named });
    const table = new ScriptedContext(api, 'table');
    await table.run(tokenCommand, 'list');
    const text = table.printed.join('');
    expect(text).toContain(`Jane (${JANE})`);
    expect(text).toMatch(new RegExp(`  ${ERASED} .* bus\\n`));
  });

  it('ask for a hundred names at once', async () => {
    const id = (n: number) => `aaaaaaaa-0000-5000-8000-${String(n).padStart(12, '0')}`;
    const items = Array.from({ length: 150 }, (_, n) => token(id(n)));
    api.answers.set('/v1/tokens', { body: { items } });
    api.answers.set('/v1/actors', { body: { items: [] } });
    await new ScriptedContext(api, 'table').run(tokenCommand, 'list');
    const asked = api.asked.map(({ path = '' }) => path.split(',').length);
    expect(asked).toEqual([1, 100, 50]);
  });

  it('that programs read show the ids, and ask for no names', async () => {
    api.answers.set('/v1/tokens', { body: { items: [token(JANE)] } });
    await context.run(tokenCommand, 'list');
    expect(context.rows).toMatchObject([{ createdBy: JANE }]);
    expect(api.asked).toHaveLength(1);
  });

  it('show the ids where names cannot be had', async () => {
    const stops = [{ core: null, since: 's', requestedBy: JANE, reason: 'r' }];
    api.answers.set('/v1/system', { body: { ...READ, stops } });
    api.answers.set('/v1/actors', { status: 503, body: problem });
    const table = new ScriptedContext(api, 'table');
    await table.run(systemCommand, 'status');
    expect(table.printed.join('')).toContain(JANE);
    expect(table.said.join('')).toContain(`by ${JANE}: r`);

    api.answers.set('/v1/actors', { body: named });
    await table.run(systemCommand, 'status');
    expect(table.said.join('')).toContain(`by Jane (${JANE}): r`);
  });
});

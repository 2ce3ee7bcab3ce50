import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../exit-code';
import { event, FLEET, INSTANCE, UPGRADE } from '../testing/report-examples';
import { ScriptedContext, scriptedForAll } from '../testing/scripted-api';
import { reportCommand, statsCommand } from './report.command';

const { api, context: jsonl } = scriptedForAll({ status: 404, body: {} });
const U = 'b048ab45-9f4b-4e42-a1ab-0689ad5d636d';
const ENDING = { stops: [], asOf: FLEET.asOf };
const TIMELINE = '/v1/instances/i-1/timeline?limit=100';

const entry = (revision: number) => ({ ...event('00:00', 'UpgradeStarted'), revision });

describe.each([
  ['uplift upgrade report', reportCommand, [U], 'Upgrade of shop/main: failed'],
  ['uplift stats', statsCommand, [], 'The fleet: 3 instances'],
] as const)('%s', (_, command, args, title) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-report-'));
    api.answers.set(`/v1/upgrades/${U}`, { body: { upgrade: UPGRADE, ...ENDING } });
    api.answers.set('/v1/instances/i-1', { body: { instance: INSTANCE, ...ENDING } });
    api.answers.set(TIMELINE, { body: { items: [entry(9)], nextCursor: null, ...ENDING } });
    api.answers.set('/v1/stats', { body: FLEET });
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints words, and as JSON the document', async () => {
    const table = new ScriptedContext(api, 'table');
    await table.run(command, ...args);
    expect(table.printed.join('')).toMatch(/pre-upgrade {3}queued/);
    expect(table.printed.join('')).not.toContain('<!doctype');
    const json = new ScriptedContext(api, 'json');
    await json.run(command, ...args);
    expect(JSON.parse(json.printed.join(''))).toHaveProperty('stages');
  });

  it('writes the page into the file and says where', async () => {
    const file = join(folder, 'page.html');
    const table = new ScriptedContext(api, 'table');
    await table.run(command, ...args, '--html', file);
    expect(table.said.join('')).toContain(`Written to ${file}`);
    expect(table.printed).toEqual([]);
    expect(readFileSync(file, 'utf8')).toContain(`<title>${title}`);
  });

  it('prints the page where no file is named', async () => {
    const table = new ScriptedContext(api, 'table');
    await table.run(command, ...args, '--html');
    expect(table.printed.join('')).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
  });

  it('says in one line that the file cannot be written', async () => {
    const table = new ScriptedContext(api, 'table');
    const file = join(folder, 'none', 'page.html');
    await expect(table.run(command, ...args, '--html', file)).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: expect.stringContaining('The page was not written') as string,
    });
  });

  it('asks nothing when a page is wanted in another format', async () => {
    await expect(jsonl.run(command, ...args, '--html')).rejects.toMatchObject({
      exitCode: EXIT.usage,
    });
    expect(api.asked).toEqual([]);
  });
});

describe('the events of an upgrade', () => {
  it('are read page by page up to its last one, and no further', async () => {
    api.answers.set(`/v1/upgrades/${U}`, { body: { upgrade: UPGRADE, ...ENDING } });
    api.answers.set('/v1/instances/i-1', { body: { instance: INSTANCE, ...ENDING } });
    api.answers.set(TIMELINE, { body: { items: [entry(1)], nextCursor: 'c', ...ENDING } });
    const second = { items: [entry(9)], nextCursor: 'd', ...ENDING };
    api.answers.set(`${TIMELINE}&cursor=c`, { body: second });
    const json = new ScriptedContext(api, 'json');
    await json.run(reportCommand, U);
    expect(JSON.parse(json.printed.join(''))).toMatchObject({
      timeline: [{ revision: 1 }, { revision: 9 }],
    });
    expect(api.asked).toHaveLength(4);
  });
});

describe('uplift upgrade report of an instance', () => {
  it('is that of its newest upgrade', async () => {
    const instance = { ...INSTANCE, environment: 'main', lastUpgradeId: U };
    const page = { items: [instance], nextCursor: null, ...ENDING };
    api.answers.set('/v1/instances', { body: page });
    api.answers.set(`/v1/upgrades/${U}`, { status: 404, body: {} });
    await jsonl.run(reportCommand, 'shop/main').catch(() => undefined);
    expect(api.asked.at(-1)).toMatchObject({ path: `/v1/upgrades/${U}` });
  });
});

describe('uplift stats of a part of the fleet', () => {
  it('asks for what the options name', async () => {
    api.answers.set('/v1/stats', { body: FLEET });
    await jsonl.run(statsCommand, '--app', 'shop', '--label', 'team=a', '--label', 'ring=b');
    expect(api.asked.map(({ path }) => path)).toEqual([
      '/v1/stats?app=shop&label=team%3Da&label=ring%3Db',
    ]);
  });
});

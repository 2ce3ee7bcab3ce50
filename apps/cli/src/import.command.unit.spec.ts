import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from './exit-code';
import { instanceCommand } from './instance.command';
import { scriptedForAll } from './testing/scripted-api';

const I = '11111111-1111-4111-8111-111111111111';
const PATH = '/v1/instances/import';
const DONE = { instanceId: I, status: 'running-healthy-claimed' };
const PROBLEM = {
  ...{ type: '/problems#invalid-input', title: 'No', status: 400, code: 'invalid-input' },
  ...{ detail: 'See errors', errors: [{ pointer: '/app', detail: 'is required' }] },
};

describe('uplift instance import', () => {
  const { api, context } = scriptedForAll({ status: 404, body: {} });
  const folder = mkdtempSync(join(tmpdir(), 'uplift-import-'));
  const file = join(folder, 'fleet.ndjson');
  beforeAll(() => writeFileSync(file, '{"instanceId":"a"}\n{"instanceId":"b"}\n'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const answers = (...lines: object[]) =>
    api.answers.set(PATH, { body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') });
  const run = (...args: string[]) => context.run(instanceCommand, 'import', ...args);

  it('sends the file as it is, and prints what became of each line', async () => {
    answers({ line: 1, status: 202, result: DONE }, { line: 2, status: 200, result: DONE });
    await run(file, '--key', 'k');
    expect(api.asked).toEqual([
      { path: PATH, key: 'k', body: '{"instanceId":"a"}\n{"instanceId":"b"}\n' },
    ]);
    expect(context.rows).toEqual([
      { line: 1, answer: 'registered', instance: I, status: DONE.status, detail: null },
      { line: 2, answer: 'known', instance: I, status: DONE.status, detail: null },
    ]);
    expect(context.said).toEqual(['1 registered, 1 known already, 0 refused\n']);
  });

  it('goes on behind a line that is refused, says why, and fails in the end', async () => {
    answers({ line: 1, status: 400, problem: PROBLEM }, { line: 2, status: 202, result: DONE });
    await expect(run(file)).rejects.toMatchObject({ exitCode: EXIT.failed });
    expect(context.rows).toMatchObject([
      { line: 1, answer: 'refused', detail: 'See errors [invalid-input] /app: is required' },
      { line: 2, answer: 'registered' },
    ]);
  });

  it('says how far it came where it was cut', async () => {
    answers({ line: 1, status: 202, result: DONE }, { cut: { reason: 'service-stopping' } });
    await expect(run(file)).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message:
        'The import was interrupted after 1 lines (service-stopping): send the file again, what is registered stays',
    });
  });

  it('says so where the answer is no answer', async () => {
    api.answers.set(PATH, { body: '{"line":1,"sta' });
    await expect(run(file)).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  });

  it('asks nothing for a file that cannot be read', async () => {
    await expect(run(join(folder, 'none'))).rejects.toMatchObject({ exitCode: EXIT.usage });
    await expect(run(folder)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `${folder} cannot be read: it is a folder`,
    });
    expect(api.asked).toEqual([]);
  });

  it('does not take an empty file for a success', async () => {
    answers();
    await expect(run(file)).rejects.toMatchObject({ exitCode: EXIT.usage });
  });
});

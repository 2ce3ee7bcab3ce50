import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreDefaults } from './cores-file';
import { coresIn, readCoresFile } from './cores-file';

const DEFAULTS: CoreDefaults = {
  requestsPerSecond: 20,
  triggersPerHour: 60,
  triggerBurst: 20,
  buildsInFlight: 20,
  platformRole: false,
  probeSuffixes: ['.example.com'],
};

const CANARY = 'canary-4711';

function problemsOf(rows: unknown): readonly string[] {
  const outcome = coresIn(JSON.stringify(rows), DEFAULTS);
  return 'problems' in outcome ? outcome.problems : [];
}

describe('the list of cores', () => {
  it('gives each core its own words and the defaults for the rest', () => {
    const rows = [
      { name: 'eu', url: 'https://eu.example.com/graphql', token: 'a' },
      {
        name: 'us',
        url: 'https://us.example.com/graphql',
        tokenPath: '/run/token',
        triggersPerHour: 0,
        requestsPerSecond: 5,
        platformRole: true,
        probeSuffixes: [],
      },
      { name: 'au', url: 'http://127.0.0.1/graphql', tokenCommand: ['ssh', 'host', 'token'] },
    ];
    const { requestsPerSecond, ...settings } = DEFAULTS;
    expect(coresIn(JSON.stringify(rows), DEFAULTS)).toEqual({
      cores: [
        {
          name: 'eu',
          url: 'https://eu.example.com/graphql',
          token: { kind: 'fixed', token: 'a' },
          requestsPerSecond,
          settings,
        },
        {
          name: 'us',
          url: 'https://us.example.com/graphql',
          token: { kind: 'file', path: '/run/token' },
          requestsPerSecond: 5,
          settings: { ...settings, triggersPerHour: 0, platformRole: true, probeSuffixes: [] },
        },
        {
          name: 'au',
          url: 'http://127.0.0.1/graphql',
          token: { kind: 'command', command: ['ssh', 'host', 'token'] },
          requestsPerSecond,
          settings,
        },
      ],
    });
  });

  it('is told every problem at once, without any value', () => {
    const problems = problemsOf([
      { name: 'EU', url: CANARY, token: '', triggersPerHour: -1, triggerBurst: 0 },
      { url: 'https://x', tokenCommand: [], colour: CANARY },
    ]);
    expect(problems).toHaveLength(8);
    expect(problems).toContain("list of cores/1: must have required property 'name'");
    expect(problems).toContain('list of cores/1: must NOT have additional properties: colour');
    expect(problems.join()).not.toContain(CANARY);
  });

  it('needs one way to a token for each core, and a name for each alone', () => {
    const url = 'https://x.example.com';
    expect(
      problemsOf([
        { name: 'eu', url },
        { name: 'us', url, token: 'a', tokenPath: 'b' },
        { name: 'us', url, token: 'a' },
      ]),
    ).toEqual([
      'list of cores/0: needs one of token, tokenPath and tokenCommand',
      'list of cores/1: needs one of token, tokenPath and tokenCommand',
      'list of cores: two cores are called "us"',
    ]);
  });

  it.each([[[]], [{}], ['text'], [null]])('is not %j', (rows) => {
    expect(problemsOf(rows)).toHaveLength(1);
  });

  it('is read from a file that exists and holds JSON', () => {
    const folder = mkdtempSync(join(tmpdir(), 'uplift-cores-'));
    const path = join(folder, 'cores.json');
    expect(readCoresFile(path, DEFAULTS)).toEqual({
      problems: [`${path} cannot be read: ENOENT`],
    });
    writeFileSync(path, '[');
    expect(readCoresFile(path, DEFAULTS)).toEqual({ problems: ['the list of cores is no JSON'] });
    writeFileSync(path, '[{"name":"eu","url":"https://x","token":"a"}]');
    expect(readCoresFile(path, DEFAULTS)).toMatchObject({ cores: [{ name: 'eu' }] });
    rmSync(folder, { recursive: true });
  });
});

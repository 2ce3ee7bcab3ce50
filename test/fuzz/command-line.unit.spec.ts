import fc from 'fast-check';
import { runCommandLine } from '../../apps/cli/src/program';
import { ScriptedApi } from '../../apps/cli/src/testing/scripted-api';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyJson, anyText, changedJson } from './hostile-values';

const ID = '11111111-1111-4111-8111-111111111111';
/** Of commands that ask the API once; those that follow an upgrade wait for its end. */
const VERBS: readonly (readonly string[])[] = [
  ...['get', 'list', 'register', 'timeline', 'park', 'unpark', 'deregister', 'stats'].map(
    (verb) => ['instance', verb] as const,
  ),
  ...['update', 'claim', 'unclaim'].map((verb) => ['instance', verb] as const),
  ...[
    'trigger',
    'get',
    'cancel',
    'retry',
    'abandon',
    'resolve',
    'redrive',
    'rollback',
    'prioritize',
  ].map((verb) => ['upgrade', verb] as const),
  ...['status', 'findings', 'stop-starts', 'allow-starts', 'accept-store', 'close-finding'].map(
    (verb) => ['system', verb] as const,
  ),
  ['instance'],
  ['upgrade'],
  ['nothing'],
  [],
];
const OPTIONS = [
  ...['--reason', '--key', '--status', '--limit', '--cursor', '--strategy', '--ref', '--variable'],
  ...['--wave', '--priority', '--start-by', '--repair', '--label', '--health', '--core', '--id'],
  ...['--expect', '--failed', '--from', '--redeploy', '--adopt', '--not-landed', '-o', '--output'],
  ...['--project', '--environment', '--app', '--kind', '--all', '--closed', '--help', '--', '-x'],
];
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...OPTIONS) },
  { weight: 3, arbitrary: fc.constantFrom(ID, 'because', 'json', 'jsonl', 'a=b', '7', 'lagoon') },
  { weight: 2, arbitrary: anyText },
);
const line = fc
  .tuple(fc.constantFrom(...VERBS), fc.array(word, { maxLength: 7 }))
  .map((parts) => parts.flat());

const ANSWER: Json = {
  ...{ instanceId: ID, upgradeId: ID, revision: 1, position: '9', status: 'removed', items: [] },
  ...{ links: { instance: '/', upgrade: '/' }, stops: [], nextCursor: null, openByKind: {} },
  asOf: { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 },
  instance: { instanceId: ID, waitingFor: null, allowedCommands: [], unreadable: null },
  upgrade: { upgradeId: ID, outcome: null, stages: [], buildName: null, failure: null },
};
const PROBLEM: Json = {
  ...{ type: '/problems#a', title: 'A', status: 409, detail: 'because', code: 'overloaded' },
  errors: [{ pointer: '/a', detail: 'b' }],
};
const reply = fc.record({
  status: fc.constantFrom(200, 202, 400, 404, 409, 429, 500, 503, 504),
  body: fc.oneof(changedJson(fc.constantFrom(ANSWER, PROBLEM)), anyJson),
});

describe('the command line', () => {
  const api = new ScriptedApi({ body: {} });
  const before = process.env.UPLIFT_API_URL;
  let printed: string[] = [];
  let said: string[] = [];
  beforeAll(async () => {
    await api.start();
    process.env.UPLIFT_API_URL = api.url;
    keep(process.stdout, (text) => printed.push(text));
    keep(process.stderr, (text) => said.push(text));
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    if (before === undefined) delete process.env.UPLIFT_API_URL;
    else process.env.UPLIFT_API_URL = before;
    await api.stop();
  });

  function run(args: readonly string[]): Promise<number> {
    printed = [];
    said = [];
    return runCommandLine(['node', 'uplift', ...args]);
  }

  it('ends with a known code and one line, whatever it is given and answered', async () => {
    const property = fc.asyncProperty(line, reply, async (args, { status, body }) => {
      api.forget();
      api.otherwise = { status, body };
      const code = await run(args);
      const told = said.join('');
      expect([0, 1, 2, 3, 4, 5]).toContain(code);
      expect(told + printed.join('')).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d+:\d+/);
      if (code !== 0 && code !== 2) expect(told.match(/^uplift: .+$/gm)).toHaveLength(1);
      if (code === 2) expect(told).not.toBe('');
    });
    await fuzz({ edge: 'command-line', runs: 120 }, property);
  });
});

function keep(stream: NodeJS.WriteStream, take: (text: string) => void): void {
  const write = (chunk: unknown, written?: unknown) => {
    take(String(chunk));
    if (typeof written === 'function') (written as () => void)();
    return true;
  };
  jest.spyOn(stream, 'write').mockImplementation(write);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingName } from '@uplift/runtime';
import { ConfigurationError, readConfiguration, SETTINGS } from '@uplift/runtime';
import { EsdbEventStore } from '@uplift/event-store';
import { readCoresFile } from '@uplift/lagoon';
import fc from 'fast-check';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyText, changedJson } from './hostile-values';

const NAMES = Object.keys(SETTINGS) as SettingName[];
/** Longest time that a timer takes: for more it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom('1e3', '0x10', '1_000', '٣', '+5', '05', ' 7 ', '1e309', '99999999999999999999'),
);
const value = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 3, arbitrary: numberText },
  { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'TRUE', 'yes', 'a,b,,c', ',,') },
  { weight: 1, arbitrary: fc.webUrl() },
);

describe('settings', () => {
  it('of any value are read, or every one that is wrong is named at once', async () => {
    const variables = fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...NAMES.map((name) => SETTINGS[name].env)) },
        { weight: 1, arbitrary: anyText.map((text) => `UPLIFT_${text}`) },
      ),
      value,
      { maxKeys: 8 },
    );
    const property = fc.property(variables, fc.subarray(NAMES), (environment, names) => {
      const problems = problemsOf(() => readConfiguration(names, environment));
      const alone = names.flatMap((name) => {
        const { env } = SETTINGS[name];
        const own = Object.hasOwn(environment, env) ? { [env]: environment[env] } : {};
        return problemsOf(() => readConfiguration([name], own));
      });
      for (const problem of alone) expect(problems).toContain(problem);
      for (const problem of problems) expect(problem).not.toMatch(/\n/);
    });
    await fuzz({ edge: 'settings', runs: 120 }, property);
  });

  it('that are taken are values that a process can work with', async () => {
    const property = fc.property(fc.constantFrom(...NAMES), value, (name, text) => {
      const setting = SETTINGS[name];
      let read: unknown;
      try {
        read = readConfiguration([name], { [setting.env]: text })[name];
      } catch (error) {
        return expect(error).toBeInstanceOf(ConfigurationError);
      }
      if (typeof read !== 'number') return;
      expect(Number.isFinite(read)).toBe(true);
      const isTime = 'unit' in setting && setting.unit === 'ms';
      if (isTime) expect(read).toBeLessThanOrEqual(LONGEST_TIMER_MS);
    });
    await fuzz({ edge: 'settings-values', runs: 300 }, property);
  });
});

describe('the connection string of the event store', () => {
  const part = fc.oneof(
    fc.constantFrom('esdb', '+discover', '://', 'admin:changeit', '@', ':', '/', '?', '&', ','),
    fc.constantFrom(
      'localhost',
      '[::1]',
      ':2113',
      'tls=false',
      'tls=maybe',
      'tlsCAFile=/',
      'userKeyFile=/',
    ),
    fc.constantFrom(
      'userCertFile=/etc',
      'nodePreference=follower',
      'keepAliveInterval=-1',
      '%',
      '=',
    ),
    anyText,
  );
  const text = fc.oneof(
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 5 }).map((parts) => `esdb://localhost?${parts.join('&')}`),
    fc.array(part, { maxLength: 5 }).map((parts) => `esdb://u:secret@${parts.join('')}`),
  );

  // The client's parser says there what it leaves out.
  beforeAll(() => jest.spyOn(console, 'warn').mockImplementation(() => undefined));
  afterAll(() => jest.restoreAllMocks());

  it('is read, or said to be unreadable without a word of it', async () => {
    const property = fc.asyncProperty(text, async (given) => {
      try {
        await new EsdbEventStore({ connectionString: given }).close();
      } catch (error) {
        const { code, message } = error as { readonly code?: unknown; readonly message: string };
        expect({ code, message }).toMatchObject({ code: 'connection-string' });
        expect(message).not.toMatch(/secret|changeit|\n/);
      }
    });
    await fuzz({ edge: 'connection-string', runs: 150 }, property);
  });
});

describe('the file of Lagoon cores', () => {
  const folder = mkdtempSync(join(tmpdir(), 'uplift-fuzz-'));
  const file = join(folder, 'cores.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  const DEFAULTS = {
    ...{ requestsPerSecond: 1, triggersPerHour: 1, triggerBurst: 1, buildsInFlight: 1 },
    ...{ platformRole: false, probeSuffixes: [] },
  };
  const CORES: Json = [
    { name: 'eu-1', url: 'https://api.example/graphql', token: 'canary', triggersPerHour: 1 },
    {
      name: 'us-1',
      url: 'https://us.example/graphql',
      tokenCommand: ['token'],
      probeSuffixes: ['a'],
    },
  ];

  it('gives cores or problems, and repeats no secret', async () => {
    const property = fc.property(changedJson(fc.constant(CORES)), (json) => {
      writeFileSync(file, JSON.stringify(json));
      const outcome = readCoresFile(file, DEFAULTS);
      if ('problems' in outcome) expect(outcome.problems.join()).not.toMatch(/canary/);
    });
    await fuzz({ edge: 'cores-file', runs: 40 }, property);
  });
});

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems;
  }
}

import { ConfigurationError, readConfiguration } from '@uplift/runtime';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configuredCores, CORE_SETTINGS } from './core-configuration';

const URL = 'https://lagoon.example.com/graphql';
const CANARY = 'canary-4711';

function coresFrom(environment: Record<string, string>) {
  return configuredCores(readConfiguration(CORE_SETTINGS, environment));
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    coresFrom(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the cores of a worker', () => {
  it.each([
    [{ UPLIFT_LAGOON_TOKEN: 'a' }, { kind: 'fixed', token: 'a' }],
    [{ UPLIFT_LAGOON_TOKEN_PATH: '/run/token' }, { kind: 'file', path: '/run/token' }],
    [
      { UPLIFT_LAGOON_TOKEN_COMMAND: '["ssh", "token"]' },
      { kind: 'command', command: ['ssh', 'token'] },
    ],
  ])('are one for every name, with %j', (token, origin) => {
    const limits = { UPLIFT_TRIGGERS_PER_HOUR: '7', UPLIFT_LAGOON_REQUESTS_PER_SECOND: '0' };
    expect(coresFrom({ UPLIFT_LAGOON_URL: URL, ...token, ...limits })).toEqual({
      forEveryName: {
        name: 'default',
        url: URL,
        token: origin,
        requestsPerSecond: 0,
        settings: {
          triggersPerHour: 7,
          triggerBurst: 20,
          buildsInFlight: 20,
          platformRole: false,
          probeSuffixes: [],
        },
      },
    });
  });

  it('are not known without address and token', () => {
    expect(problemsOf({})).toEqual([
      'UPLIFT_LAGOON_URL or UPLIFT_LAGOON_CORES_PATH must be set',
      'One of UPLIFT_LAGOON_TOKEN, UPLIFT_LAGOON_TOKEN_PATH, UPLIFT_LAGOON_TOKEN_COMMAND must be set',
    ]);
  });

  it('have one way to a token', () => {
    const both = { UPLIFT_LAGOON_TOKEN: CANARY, UPLIFT_LAGOON_TOKEN_PATH: '/run/token' };
    const problems = problemsOf({ UPLIFT_LAGOON_URL: URL, ...both });
    expect(problems).toEqual([expect.stringContaining('One of UPLIFT_LAGOON_TOKEN, ')]);
    expect(problems.join()).not.toContain(CANARY);
  });

  it('take no command that is for a shell', () => {
    const command = `ssh ${CANARY} token`;
    expect(problemsOf({ UPLIFT_LAGOON_URL: URL, UPLIFT_LAGOON_TOKEN_COMMAND: command })).toEqual([
      'UPLIFT_LAGOON_TOKEN_COMMAND must be a JSON array of program and arguments',
    ]);
  });

  describe('in a file', () => {
    let folder: string;
    let path: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'uplift-cores-'));
      path = join(folder, 'cores.json');
      const rows = [
        { name: 'eu', url: URL, token: 'a' },
        { name: 'us', url: URL, token: 'b', triggersPerHour: 5 },
      ];
      writeFileSync(path, JSON.stringify(rows));
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    it('are several, with the settings as defaults', () => {
      const environment = { UPLIFT_LAGOON_CORES_PATH: path, UPLIFT_TRIGGERS_PER_HOUR: '7' };
      expect(coresFrom(environment)).toMatchObject({
        byName: [
          { name: 'eu', settings: { triggersPerHour: 7 } },
          { name: 'us', settings: { triggersPerHour: 5 } },
        ],
      });
    });

    it('are not mixed with the one core, and all problems are told at once', () => {
      const missing = join(folder, 'missing.json');
      expect(
        problemsOf({
          UPLIFT_LAGOON_CORES_PATH: missing,
          UPLIFT_LAGOON_URL: URL,
          UPLIFT_LAGOON_TOKEN: 'a',
        }),
      ).toEqual([
        'UPLIFT_LAGOON_CORES_PATH and UPLIFT_LAGOON_URL are both set, keep one',
        'UPLIFT_LAGOON_CORES_PATH and UPLIFT_LAGOON_TOKEN are both set, keep one',
        `${missing} cannot be read: ENOENT`,
      ]);
    });
  });
});

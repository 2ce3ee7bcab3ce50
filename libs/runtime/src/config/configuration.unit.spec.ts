import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, readConfiguration } from './configuration';
import { SETTINGS } from './settings';

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('reading the configuration', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-configuration-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes defaults for what is not set or empty', () => {
    expect(
      readConfiguration(['pollIntervalMs', 'probeAllowLoopback', 'stages', 'logLevel'], {
        UPLIFT_POLL_INTERVAL_MS: '',
      }),
    ).toEqual({
      pollIntervalMs: 60_000,
      probeAllowLoopback: false,
      stages: [],
      logLevel: 'info',
    });
  });

  it('parses each value into its type', () => {
    expect(
      readConfiguration(['pollBatch', 'probeAllowLoopback', 'stages', 'natsUrl', 'logLevel'], {
        UPLIFT_POLL_BATCH: '7',
        UPLIFT_PROBE_ALLOW_LOOPBACK: 'true',
        UPLIFT_STAGES: 'upgrade, poll-upgrade',
        UPLIFT_NATS_URL: 'nats://one:4222,nats://two:4222',
        UPLIFT_LOG_LEVEL: 'debug',
      }),
    ).toEqual({
      pollBatch: 7,
      probeAllowLoopback: true,
      stages: ['upgrade', 'poll-upgrade'],
      natsUrl: 'nats://one:4222,nats://two:4222',
      logLevel: 'debug',
    });
  });

  it('lists every problem at once', () => {
    expect(
      problemsOf(() =>
        readConfiguration(['natsUrl', 'pollBatch', 'httpPort', 'logLevel', 'eventStoreUrl'], {
          UPLIFT_POLL_BATCH: '0',
          UPLIFT_HTTP_PORT: '70000',
          UPLIFT_LOG_LEVEL: 'loud',
          UPLIFT_EVENTSTORE_URL: 'http://localhost:2113',
        }),
      ),
    ).toEqual([
      expect.stringMatching(
        /^UPLIFT_NATS_URL is missing: .* \(a URL starting with nats:\/\/ or tls:\/\/\)$/,
      ),
      'UPLIFT_POLL_BATCH must be a whole number of at least 1, not "0"',
      'UPLIFT_HTTP_PORT must be a port number from 0 to 65535, not "70000"',
      'UPLIFT_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
      'UPLIFT_EVENTSTORE_URL must be a URL starting with esdb:// or esdb+discover:// or kurrentdb:// or kurrentdb+discover://, not the given value',
    ]);
  });

  it.each([
    ['UPLIFT_POLL_BATCH', '1.5'],
    ['UPLIFT_POLL_BATCH', 'ten'],
    ['UPLIFT_POLL_BATCH', ' '],
    ['UPLIFT_POLL_BATCH', '1e309'],
    ['UPLIFT_PROBE_ALLOW_LOOPBACK', 'yes'],
  ])('refuses %s=%j', (name, value) => {
    const problems = problemsOf(() =>
      readConfiguration(['pollBatch', 'probeAllowLoopback'], { [name]: value }),
    );
    expect(problems).toEqual([expect.stringContaining(name)]);
  });

  it('refuses a time for which a timer would fire at once', () => {
    const environment = { UPLIFT_SETTLE_WINDOW_MS: '2147483648' };
    expect(problemsOf(() => readConfiguration(['settleWindowMs'], environment))).toEqual([
      'UPLIFT_SETTLE_WINDOW_MS must be a whole number from 0 to 2147483647, not "2147483648"',
    ]);
  });

  it('gives each problem one line, whatever the value', () => {
    const environment = { UPLIFT_POLL_BATCH: '\r\nx', 'UPLIFT_\n': '' };
    expect(problemsOf(() => readConfiguration(['pollBatch'], environment))).toEqual([
      '"UPLIFT_\\n" is not a setting of Uplift',
      'UPLIFT_POLL_BATCH must be a whole number of at least 1, not "\\r\\nx"',
    ]);
  });

  it('does not look at the values of settings that were not asked for', () => {
    expect(readConfiguration(['logLevel'], { UPLIFT_POLL_BATCH: 'ten' })).toEqual({
      logLevel: 'info',
    });
  });

  it.each(['UPLIFT_HEALTH_CALLBACK_TOKEN', 'UPLIFT_HEALTH_CALLBACK_TOKEN_FILE'])(
    'says what takes the place of %s, which earlier builds had',
    (name) => {
      expect(problemsOf(() => readConfiguration(['logLevel'], { [name]: 'hunter2' }))).toEqual([
        expect.stringMatching(
          new RegExp(`^${name} is not a setting of Uplift: .*UPLIFT_HEALTH_CALLBACK_KEY`),
        ),
      ]);
    },
  );

  it('refuses an unknown variable with our prefix and ignores all others', () => {
    const environment = { UPLIFT_NATS_ULR: 'x', UPLIFT_HTTP_PORT_FILE: 'x', PATH: '/bin' };
    expect(problemsOf(() => readConfiguration([], environment))).toEqual([
      'UPLIFT_HTTP_PORT_FILE is not a setting of Uplift',
      'UPLIFT_NATS_ULR is not a setting of Uplift',
    ]);
  });

  it('reads a secret from a file, without the line end', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'abc\n');
    expect(readConfiguration(['lagoonToken'], { UPLIFT_LAGOON_TOKEN_FILE: file })).toEqual({
      lagoonToken: 'abc',
    });
  });

  it('refuses a secret given twice and a file that is not there', () => {
    expect(
      problemsOf(() =>
        readConfiguration(['lagoonToken', 'postgresUrl'], {
          UPLIFT_LAGOON_TOKEN: 'a',
          UPLIFT_LAGOON_TOKEN_FILE: 'b',
          UPLIFT_POSTGRES_URL_FILE: join(folder, 'missing'),
        }),
      ),
    ).toEqual([
      'UPLIFT_LAGOON_TOKEN and UPLIFT_LAGOON_TOKEN_FILE are both set, keep one',
      expect.stringMatching(/^UPLIFT_POSTGRES_URL_FILE cannot be read: ENOENT/),
    ]);
  });

  it.each(['postgresUrl', 'eventStoreUrl', 'natsUrl'] as const)(
    'never repeats the value of a secret: %s',
    (name) => {
      const environment = { [SETTINGS[name].env]: 'mysql://me:hunter2@host/db' };
      expect(() => readConfiguration([name], environment)).toThrow(/not the given value/);
      expect(() => readConfiguration([name], environment)).not.toThrow(/hunter2/);
    },
  );

  it('leaves an optional setting undefined', () => {
    expect(readConfiguration(['lagoonToken'], {})).toEqual({ lagoonToken: undefined });
  });

  it('names the worker after host and process unless told otherwise', () => {
    expect(readConfiguration(['workerId'], {}).workerId).toContain(String(process.pid));
    expect(readConfiguration(['workerId'], { UPLIFT_WORKER_ID: 'w1' }).workerId).toBe('w1');
  });
});

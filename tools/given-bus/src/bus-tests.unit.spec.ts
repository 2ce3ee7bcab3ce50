import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busSettings, GivenBusError } from './bus-options';
import { busAnnouncement, busTestOptions } from './bus-tests';

const URLS = 'nats://ops:hun@ter2@one:4222,nats://two:4222';

const refusalOf = (args: string[]): GivenBusError => {
  try {
    busTestOptions(args, {});
  } catch (error) {
    if (error instanceof GivenBusError) return error;
    throw error;
  }
  throw new Error('It was not refused');
};

describe('the arguments of test:nats', () => {
  let folder: string;
  const file = () => join(folder, 'secret');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-given-bus-'));
    writeFileSync(file(), 's3cret\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are addresses, and one copy of the stream if nothing else is said', () => {
    const { bus, parts, isCleaning } = busTestOptions([URLS], {});
    expect(bus.access.servers).toBe(URLS);
    expect([bus.copies, parts, isCleaning]).toEqual([1, ['suites', 'demo'], false]);
  });

  it('become the settings of the services', () => {
    const args = ['nats://one', '--copies', '3', '--token-file', file(), '--ca', file()];
    expect(busSettings(busTestOptions(args, {}).bus)).toEqual({
      UPLIFT_NATS_URL: 'nats://one',
      UPLIFT_NATS_TOKEN: 's3cret',
      UPLIFT_NATS_TLS_CA: file(),
      UPLIFT_BUS_REPLICAS: '3',
    });
  });

  it('may name a variable, so that no list of processes shows the address', () => {
    const { bus } = busTestOptions(['env:MY_BUS'], { MY_BUS: URLS });
    expect(bus.access.servers).toBe(URLS);
  });

  it('show hosts alone', () => {
    const lines = busAnnouncement(busTestOptions([URLS], {})).join('\n');
    expect(lines).toContain('one:4222,two:4222');
    expect(lines).not.toMatch(/ops|hun|ter2/);
  });

  it.each([
    ['nothing', []],
    ['two', [URLS, URLS]],
    ['an option that is none', [URLS, '--destroy']],
    ['a part that is none', [URLS, '--only', 'suites,all']],
    ['another protocol', ['ws://ops:hunter2@one']],
    ['no copies', [URLS, '--copies', '0']],
    ['a file that is not there', [URLS, '--creds', '/no/such/file']],
    ['a variable that is not set', ['env:MY_BUS']],
    ['two users', ['nats://a:hunter2@one,nats://b:hunter2@two']],
  ])('are refused in one line, with exit code 2 and without a secret: %s', (_case, args) => {
    const { message, exitCode } = refusalOf(args);
    expect(exitCode).toBe(2);
    expect(message).not.toMatch(/\n|hunter2/);
  });
});

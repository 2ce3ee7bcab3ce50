import type { LoggerOptions } from './logger';
import { createLogger, NestLogger } from './logger';

function recording(options: LoggerOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { logger: createLogger('relay', { ...options, destination }), lines };
}

describe('a log line', () => {
  it('is JSON with time, level, service, message and fields', () => {
    const { logger, lines } = recording();
    logger.info({ instanceId: 'i-1' }, 'stage completed');
    expect(lines).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        level: 'info',
        service: 'relay',
        instanceId: 'i-1',
        msg: 'stage completed',
      },
    ]);
  });

  it('is not written below the level', () => {
    const { logger, lines } = recording({ level: 'warn' });
    logger.info('quiet');
    expect(lines).toEqual([]);
  });

  it('carries no secret at any depth, in fields, bindings, errors or addresses', () => {
    const { logger, lines } = recording();
    const cause = new Error('connect nats://u:hunter2@host or https://u:hunter2@host failed');
    const error = Object.assign(new Error('no', { cause }), { apiKey: 'hunter2' });
    logger
      .child({ lagoonToken: 'hunter2' })
      .error(
        { err: error, request: { headers: [{ Authorization: 'hunter2' }], dbPassword: 'hunter2' } },
        'failed',
      );
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]).toMatchObject({ err: { type: 'Error', message: 'no', apiKey: '[redacted]' } });
  });

  it.each([
    ['esdb://uplift:hun@ter2/hunter2@host:2113?tls=true', 'esdb://[redacted]@host:2113?tls=true'],
    ['kurrentdb+discover://a:hunter2@b,c', 'kurrentdb+discover://[redacted]@b,c'],
    ['nats://a:hun@hunter2@one,nats://two', 'nats://[redacted]@one,nats://two'],
    ['nats://a:hun/ter?hunter2@one:4222', 'nats://[redacted]@one:4222'],
    ['nats://a:hun/hunter2@one', 'nats://[redacted]@one'],
    ['postgresql://u:hun/hunter2@h/db', 'postgresql://[redacted]@h/db'],
    [
      'postgres://h/db?user=u&password=hunter2&ssl=1',
      'postgres://h/db?user=u&password=[redacted]&ssl=1',
    ],
    ['GET /callback?access_token=hunter2#x', 'GET /callback?access_token=[redacted]#x'],
    ['postgres://u:hun"hunter2@h/db', 'postgres://[redacted]@h/db'],
    [`refused uplift_${'hunter2-'.repeat(6).slice(0, 43)}.`, 'refused uplift_[redacted].'],
    [
      `refused uplift_callback_${'hunter2-'.repeat(6).slice(0, 43)}.`,
      'refused uplift_callback_[redacted].',
    ],
    ['sent Authorization: Bearer hunter2.hunter2.hunter2', 'sent Authorization: Bearer [redacted]'],
    ['with eyJhunter2hunter2.eyJhunter2hunter2.hunter2 in it', 'with eyJ[redacted] in it'],
    [
      'Bearer realm="uplift" and uplift_upgrades_total',
      'Bearer realm="uplift" and uplift_upgrades_total',
    ],
    ['see https://host/a/@scope and a@b', 'see https://host/a/@scope and a@b'],
  ])('leaves nothing of the credentials in %s', (text, shown) => {
    const { logger, lines } = recording();
    logger.info({ text }, 'x');
    expect(lines[0]).toMatchObject({ text: shown });
  });

  it('survives cycles, big integers, maps and bytes', () => {
    const { logger, lines } = recording();
    const cycle: Record<string, unknown> = { position: 12n, at: new Date(0) };
    cycle.self = cycle;
    logger.info(
      { cycle, map: new Map([['a', 1]]), set: new Set([1]), raw: Buffer.from('abc') },
      'x',
    );
    expect(lines[0]).toMatchObject({
      cycle: { position: '12', at: '1970-01-01T00:00:00.000Z' },
      map: { a: 1 },
      set: [1],
    });
  });
});

describe("Nest's messages", () => {
  it('become lines with their context', () => {
    const { logger, lines } = recording({ level: 'trace' });
    const nest = new NestLogger(logger);
    nest.warn('odd', 'Router');
    nest.error(new Error('broken'), 'stack', 'Injector');
    nest.log({ some: 'object' }, 'Context');
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'odd', context: 'Router' },
      { level: 'error', msg: 'broken', context: 'Injector', err: { message: 'broken' } },
      { level: 'debug', msg: 'nest message', message: { some: 'object' } },
    ]);
  });
});

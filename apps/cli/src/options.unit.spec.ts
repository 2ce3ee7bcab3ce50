import { auditCommand } from './audit/audit.command';
import { instanceCommand } from './instance.command';
import { momentIn, timeIn } from './options';
import { systemCommand } from './system.command';
import { scriptedForAll } from './testing/scripted-api';
import { tokenCommand } from './access/token.command';
import { upgradeCommand } from './upgrade/upgrade.command';

const I = '11111111-1111-4111-8111-111111111111';
const WHY = ['--reason', 'r'];
const TRIGGER = ['trigger', I, ...WHY];
const REGISTER = ['register', '--project', 'p', '--environment', 'e', '--app', 'a'];
const LONG = 'k'.repeat(256);

describe('an option', () => {
  const { api, context } = scriptedForAll({ status: 202, body: {} });

  it.each<[typeof upgradeCommand, string[], string]>([
    [
      upgradeCommand,
      [...TRIGGER, '--timeout', '1h'],
      'a whole number of seconds from 1 to 2147483',
    ],
    [upgradeCommand, [...TRIGGER, '--timeout', '0'], 'a whole number of seconds from 1 to 2147483'],
    [upgradeCommand, [...TRIGGER, '--timeout', '9999999'], 'from 1 to 2147483'],
    [upgradeCommand, ['trigger', I, '--reason', ''], 'It is empty'],
    [upgradeCommand, ['trigger', I, '--reason', ' \t'], 'It is empty'],
    [upgradeCommand, ['trigger', I, '--reason', 'a\nb'], 'one line of text'],
    [upgradeCommand, [...TRIGGER, '--key', 'é'], '1 to 255 letters, digits and marks of ASCII'],
    [upgradeCommand, [...TRIGGER, '--key', LONG], '1 to 255 letters, digits and marks of ASCII'],
    [upgradeCommand, [...TRIGGER, '--start-by', 'tomorrow'], '2026-03-01T10:00:00Z'],
    [upgradeCommand, [...TRIGGER, '--start-by', '2026-02-30T10:00:00Z'], '2026-03-01T10:00:00Z'],
    [upgradeCommand, [...TRIGGER, '--wave', ''], 'It is empty'],
    [upgradeCommand, [...TRIGGER, '--strategy', 'redeploy'], 'redeploy-latest, branch-ref'],
    [upgradeCommand, ['trigger', 'shop', ...WHY], 'shop/main, or an id'],
    [upgradeCommand, ['trigger', 'shop/', ...WHY], 'shop/main, or an id'],
    [upgradeCommand, ['trigger', '', ...WHY], 'shop/main, or an id'],
    [upgradeCommand, ['cancel', I, 'newest', ...WHY], 'an id such as'],
    [upgradeCommand, ['retry', ...WHY, '--failed', '--expect', '-1'], 'a whole number from 0'],
    [
      upgradeCommand,
      ['retry', ...WHY, '--failed', '--reason-class', 'x'],
      'environment, configuration',
    ],
    [auditCommand, ['replay', I, '--revision', '-1'], 'a whole number from 0'],
    [auditCommand, ['replay', I, '--revision', ''], 'a whole number from 0'],
    [auditCommand, ['replay', I, '--revision', '1e3'], 'a whole number from 0'],
    [auditCommand, ['replay', I, '--at', '11/28/2026'], '2026-03-01T10:00:00Z'],
    [auditCommand, ['replay', I, '--at', '2026-11-28'], '2026-03-01T10:00:00Z'],
    [instanceCommand, ['list', '--limit', '101'], 'a whole number from 1 to 100'],
    [instanceCommand, ['list', '--status', 'running-helthy'], 'for example running-healthy-'],
    [instanceCommand, ['list', '--status', 'failed'], '-failed, '],
    [instanceCommand, ['list', '--project', ''], 'It is empty'],
    [instanceCommand, ['park', I, '--reason', ''], 'It is empty'],
    [instanceCommand, [...REGISTER, '--status', 'fine'], 'for example '],
    [instanceCommand, [...REGISTER, '--health', 'ping'], 'http, none, task, lagoon'],
    [instanceCommand, [...REGISTER, '--health-path', 'up'], 'a path that begins with "/"'],
    [instanceCommand, [...REGISTER, '--id', '7'], 'an id such as'],
    [systemCommand, ['stop-starts', '--reason', ''], 'It is empty'],
    [systemCommand, ['findings', '--limit', 'all'], 'a whole number from 1 to 100'],
    [systemCommand, ['close-finding', 'x', ...WHY], 'an id such as'],
    [tokenCommand, ['create', ...WHY, '--scope', 'audit:read', '--days', '1.5'], 'from 1 to 366'],
  ])('that is wrong is refused before anything is sent: %p %j', async (noun, args, words) => {
    await expect(context.run(noun, ...args)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining(words) as string,
    });
    expect(api.asked).toEqual([]);
  });
});

describe('a time', () => {
  it.each([
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00:00.5+02:00', '2026-03-01T08:00:00.500Z'],
    ['2024-02-29T23:59:59-01:30', '2024-03-01T01:29:59.000Z'],
  ])('%s is sent as %s', (text, utc) => {
    expect(timeIn(text)).toBe(utc);
  });

  it.each(['24h', '1d', '1440m'])('may be told by how long it is ago: %s', (text) => {
    const now = Date.parse('2026-03-02T10:00:00Z');
    expect(momentIn(text, now)).toBe('2026-03-01T10:00:00.000Z');
  });
});

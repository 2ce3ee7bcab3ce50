import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ProblemError } from '@uplift/contracts';
import {
  DeregisterInstanceOfInstanceDto,
  ImportedInstanceDto,
  RegisterInstanceDto,
  ReportHealthOfInstanceDto,
  UpdateInstanceOfInstanceDto,
} from '../instances/instances.dto';
import { COMMAND_ENDPOINTS } from '../nats/bus-command';
import { AcceptStoreDto, CloseFindingDto, SwitchStartsDto } from '../system/system.dto';
import { CreateTokenDto } from '../tokens/tokens.dto';
import {
  PrioritizeUpgradeOfInstanceDto,
  ReasonOfInstanceDto,
  ReasonOfUpgradeDto,
  ResolveOutcomeOfInstanceDto,
  RetryUpgradeOfInstanceDto,
  TriggerUpgradeOfInstanceDto,
} from '../upgrades/upgrades.dto';
import {
  CreateWebhookDto,
  ListDeliveriesDto,
  ListWebhooksDto,
  ReplayOfWebhookDto,
  RotateSecretOfWebhookDto,
  WebhookDto,
} from '../webhooks/webhooks.dto';
import type { DtoType } from './read-dto';
import { readDto } from './read-dto';
import { holdsMailAddress, SECRET_PATTERNS, secretIn } from './sensitive-text';

const letters = (count: number) => 'aB3'.repeat(count).slice(0, count);
const upper = (count: number) => 'A2BC'.repeat(count).slice(0, count);

describe('what looks like a secret', () => {
  it.each([
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    `SU${upper(56)}`,
    'password=hunter2',
    'PGPASSWORD=hunter2 pg_dump',
    'SECRET_KEY=hunter2',
    'SECRET_KEY_BASE=hunter2 rails c',
    'APP_KEY=base64:hunter2 php artisan',
    '--encryption-key hunter2',
    'HASH_SALT=hunter2',
    `export API_KEY='x1'`,
    'curl https://host/?access_token=abc',
    'curl -d \'{"secret": "abc"}\' host',
    'mysqldump --password hunter2',
    'tool --db-passwd "hunter2"',
    'curl -H "Authorization: Bearer abc"',
    'curl -H authorization:basic abc',
    'git clone https://user:hunter2@host/x',
    'git clone https://ghtoken@host/x',
    'redis://:hunter2@host',
    'https://$USER:hunter2@host',
    `uplift_${letters(43)}`,
    `uplift_callback_${letters(43)}`,
    `aws AKIA${upper(16)}`,
    `ghp_${letters(36)}`,
    `github_pat_${letters(40)}`,
    `glpat-${letters(20)}`,
    `xoxb-${letters(20)}`,
    'https://hooks.slack.com/services/T0/B0/x',
    `AIza${letters(35)}`,
    `npm_${letters(36)}`,
    `sk_live_${letters(24)}`,
    `eyJ${letters(20)}.eyJ${letters(20)}.${letters(20)}`,
  ])('is %s', (text) => {
    expect(secretIn(text)).toBeDefined();
    expect(secretIn(`first line\n${text} and more`)).toBeDefined();
  });

  it.each([
    'drush updb -y && drush cr',
    'drush sql:cli --password="$DB_PASSWORD"',
    'PGPASSWORD=$DB_PASSWORD pg_dump',
    'PGPASSWORD=${DB_PASSWORD} pg_dump',
    'tool --password $DB_PASSWORD --token "$TOKEN"',
    'curl -H "Authorization: Bearer $TOKEN" https://host/path',
    'git clone https://user:$TOKEN@host/x',
    'git clone https://$USER:$TOKEN@host/x',
    'git clone ssh://git@host/x',
    'npm install @scope/package@1.2.3',
    'the token expired, see OPS-12',
    'new passwords for all',
    'monkey=1 app_keys=2',
    'APP_KEY=$APP_KEY php artisan',
    'php artisan passport:keys --force',
    'image@sha256:0f4f36fe1b2c',
    'max_tokens=5 broken=1',
    'uplift_upgrades_total grows',
    'uplift_callback_reports_total grows',
    'password=',
    'token=<redacted>',
    'token=***',
  ])('is not %s', (text) => {
    expect(secretIn(text)).toBeUndefined();
  });

  it('is looked for in time that grows with the text alone: no repetition is without a bound', () => {
    for (const { pattern } of SECRET_PATTERNS) {
      const bare = pattern.source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
      expect(bare).not.toMatch(/[*+]|\{\d+,\}/);
    }
  });

  it('is documented', () => {
    const page = readFileSync(resolve('docs/sensitive-input.md'), 'utf8');
    for (const { what } of SECRET_PATTERNS) expect(page).toContain(`| ${what} `);
  });
});

describe('a mail address', () => {
  it.each(['ask jane.doe@example.com', 'jöran@müller.de', 'x+y@a.b.example.org.', '(a@b.io)'])(
    'is in %s',
    (text) => expect(holdsMailAddress(text)).toBe(true),
  );

  it.each(['@team', 'drupal/core@10.3.1', 'a @ b.example', 'mail me at home', 'user@localhost'])(
    'is not in %s',
    (text) => expect(holdsMailAddress(text)).toBe(false),
  );
});

const ID = '11111111-1111-4111-8111-111111111111';
const SCRIPT = { service: 'cli', command: 'drush cr' };
const PLAN = { strategy: 'script', target: { script: SCRIPT } };
const REGISTRATION = {
  ...{ instanceId: ID, project: 'shop', environment: 'main', core: 'eu', app: 'Store App' },
  status: 'running-healthy-claimed',
  labels: { team: 'shop' },
  scripts: { preUpgrade: SCRIPT, postUpgrade: { registeredTask: 'Clear caches' } },
  healthProbe: { kind: 'task', path: '/health', script: SCRIPT },
  upgrade: PLAN,
};
const { status: _status, ...CHANGES } = REGISTRATION;
const VARIABLES = { variables: [{ name: 'VERSION', value: '2' }] };
const REASON = { reason: 'new release' };
const EXPIRY = '2026-06-01T00:00:00.000Z';
const WEBHOOK = {
  ...{ url: 'https://shop.example.com/hooks', format: 'polydock', events: ['UpgradeFailed'] },
  ...{ labels: { team: 'shop' }, description: 'the shop' },
};
const OF_UPGRADE = { instanceId: ID, upgradeId: ID };

/** Every command that carries text, with all of it. */
const COMMANDS: readonly (readonly [DtoType<object>, object])[] = [
  [RegisterInstanceDto, REGISTRATION],
  [UpdateInstanceOfInstanceDto, { ...CHANGES, ...REASON }],
  [DeregisterInstanceOfInstanceDto, { instanceId: ID, ...REASON, cancel: true }],
  [ReportHealthOfInstanceDto, { instanceId: ID, status: 'running-unhealthy' }],
  [ReasonOfUpgradeDto, { ...OF_UPGRADE, ...REASON }],
  [PrioritizeUpgradeOfInstanceDto, { ...OF_UPGRADE, ...REASON, priority: 'urgent' }],
  [AcceptStoreDto, REASON],
  [ImportedInstanceDto, REGISTRATION],
  [TriggerUpgradeOfInstanceDto, { instanceId: ID, ...PLAN, ...REASON, waveId: 'wave-1' }],
  [TriggerUpgradeOfInstanceDto, { instanceId: ID, strategy: 'variables', target: VARIABLES }],
  [TriggerUpgradeOfInstanceDto, { instanceId: ID, target: { ref: 'v1' } }],
  [TriggerUpgradeOfInstanceDto, { instanceId: ID, target: { sourceEnvironment: 'main' } }],
  [RetryUpgradeOfInstanceDto, { ...OF_UPGRADE, ...PLAN, ...REASON, redeploy: true }],
  [ResolveOutcomeOfInstanceDto, { ...OF_UPGRADE, ...REASON, adopt: 'lagoon-build-1' }],
  [ReasonOfInstanceDto, { instanceId: ID, ...REASON }],
  [SwitchStartsDto, { ...REASON, core: 'eu' }],
  [CloseFindingDto, { ...REASON, findingId: ID }],
  [CreateWebhookDto, WEBHOOK],
  [WebhookDto, { webhookId: ID }],
  [ListWebhooksDto, { webhookId: ID }],
  [ListDeliveriesDto, { webhookId: ID, state: 'failed', cursor: '7', limit: 1 }],
  [ReplayOfWebhookDto, { webhookId: ID, eventId: ID, since: EXPIRY, until: EXPIRY }],
  [RotateSecretOfWebhookDto, { webhookId: ID, overlapHours: 0 }],
  [CreateTokenDto, { ...REASON, scopes: ['audit:read'], expiresAt: EXPIRY, name: 'Robot' }],
];

/** Pointers to all texts. */
function textsIn(value: unknown, at = ''): string[] {
  if (typeof value === 'string') return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, `${at}/${key}`));
}

function withText(value: object, pointer: string, text: string): object {
  const copy = structuredClone(value) as Record<string, unknown>;
  const path = pointer.split('/').slice(1);
  const last = path.pop() ?? '';
  const holder = path.reduce((each, key) => each[key] as Record<string, unknown>, copy);
  holder[last] = text;
  return copy;
}

function faultsOf(type: DtoType<object>, value: object) {
  try {
    readDto(type, value);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem.errors ?? [];
  }
}

const CASES = COMMANDS.flatMap(([type, value]) =>
  textsIn(value).map((pointer) => [type.name, pointer, type, value] as const),
);

describe('every text of every command', () => {
  it('is of every command that the bus takes', () => {
    const named = COMMANDS.map(([type]) => type.name);
    const taken = Object.values(COMMAND_ENDPOINTS).map(({ schema }) => schema);
    expect(taken.filter((name) => !named.includes(name))).toEqual([]);
  });

  it.each(COMMANDS)('%p is taken as it is', (type, value) => {
    expect(faultsOf(type, value)).toEqual([]);
  });

  it.each(CASES)(
    '%s%s takes no secret, and the answer does not repeat it',
    (_n, at, type, value) => {
      const faults = faultsOf(type, withText(value, at, 'password=canary-7f3a'));
      const place = at.replace(/^(\/(?:labels|scopes|events))\/.*/, '$1');
      expect(faults.map(({ pointer }) => pointer)).toContain(place);
      expect(JSON.stringify(faults)).not.toContain('canary');
    },
  );

  it.each(CASES.filter(([, at]) => /reason|labels|app$/.test(at)))(
    '%s%s takes no mail address',
    (_n, at, type, value) => {
      const faults = faultsOf(type, withText(value, at, 'ask jane@example.com'));
      expect(faults).toMatchObject([{ detail: expect.stringContaining('mail address') as string }]);
    },
  );

  it('says which it was, and what to do', () => {
    const command = 'curl https://user:hunter2@host';
    const value = { instanceId: ID, ...PLAN, target: { script: { ...SCRIPT, command } } };
    expect(faultsOf(TriggerUpgradeOfInstanceDto, value)).toEqual([
      {
        pointer: '/target/script/command',
        detail:
          'seems to hold a URL with user or password, and the history keeps it for ever: keep it in a variable of the environment in Lagoon, and name that variable here',
      },
    ]);
  });

  it('a label is told by its key', () => {
    const value = { ...REGISTRATION, labels: { team: 'shop', 'db.password': 'hunter2' } };
    expect(faultsOf(RegisterInstanceDto, value)).toMatchObject([
      { pointer: '/labels', detail: expect.stringMatching(/^db\.password seems/) as string },
    ]);
  });
});

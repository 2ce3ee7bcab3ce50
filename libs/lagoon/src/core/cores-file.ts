import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import { readFileSync } from 'node:fs';
import { failureText } from '@uplift/outbound';
import { parseJson } from '../parse-json';
import type { TokenCommand, TokenOrigin } from '../token/token-origin';
import type { CoreSettings } from './lagoon-cores';
import type { CoreOptions } from './open-cores';

/** What a core of the file gets where it says nothing of its own. */
export interface CoreDefaults extends CoreSettings {
  readonly requestsPerSecond: number;
}

export type CoresOutcome =
  { readonly cores: readonly CoreOptions[] } | { readonly problems: readonly string[] };

interface CoreRow extends Partial<CoreDefaults> {
  readonly name: string;
  readonly url: string;
  readonly token?: string;
  readonly tokenPath?: string;
  readonly tokenCommand?: TokenCommand;
}

const text = { type: 'string', minLength: 1 };
const limit = { type: 'integer', minimum: 0 };

const CORE_LIST = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['name', 'url'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' },
      url: { type: 'string', pattern: '^https?://[^\\s/]\\S*$' },
      token: text,
      tokenPath: text,
      tokenCommand: { type: 'array', minItems: 1, items: { type: 'string' } },
      requestsPerSecond: limit,
      triggersPerHour: limit,
      triggerBurst: { type: 'integer', minimum: 1 },
      buildsInFlight: limit,
      platformRole: { type: 'boolean' },
      probeSuffixes: { type: 'array', items: text },
    },
  },
};

/** Reads the list of cores and checks all of it; no problem repeats a value. */
export function readCoresFile(path: string, defaults: CoreDefaults): CoresOutcome {
  try {
    return coresIn(readFileSync(path, 'utf8'), defaults);
  } catch (error) {
    return { problems: [`${path} cannot be read: ${failureText(error, 'failed')}`] };
  }
}

export function coresIn(json: string, defaults: CoreDefaults): CoresOutcome {
  const rows = parseJson(json);
  if (rows === undefined) return { problems: ['the list of cores is no JSON'] };
  const isCoreList = new Ajv({ allErrors: true, strict: true }).compile<CoreRow[]>(CORE_LIST);
  if (!isCoreList(rows)) return { problems: (isCoreList.errors ?? []).map(problemOf) };
  const problems = [...rows.flatMap(tokenProblems), ...nameProblems(rows)];
  return problems.length > 0 ? { problems } : { cores: rows.map((row) => coreOf(row, defaults)) };
}

function problemOf({ instancePath, message = 'is not usable', params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? `: ${String(params.additionalProperty)}` : '';
  return `list of cores${instancePath}: ${message}${extra}`;
}

function tokenProblems(row: CoreRow, n: number): string[] {
  const given = [row.token, row.tokenPath, row.tokenCommand].filter((way) => way !== undefined);
  if (given.length === 1) return [];
  return [`list of cores/${n}: needs one of token, tokenPath and tokenCommand`];
}

function nameProblems(rows: readonly CoreRow[]): string[] {
  const names = rows.map(({ name }) => name);
  const repeated = new Set(names.filter((name, n) => names.indexOf(name) !== n));
  return [...repeated].map((name) => `list of cores: two cores are called "${name}"`);
}

function coreOf(row: CoreRow, defaults: CoreDefaults): CoreOptions {
  const { name, url, token, tokenPath, tokenCommand, ...own } = row;
  const { requestsPerSecond, ...settings } = { ...defaults, ...own };
  return {
    name,
    url,
    token: originOf({ token, tokenPath, tokenCommand }),
    requestsPerSecond,
    settings,
  };
}

type TokenWays = {
  readonly [K in 'token' | 'tokenPath' | 'tokenCommand']: CoreRow[K] | undefined;
};

function originOf({ token = '', tokenPath, tokenCommand }: TokenWays): TokenOrigin {
  if (tokenPath !== undefined) return { kind: 'file', path: tokenPath };
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand };
  return { kind: 'fixed', token };
}

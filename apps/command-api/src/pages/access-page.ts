import type { QueryName } from '@uplift/contracts';
import { QUERY_SCOPES, QUERY_SUBJECTS } from '@uplift/contracts';
import { SCOPES } from '@uplift/domain';
import type { Route, RouteAccess } from '../access/route-access';

/** What a caller shows, from nothing to everything. */
export const CREDENTIALS = ['no token', 'a bad token', ...SCOPES] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** What the guard answers; `passes`: the request comes to its handler. */
export type Verdict = 401 | 403 | 'passes';

export function verdictOf({ transport, name, access }: Route, credential: Credential): Verdict {
  if (access === undefined) return 403;
  if (access.kind === 'public') return 'passes';
  // The token of an instance is none of these; a GET is refused whatever it shows.
  if (access.kind === 'instance') return name.startsWith('GET ') ? 403 : 401;
  if (credential === 'no token') return transport === 'nats' ? 'passes' : 401;
  return verdictOnToken(access, credential);
}

function verdictOnToken(access: RouteAccess, credential: Credential): Verdict {
  if (credential === 'a bad token') return 401;
  const isEnough = access.kind !== 'scope' || access.scope === credential;
  return isEnough ? 'passes' : 403;
}

/** What a token that is limited to labels asks for: an instance, an upgrade or another token within its limit, one outside, or nothing that is there. */
export const TARGETS = ['within its limit', 'outside', 'nothing'] as const;
export type Target = (typeof TARGETS)[number];

/** What it is answered; `own`: with what is within its limit, and no word of the rest. */
export type LimitVerdict = 403 | 404 | 'passes' | 'own';

const REGISTRATION = /^POST \/v1\/instances$|\.instance\.register$/;
const OF_MANY = /\/import$|\.(list|stats|status|findings)$|^(GET|POST) \/v1\/[a-z]+(\/findings)?$/;

/** Of a token with every scope and a limit. Undefined where no scope is needed. */
export function limitVerdictOf({ name, access }: Route, target: Target): LimitVerdict | undefined {
  if (access?.kind !== 'scope') return undefined;
  if (access.limits === 'refused') return 403;
  // Whoever names no instance that is there registers one.
  if (REGISTRATION.test(name)) return target === 'outside' ? 404 : 'passes';
  if (OF_MANY.test(name)) return 'own';
  return target === 'within its limit' ? 'passes' : 404;
}

/** The queries that the projector answers on the bus, as the routes that they are. */
export const QUERY_ROUTES: readonly Route[] = Object.entries(QUERY_SUBJECTS).map(
  ([query, name]) => {
    const scope = QUERY_SCOPES[query as QueryName];
    return { transport: 'nats', name, access: { kind: 'scope', scope, limits: 'held' } };
  },
);

/** docs/access-routes.md: every way into this service, and what it answers to whom. */
export function accessPage(routes: readonly Route[]): string {
  const head = ['Route', 'Needs', ...CREDENTIALS.map(wordsOf)];
  const rowsOf = (shown: readonly Route[]) =>
    shown.map((route) => [`\`${route.name}\``, needsOf(route.access), ...cellsOf(route)]);
  const over = (transport: Route['transport']) =>
    routes.filter((route) => route.transport === transport);
  return [
    '# Routes and credentials',
    '',
    'Generated from the routes of the command API (`npm run generate`); a test asks a running service for every cell.',
    'A token with one scope is shown to each route; ✓ means that the request comes to its handler. Health callbacks take the token of their instance alone: [access](access.md#health-callbacks).',
    '',
    '## HTTP',
    '',
    ...tableOf([head, ...rowsOf(over('http'))]),
    '',
    '## Commands on the bus',
    '',
    'Without a token the bus itself says who may send what.',
    '',
    ...tableOf([head, ...rowsOf(over('nats'))]),
    '',
    '## Queries on the bus',
    '',
    'The projector answers them. Without a token the bus itself says who may ask what.',
    '',
    ...tableOf([head, ...rowsOf(QUERY_ROUTES)]),
    '',
    '## Limited tokens',
    '',
    'A token with every scope that is limited to labels of instances asks for an instance, an upgrade or a token within its limit, for one outside, and for nothing that is there. A test asks with two tokens for each, on every route; both answers 404 are the same.',
    '“own”: the answer has what is within the limit, and no word of the rest. A registration without the labels is answered 403.',
    '',
    ...tableOf([
      ['Route', ...TARGETS],
      ...[...routes, ...QUERY_ROUTES].flatMap((route) => limitRows(route)),
    ]),
    '',
  ].join('\n');
}

function limitRows(route: Route): readonly (readonly string[])[] {
  const verdicts = TARGETS.map((target) => limitVerdictOf(route, target));
  if (verdicts.includes(undefined)) return [];
  const cells = verdicts.map((verdict) => (verdict === 'passes' ? '✓' : String(verdict)));
  return [[`\`${route.name}\``, ...cells]];
}

function wordsOf(credential: Credential): string {
  return credential.includes(':') ? `\`${credential}\`` : credential;
}

function needsOf(access: RouteAccess | undefined): string {
  if (access?.kind === 'scope') return `\`${access.scope}\``;
  if (access?.kind === 'public') return `nothing: ${access.why}`;
  return access?.kind === 'instance' ? 'the token of the instance' : 'any good token';
}

function cellsOf(route: Route): readonly string[] {
  return CREDENTIALS.map((credential) => {
    const verdict = verdictOf(route, credential);
    return verdict === 'passes' ? '✓' : String(verdict);
  });
}

/** Columns of equal width, as the formatter of this repository writes them. */
function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = []] = rows;
  const widths = head.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.slice(1).map(line)];
}

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

/** docs/access-routes.md: every way into this service, and what it answers to whom. */
export function accessPage(routes: readonly Route[]): string {
  const head = ['Route', 'Needs', ...CREDENTIALS.map(wordsOf)];
  const rowsOf = (transport: Route['transport']) =>
    routes
      .filter((route) => route.transport === transport)
      .map((route) => [`\`${route.name}\``, needsOf(route.access), ...cellsOf(route)]);
  return [
    '# Routes and credentials',
    '',
    'Generated from the routes of the command API (`npm run generate`); a test asks a running service for every cell.',
    'A token with one scope is shown to each route; ✓ means that the request comes to its handler. Health callbacks take the token of their instance alone: [access](access.md#health-callbacks).',
    '',
    '## HTTP',
    '',
    ...tableOf([head, ...rowsOf('http')]),
    '',
    '## Commands on the bus',
    '',
    'Without a token the bus itself says who may send what.',
    '',
    ...tableOf([head, ...rowsOf('nats')]),
    '',
  ].join('\n');
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

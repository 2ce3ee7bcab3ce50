import type { Actor } from '@uplift/contracts';
import type { Labels, Scope } from '@uplift/domain';
import { SCOPES } from '@uplift/domain';
import { v5 as uuid5 } from 'uuid';

/** Who sends a request, as far as was proved, and what it may do. */
export interface Principal {
  readonly actor: Actor;
  readonly scopes: readonly Scope[];
  /** The scopes hold for instances with all of these alone; none: for every instance. */
  readonly labels: Labels;
  /** Who vouches for it, and its name there: never stored. */
  readonly issuer: string;
  readonly subject: string;
  /** By which people know it, as the token says; kept apart from all events, where it can be erased. */
  readonly name?: string;
  /** Milliseconds since 1970; null: its right does not end by itself. */
  readonly expiresAt: number | null;
  /** Of an API token, which may be revoked. */
  readonly tokenId?: string;
}

/** Follows from both, and tells neither to those who do not know them. */
export function actorIdOf(issuer: string, subject: string): string {
  return uuid5(subject, uuid5(issuer, uuid5.URL));
}

export const ROOT_ISSUER = 'urn:uplift:root-token';
const OPEN_ISSUER = 'urn:uplift:open';
const BUS_ISSUER = 'urn:uplift:bus';
/** Of those who are nobody in particular, and of the token for emergencies. */
const NOT_COUNTED: readonly string[] = [ROOT_ISSUER, OPEN_ISSUER, BUS_ISSUER];

const OPEN = { scopes: SCOPES, labels: {}, issuer: OPEN_ISSUER, expiresAt: null };

/** Everybody, where nobody has to prove anything. */
export const ANYBODY = {
  http: { ...OPEN, subject: 'anonymous', actor: { type: 'user', id: 'anonymous' } },
  nats: { ...OPEN, subject: 'anonymous', actor: { type: 'service_account', id: 'anonymous' } },
} as const satisfies Record<string, Principal>;

/** Whoever the bus lets send commands: its own rules say to which subjects. */
export const BUS_USER: Principal = {
  ...OPEN,
  issuer: BUS_ISSUER,
  subject: 'bus',
  actor: { type: 'service_account', id: 'bus' },
};

/** Whether it is bounded how much a caller sends. */
export function isCounted({ issuer }: Principal): boolean {
  return !NOT_COUNTED.includes(issuer);
}

const identified = new WeakMap<object, Principal>();

/** Keeps who sends a request for as long as there is the request. */
export function identify(request: object, principal: Principal): void {
  identified.set(request, principal);
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Undefined where there is none; a header that carries none is a token that nobody created. */
export function bearerOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, token = ''] = typeof header === 'string' ? (BEARER.exec(header) ?? []) : [];
  return token;
}

/** Who sends a request, over HTTP or the bus. A guard has found it out: whoever was not looked at reaches nothing. */
export function knownPrincipalOf(request: object): Principal {
  const principal = principalOf(request);
  if (principal === undefined) throw new Error('Nobody has found out who sends this request');
  return principal;
}

/** Undefined on routes where nobody has to say who it is. */
export function principalOf(request: object): Principal | undefined {
  return identified.get(request);
}

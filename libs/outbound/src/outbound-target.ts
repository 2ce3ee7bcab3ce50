import { isIP } from 'node:net';

/** The address may not be called: nothing was sent. */
export class TargetRefusedError extends Error {
  readonly code = 'target-refused';
  constructor(readonly reason: string) {
    super(`Target refused: ${reason}`);
  }
}

export interface TargetRules {
  /** Development only: also permits http to 127.0.0.1 and localhost, on any port. */
  readonly allowLoopback?: boolean;
  /** Hosts must end with one of these, for example `.example.com`; absent: any host. */
  readonly allowedSuffixes?: readonly string[];
}

export interface OutboundTarget {
  readonly url: URL;
  /** True: the app of a development set-up on this machine. */
  readonly loopback: boolean;
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost']);
const MAX_LENGTH = 2048;

// The URL parser has already turned every spelling of an IPv4 address into the dotted one.
const PUBLIC_RULES: readonly (readonly [reason: string, breaks: (url: URL) => boolean])[] = [
  ['it is not https', ({ protocol }) => protocol !== 'https:'],
  ['its port is not 443', ({ port }) => port !== ''],
  ['it is an IP address', ({ hostname }) => isIP(hostname) !== 0 || hostname.startsWith('[')],
];

/**
 * The address if it may be called; the name still has to resolve to public addresses only.
 * @param allowedHosts the hosts that may be asked at all; absent: any
 */
export function outboundTarget(
  text: string,
  rules: TargetRules,
  allowedHosts?: readonly string[],
): OutboundTarget {
  const url = parsed(text);
  if (url.username !== '' || url.password !== '') refuse('it carries credentials');
  if (!isListed(url.hostname, allowedHosts)) refuse('its host is not one of the environment');
  if (rules.allowLoopback === true && isLoopback(url)) return { url, loopback: true };
  const broken = PUBLIC_RULES.find(([, breaks]) => breaks(url));
  if (broken !== undefined) refuse(broken[0]);
  if (!hasAllowedSuffix(url.hostname, rules.allowedSuffixes)) refuse('its host is not allowed');
  return { url, loopback: false };
}

/** The rule that forbids to call the address, as far as it can be told without asking; null: it may be called. */
export function whyRefused(
  text: string,
  rules: TargetRules,
  allowedHosts?: readonly string[],
): string | null {
  try {
    outboundTarget(text, rules, allowedHosts);
    return null;
  } catch (error) {
    if (error instanceof TargetRefusedError) return error.reason;
    throw error;
  }
}

function parsed(text: string): URL {
  if (text.length <= MAX_LENGTH && URL.canParse(text)) return new URL(text);
  return refuse('it is not a URL');
}

function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname);
}

function isListed(host: string, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.some((other) => bare(other) === bare(host));
}

function hasAllowedSuffix(host: string, suffixes: readonly string[] | undefined): boolean {
  if (suffixes === undefined) return true;
  return suffixes.some((suffix) =>
    bare(host).endsWith(suffix.startsWith('.') ? suffix : `.${suffix}`),
  );
}

// A name may end with the dot of the root, and be written in capitals.
function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function refuse(reason: string): never {
  throw new TargetRefusedError(reason);
}

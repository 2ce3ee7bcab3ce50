import type { WorkOrder } from '@uplift/domain';

/** Where an app is asked for its health, and the only hosts that may be asked. */
export interface HealthPage {
  readonly url: string;
  readonly allowedHosts: readonly string[];
}

/**
 * The primary route with the path the app is known to answer on; null without a route.
 * `routes` are Lagoon's, the primary one first; `suffixes` none: every host that Lagoon named.
 */
export function healthPage(
  { profile }: WorkOrder,
  routes: readonly string[],
  suffixes: readonly string[],
): HealthPage | null {
  const [primary] = routes;
  if (primary === undefined) return null;
  const { path } = profile.healthProbe;
  const url = `${primary.replace(/\/+$/, '')}${path.startsWith('/') ? path : `/${path}`}`;
  const hosts = routes.flatMap(hostsOf).filter((host) => hasSuffix(host, suffixes));
  return { url, allowedHosts: [...new Set(hosts)] };
}

function hostsOf(route: string): string[] {
  return URL.canParse(route) ? [new URL(route).hostname] : [];
}

function hasSuffix(host: string, suffixes: readonly string[]): boolean {
  if (suffixes.length === 0) return true;
  const name = host.replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(`.${suffix.toLowerCase().replace(/^\./, '')}`));
}

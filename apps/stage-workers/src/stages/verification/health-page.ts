import type { HealthProbeTarget } from '@uplift/domain';
import type { EnvironmentRoute, HealthProbe, LagoonEnvironment } from '@uplift/lagoon';

/** Where an app is asked for its health, and the only hosts that may be asked. */
export interface HealthPage {
  readonly url: string;
  readonly allowedHosts: readonly string[];
}

/** Why an app cannot be asked at a route. */
export interface UnusableRoute {
  /** Without credentials and parameters. */
  readonly shown: string;
  readonly why: string;
  /** True if it is a URL of the app, and the rules for probes forbid it. */
  readonly isForbidden: boolean;
}

export type PageChoice =
  | { readonly kind: 'page'; readonly page: HealthPage }
  | { readonly kind: 'none'; readonly unusable: readonly UnusableRoute[] };

const LONGEST_SHOWN = 100;

/** The first route that is one of this app and may be asked, with the path the app is known to answer on. */
export function healthPage(
  { path }: HealthProbeTarget,
  { routes }: Pick<LagoonEnvironment, 'routes'>,
  rules: { readonly probe: HealthProbe; readonly suffixes: readonly string[] },
): PageChoice {
  const judged = routes.map((route) => ({ route, unusable: whyUnusable(route, rules) }));
  const usable = judged.filter(({ unusable }) => unusable === null).map(({ route }) => route.text);
  const [primary] = usable;
  if (primary === undefined) {
    return { kind: 'none', unusable: judged.flatMap(({ unusable }) => unusable ?? []) };
  }
  const url = `${primary.replace(/\/+$/, '')}${path.startsWith('/') ? path : `/${path}`}`;
  const allowedHosts = [...new Set(usable.map((text) => new URL(text).hostname))];
  return { kind: 'page', page: { url, allowedHosts } };
}

function whyUnusable(
  { text, alsoOf }: EnvironmentRoute,
  { probe, suffixes }: { readonly probe: HealthProbe; readonly suffixes: readonly string[] },
): UnusableRoute | null {
  const unusable = { shown: shownRoute(text), isForbidden: false };
  if (!URL.canParse(text)) return { ...unusable, why: 'it is not a URL' };
  if (alsoOf !== null) return { ...unusable, why: `it is a route of ${alsoOf} as well` };
  const isListed = hasSuffix(new URL(text).hostname, suffixes);
  const why = probe.whyNot(text) ?? (isListed ? null : 'its host is not allowed');
  return why === null ? null : { ...unusable, why, isForbidden: true };
}

function shownRoute(text: string): string {
  const { origin, pathname } = URL.canParse(text) ? new URL(text) : { origin: text, pathname: '' };
  return `${origin}${pathname}`.slice(0, LONGEST_SHOWN);
}

function hasSuffix(host: string, suffixes: readonly string[]): boolean {
  if (suffixes.length === 0) return true;
  const name = host.replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(`.${suffix.toLowerCase().replace(/^\./, '')}`));
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProblemDetails } from '@uplift/contracts';
import { problem } from '@uplift/contracts';
import type { Configuration } from '@uplift/runtime';
import { ConfigurationError } from '@uplift/runtime';
import { AccessPolicy, isLoopback } from '@uplift/access';
import { sendProblem } from './http-exchange';

const READING_METHODS = ['GET', 'HEAD', 'OPTIONS'];
/** Where a GET may change something, if it is taken at all. */
const CALLBACKS = '/api/instance/';
/** What a browser writes into `Host`: a name or an address, and a port. */
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[^\s:/?#@[\]]{1,255})(?::\d{1,5})?$/i;

/** Web pages of other addresses that may send what changes something. */
export class TrustedOrigins {
  constructor(private readonly origins: readonly string[] = []) {}

  includes(origin: string): boolean {
    return this.origins.includes(origin);
  }
}

/** Throws ConfigurationError. */
export function trustedOriginsOf({ httpOrigins }: Configuration<'httpOrigins'>): TrustedOrigins {
  const wrong = httpOrigins.filter((text) => !URL.canParse(text) || new URL(text).origin !== text);
  if (wrong.length === 0) return new TrustedOrigins(httpOrigins);
  throw new ConfigurationError([
    `UPLIFT_HTTP_ORIGINS takes origins as a browser writes them, for example https://ops.example.com, not ${wrong.join(', ')}`,
  ]);
}

/** A browser sends on what any page tells it to send: its `Host` and `Origin` say where the page came from. */
export function refuseForeign(app: NestFastifyApplication): void {
  const { isOff } = app.get(AccessPolicy, { strict: false });
  const trusted = app.get(TrustedOrigins, { strict: false });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ method, headers: { host, origin }, routeOptions }, reply, done) => {
      const mayChange =
        !READING_METHODS.includes(method) || routeOptions.url?.startsWith(CALLBACKS) === true;
      if (isOff && !isLoopbackHost(host)) return sendProblem(reply, foreignHost());
      if (mayChange && isForeign(origin, host, trusted)) return sendProblem(reply, foreignOrigin());
      done();
    });
}

/** A name that an attacker lets lead to this machine is none. */
function isLoopbackHost(host = ''): boolean {
  const [, name = ''] = HOST.exec(host) ?? [];
  return isLoopback(name.replace(/^\[|\]$/g, '').toLowerCase());
}

function isForeign(
  origin: string | undefined,
  host: string | undefined,
  trusted: TrustedOrigins,
): boolean {
  if (origin === undefined || trusted.includes(origin)) return false;
  // In front of TLS the scheme is not that of the browser: only the address can be compared.
  const [, scheme, from] = /^(https?):\/\/([^/?#@\s]+)$/.exec(origin) ?? [];
  const own = `${scheme}://${host}`;
  if (from === undefined || !URL.canParse(origin) || !URL.canParse(own)) return true;
  return new URL(origin).host !== new URL(own).host;
}

function foreignHost(): ProblemDetails {
  const detail =
    'With UPLIFT_AUTH=off only requests to this machine are answered: call it 127.0.0.1, [::1] or localhost';
  return problem('host-refused', detail);
}

function foreignOrigin(): ProblemDetails {
  const detail =
    'The request comes from a web page of another address: an operator may add its origin to UPLIFT_HTTP_ORIGINS';
  return problem('origin-refused', detail);
}

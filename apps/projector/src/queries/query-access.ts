import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import {
  Authenticator,
  DenialMeter,
  identify,
  knownPrincipalOf,
  RequestLimiter,
} from '@uplift/access';
import type { BusRequest } from '@uplift/bus';
import type { Query, QueryName } from '@uplift/contracts';
import {
  ProblemError,
  QUERY_SCOPES,
  QUERY_SUBJECTS,
  readQuery,
  refusal,
  REQUEST_HEADERS,
} from '@uplift/contracts';
import type { Labels } from '@uplift/domain';
import { isLimit } from '@uplift/domain';

const NAMES = new Map(
  Object.entries(QUERY_SUBJECTS).map(([name, subject]) => [subject as string, name as QueryName]),
);

/** Stands before every query. A token has to be good, and for this; without one the bus says who may ask. */
@Injectable()
export class QueryGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limiter: RequestLimiter,
    private readonly denials: DenialMeter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToRpc().getData<BusRequest>();
    const name = NAMES.get(request.subject);
    if (name === undefined) throw new Error(`No query says who may ask ${request.subject}`);
    try {
      identify(request, await this.admitted(request, name));
    } catch (error) {
      if (error instanceof ProblemError) this.denials.count('nats', error.problem.code);
      throw error;
    }
    return true;
  }

  private async admitted({ headers }: BusRequest, name: QueryName): Promise<Principal> {
    const token = headers[REQUEST_HEADERS.actorToken];
    const principal = await this.authenticator.identify('nats', token);
    this.limiter.take(principal, 'reads');
    refuseWithoutScope(principal, name);
    return principal;
  }
}

function refuseWithoutScope({ scopes }: Principal, name: QueryName): void {
  const scope = QUERY_SCOPES[name];
  if (scopes.includes(scope)) return;
  const detail = `This takes the scope ${scope}, which the token does not have`;
  throw refusal('scope-missing', detail, { scope });
}

interface Labelled {
  readonly labels?: Labels;
  readonly label?: readonly string[];
}

/** Of `name=value`. */
function labelIn(text: string): Labels {
  const end = text.indexOf('=');
  return { [text.slice(0, end)]: text.slice(end + 1) };
}

/** A query as it is sent, with what its sender may see: what the query itself says, and what his token says. */
export function queryOf<Name extends QueryName>(
  name: Name,
  request: BusRequest,
): Query<Name> & { readonly limits: readonly Labels[] } {
  const query = readQuery(name, request.body);
  const { labels = {}, label = [] } = query as Labelled;
  const { labels: ofToken } = knownPrincipalOf(request);
  return { ...query, limits: [labels, ...label.map(labelIn), ofToken].filter(isLimit) };
}

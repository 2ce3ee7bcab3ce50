import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { Authenticator, bearerOf, identify, RequestLimiter } from '@uplift/access';
import type { BusRequest } from '@uplift/bus';
import { ProblemError, refusal, REQUEST_HEADERS } from '@uplift/contracts';
import type { Scope } from '@uplift/domain';
import { isLimit, labelsInWords } from '@uplift/domain';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { showQuota } from '../http/http-exchange';
import { AdmissionRecords } from './admission-records';
import { CallbackTokens } from './callback-tokens';
import type { RouteAccess } from './route-access';
import { accessOf } from './route-access';

interface Shown {
  readonly transport: 'http' | 'nats';
  /** What comes in: the request of the web framework, or of the bus. */
  readonly request: object;
  readonly token: string | undefined;
  /** The subject, or method and route. */
  readonly route: string;
  readonly isCommand: boolean;
}

interface WebRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly routeOptions: { readonly url?: string };
}

/** Stands before every route of every transport: who asks, and may it? */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly callbacks: CallbackTokens,
    private readonly records: AdmissionRecords,
    private readonly limiter: RequestLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler());
    if (access === undefined) throw new Error('This route says of nobody that it may be used');
    if (access.kind === 'public') return true;
    await this.admit(context, access);
    return true;
  }

  private async admit(context: ExecutionContext, access: RouteAccess): Promise<void> {
    const shown = shownIn(context, access);
    let principal: Principal | undefined;
    try {
      principal =
        access.kind === 'instance'
          ? this.callbacks.identify(context.switchToHttp().getRequest<HttpRequest>())
          : await this.authenticator.identify(shown.transport, shown.token);
      if (access.kind !== 'instance') this.count(context, shown, principal);
      refuseUnlessAllowed(principal, access);
    } catch (error) {
      this.record(shown, principal ?? null, error);
      throw error;
    }
    this.keep(shown, access, principal);
    identify(shown.request, principal);
  }

  /** Reports of apps have a limiter of their own. */
  private count(context: ExecutionContext, { isCommand, transport }: Shown, principal: Principal) {
    this.limiter.take(principal, isCommand ? 'writes' : 'reads', (quota) => {
      if (transport === 'http') showQuota(context.switchToHttp().getResponse<HttpReply>(), quota);
    });
  }

  private keep({ isCommand, route }: Shown, access: RouteAccess, principal: Principal): void {
    if (isCommand) this.records.command(principal);
    else if (isRecorded(access, principal)) this.records.audited(route, principal);
  }

  private record(shown: Shown, principal: Principal | null, error: unknown) {
    if (!(error instanceof ProblemError)) return;
    const { route: command, transport } = shown;
    const { code, status } = error.problem;
    this.records.notAdmitted(transport, code);
    if (!shown.isCommand || (status !== 401 && status !== 403)) return;
    this.records.denied({ command, transport, code }, principal);
  }
}

/** Whether a credential is asked for, or what is open to this caller by `audit:read` alone, all of it or a part. */
function isRecorded(access: RouteAccess, { scopes }: Principal): boolean {
  if (access.kind !== 'scope') return false;
  if (access.isRecorded === true) return true;
  return [access.scope, access.more].includes('audit:read') && scopes.includes('audit:read');
}

function refuseUnlessAllowed({ scopes, labels }: Principal, access: RouteAccess): void {
  if (access.kind !== 'scope') return;
  if (!scopes.includes(access.scope)) throw lacking(access.scope);
  if (access.limits === 'refused' && isLimit(labels)) {
    const detail = `The token is limited to instances with ${labelsInWords(labels)}, and this is about more than them`;
    throw refusal('token-limited', detail);
  }
}

function lacking(scope: Scope): ProblemError {
  return refusal('scope-missing', `This takes the scope ${scope}, which the token does not have`, {
    scope,
  });
}

function shownIn(context: ExecutionContext, access: RouteAccess): Shown {
  if (context.getType() === 'http') {
    return shownOverHttp(context.switchToHttp().getRequest(), access);
  }
  const request = context.switchToRpc().getData<BusRequest>();
  const token = request.headers[REQUEST_HEADERS.actorToken];
  return { transport: 'nats', request, token, route: request.subject, isCommand: true };
}

function shownOverHttp(request: WebRequest, { kind }: RouteAccess): Shown {
  const { method, headers, routeOptions } = request;
  const isCommand = method !== 'GET' || kind === 'instance';
  const route = `${method} ${routeOptions.url ?? ''}`;
  return { transport: 'http', request, token: bearerOf(headers.authorization), route, isCommand };
}

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { BusRequest } from '@uplift/bus';
import { ProblemError, refusal, REQUEST_HEADERS } from '@uplift/contracts';
import type { Scope } from '@uplift/domain';
import { RefusalRecorder } from '../commands/refusal-recorder';
import { Authenticator } from './authenticator';
import type { Principal } from './principal';
import { identify } from './principal';
import { accessOf } from './route-access';

interface Shown {
  readonly transport: 'http' | 'nats';
  /** What comes in: the request of the web framework, or of the bus. */
  readonly request: object;
  readonly token: string | undefined;
  /** Name of a command; undefined for what only reads. */
  readonly command: string | undefined;
}

interface WebRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly routeOptions: { readonly url?: string };
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Stands before every route of every transport: who asks, and may it? */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly refusals: RefusalRecorder,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler());
    if (access === undefined) throw new Error('This route says of nobody that it may be used');
    if (access.kind === 'public') return true;
    await this.admit(shownIn(context), access.kind === 'scope' ? access.scope : undefined);
    return true;
  }

  private async admit(shown: Shown, scope: Scope | undefined): Promise<void> {
    let principal: Principal | undefined;
    try {
      principal = await this.authenticator.identify(shown.transport, shown.token);
      if (scope !== undefined && !principal.scopes.includes(scope)) throw lacking(scope);
    } catch (error) {
      this.record(shown, principal, error);
      throw error;
    }
    identify(shown.request, principal);
  }

  private record({ command, transport }: Shown, principal: Principal | undefined, error: unknown) {
    if (command === undefined || !(error instanceof ProblemError)) return;
    const { code, status } = error.problem;
    if (status >= 500) return;
    const actor = principal?.actor ?? null;
    this.refusals.recordDenial({ command, transport, code, actor });
  }
}

function lacking(scope: Scope): ProblemError {
  return refusal('scope-missing', `This takes the scope ${scope}, which the token does not have`, {
    scope,
  });
}

function shownIn(context: ExecutionContext): Shown {
  if (context.getType() === 'http') return shownOverHttp(context.switchToHttp().getRequest());
  const request = context.switchToRpc().getData<BusRequest>();
  const token = request.headers[REQUEST_HEADERS.actorToken];
  return { transport: 'nats', request, token, command: request.subject };
}

function shownOverHttp(request: WebRequest): Shown {
  const { method, headers, routeOptions } = request;
  const command = method === 'GET' ? undefined : `${method} ${routeOptions.url ?? ''}`;
  return { transport: 'http', request, token: bearerOf(headers.authorization), command };
}

/** Undefined where there is none; a header that carries none is a token that nobody created. */
function bearerOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, token = ''] = typeof header === 'string' ? (BEARER.exec(header) ?? []) : [];
  return token;
}

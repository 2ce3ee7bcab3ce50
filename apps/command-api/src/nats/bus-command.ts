import type { RpcExceptionFilter } from '@nestjs/common';
import { applyDecorators, Catch, Logger, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { BusRequest, EndpointMetadata } from '@uplift/bus';
import { COMMAND_SUBJECTS, ProblemError, REQUEST_HEADERS } from '@uplift/contracts';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';
import type { Caller } from '../commands/command-request';
import { requireKey, tracing } from '../commands/command-request';
import { toProblem } from '../commands/to-problem';

const ANONYMOUS = { type: 'service_account', id: 'anonymous' } as const;

const endpoint = (schema: string, scope: string) => ({ schema, scope, idempotent: true }) as const;

/** What each command says of itself on the bus; schemas are components of the published description. */
export const COMMAND_ENDPOINTS: Readonly<Record<string, EndpointMetadata>> = {
  [COMMAND_SUBJECTS.registerInstance]: endpoint('RegisterInstanceDto', 'instance:register'),
  [COMMAND_SUBJECTS.deregisterInstance]: endpoint('ReasonOfInstanceDto', 'instance:deregister'),
  [COMMAND_SUBJECTS.reportHealth]: endpoint('ReportHealthOfInstanceDto', 'instance:report-health'),
  [COMMAND_SUBJECTS.triggerUpgrade]: endpoint('TriggerUpgradeOfInstanceDto', 'upgrade:trigger'),
  [COMMAND_SUBJECTS.cancelUpgrade]: endpoint('ReasonOfUpgradeDto', 'upgrade:cancel'),
  [COMMAND_SUBJECTS.retryUpgrade]: endpoint('RetryUpgradeOfInstanceDto', 'upgrade:retry'),
  [COMMAND_SUBJECTS.abandonUpgrade]: endpoint('ReasonOfUpgradeDto', 'upgrade:abandon'),
  [COMMAND_SUBJECTS.resolveOutcome]: endpoint('ResolveOutcomeOfInstanceDto', 'upgrade:resolve'),
  [COMMAND_SUBJECTS.redriveStage]: endpoint('ReasonOfUpgradeDto', 'upgrade:redrive'),
  [COMMAND_SUBJECTS.rollBackUpgrade]: endpoint('ReasonOfUpgradeDto', 'upgrade:rollback'),
  [COMMAND_SUBJECTS.prioritizeUpgrade]: endpoint(
    'PrioritizeUpgradeOfInstanceDto',
    'upgrade:prioritize',
  ),
  [COMMAND_SUBJECTS.parkInstance]: endpoint('ReasonOfInstanceDto', 'instance:park'),
  [COMMAND_SUBJECTS.unparkInstance]: endpoint('ReasonOfInstanceDto', 'instance:unpark'),
  [COMMAND_SUBJECTS.stopStarts]: endpoint('SwitchStartsDto', 'system:stop-starts'),
  [COMMAND_SUBJECTS.allowStarts]: endpoint('SwitchStartsDto', 'system:allow-starts'),
  [COMMAND_SUBJECTS.acceptStore]: endpoint('AcceptStoreDto', 'system:accept-store'),
  [COMMAND_SUBJECTS.closeFinding]: endpoint('CloseFindingDto', 'system:close-finding'),
};

/** Takes a command from the bus; an error is answered with the document that HTTP would send. */
export function BusCommand(subject: string): MethodDecorator {
  return applyDecorators(MessagePattern(subject), UseFilters(BusProblemFilter));
}

/** Who sends this command over the bus, under which key. The one place where a verified identity will come in. */
export function busCaller({ headers }: BusRequest): Caller {
  const key = headers[REQUEST_HEADERS.idempotencyKey] ?? headers[REQUEST_HEADERS.messageId];
  return {
    transport: 'nats',
    actor: ANONYMOUS,
    idempotencyKey: requireKey(key),
    ...tracing(headers[REQUEST_HEADERS.traceparent]),
  };
}

@Catch()
class BusProblemFilter implements RpcExceptionFilter {
  private readonly logger = new Logger('errors');

  catch(error: unknown): Observable<never> {
    if (error instanceof ProblemError) return throwError(() => error);
    const document = toProblem(error);
    if (document.code === 'internal-error') this.logger.error(error, 'unexpected');
    return throwError(() => new ProblemError(document, { cause: error }));
  }
}

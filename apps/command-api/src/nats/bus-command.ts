import type { RpcExceptionFilter } from '@nestjs/common';
import { applyDecorators, Catch, Logger, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { knownPrincipalOf } from '@uplift/access';
import type { BusRequest, EndpointMetadata } from '@uplift/bus';
import {
  COMMAND_SUBJECTS,
  ProblemError,
  REQUEST_HEADERS,
  WEBHOOK_COMMAND_SUBJECTS,
} from '@uplift/contracts';
import type { Scope } from '@uplift/domain';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';
import { Needs } from '../access/route-access';
import type { Caller } from '../commands/command-request';
import { expectedRevision, requireKey, tracing } from '../commands/command-request';
import { toProblem } from '../commands/to-problem';

const endpoint = (schema: string, scope: Scope) => ({ schema, scope, idempotent: true }) as const;

/** What each command says of itself on the bus; schemas are components of the published description. */
export const COMMAND_ENDPOINTS = {
  [COMMAND_SUBJECTS.registerInstance]: endpoint('RegisterInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.updateInstance]: endpoint('UpdateInstanceOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.claimInstance]: endpoint('ReasonOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.unclaimInstance]: endpoint('ReasonOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.deregisterInstance]: endpoint(
    'DeregisterInstanceOfInstanceDto',
    'instances:write',
  ),
  [COMMAND_SUBJECTS.reportHealth]: endpoint('ReportHealthOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.triggerUpgrade]: endpoint('TriggerUpgradeOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.cancelUpgrade]: endpoint('ReasonOfUpgradeDto', 'instances:write'),
  [COMMAND_SUBJECTS.retryUpgrade]: endpoint('RetryUpgradeOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.abandonUpgrade]: endpoint('ReasonOfUpgradeDto', 'instances:write'),
  [COMMAND_SUBJECTS.resolveOutcome]: endpoint('ResolveOutcomeOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.redriveStage]: endpoint('ReasonOfUpgradeDto', 'instances:write'),
  [COMMAND_SUBJECTS.rollBackUpgrade]: endpoint('ReasonOfUpgradeDto', 'instances:write'),
  [COMMAND_SUBJECTS.prioritizeUpgrade]: endpoint(
    'PrioritizeUpgradeOfInstanceDto',
    'instances:write',
  ),
  [COMMAND_SUBJECTS.parkInstance]: endpoint('ReasonOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.unparkInstance]: endpoint('ReasonOfInstanceDto', 'instances:write'),
  [COMMAND_SUBJECTS.stopStarts]: endpoint('SwitchStartsDto', 'system:operate'),
  [COMMAND_SUBJECTS.allowStarts]: endpoint('SwitchStartsDto', 'system:operate'),
  [COMMAND_SUBJECTS.acceptStore]: endpoint('AcceptStoreDto', 'system:operate'),
  [COMMAND_SUBJECTS.closeFinding]: endpoint('CloseFindingDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.createWebhook]: endpoint('CreateWebhookDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.listWebhooks]: endpoint('ListWebhooksDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.deleteWebhook]: endpoint('WebhookDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.listWebhookDeliveries]: endpoint('ListDeliveriesDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.replayWebhook]: endpoint('ReplayOfWebhookDto', 'system:operate'),
  [WEBHOOK_COMMAND_SUBJECTS.rotateWebhookSecret]: endpoint(
    'RotateSecretOfWebhookDto',
    'system:operate',
  ),
  [WEBHOOK_COMMAND_SUBJECTS.testWebhook]: endpoint('WebhookDto', 'system:operate'),
} as const satisfies Readonly<Record<string, EndpointMetadata>>;

type CommandSubject = keyof typeof COMMAND_ENDPOINTS;

/** Takes a command from the bus; an error is answered with the document that HTTP would send. */
export function BusCommand(subject: CommandSubject): MethodDecorator {
  const { scope } = COMMAND_ENDPOINTS[subject];
  // What is about one instance holds a limited token to its instances.
  const limits = scope === 'instances:write' ? 'held' : 'refused';
  return applyDecorators(
    Needs(scope, { limits }),
    MessagePattern(subject),
    UseFilters(BusProblemFilter),
  );
}

/** Who sends this command over the bus, under which key. */
export function busCaller(request: BusRequest): Caller {
  const { headers } = request;
  const { actor, labels } = knownPrincipalOf(request);
  const key = headers[REQUEST_HEADERS.idempotencyKey] ?? headers[REQUEST_HEADERS.messageId];
  return {
    transport: 'nats',
    actor,
    labels,
    idempotencyKey: requireKey(key),
    ...tracing(headers[REQUEST_HEADERS.traceparent]),
    ...expectedRevision(headers[REQUEST_HEADERS.ifMatch]),
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

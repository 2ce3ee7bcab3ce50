import type { ProblemDetails } from '@uplift/contracts';
import { CONTENT_TYPES } from '@uplift/contracts';
import type { HttpReply } from './http-exchange';

const RETRY_AFTER_SECONDS = '1';

export function sendProblem(reply: HttpReply, document: ProblemDetails): void {
  reply.header('content-type', CONTENT_TYPES.problem);
  reply.header('cache-control', 'no-store');
  if (document.retryable === true) reply.header('retry-after', RETRY_AFTER_SECONDS);
  reply.status(document.status).send(JSON.stringify(document));
}

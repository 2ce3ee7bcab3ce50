import type { CommandAnswer } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { CommandResult } from '../commands/command-result';
import type { HttpReply } from './http-exchange';

/** 202 for what is new, 200 for what was known or held already; where to look; the new revision. */
export function replyToCommand(reply: HttpReply, result: CommandResult): CommandAnswer {
  const answer = answerOf(result);
  reply.status(result.outcome === 'accepted' ? 202 : 200);
  reply.header('location', answer.links.upgrade ?? answer.links.instance);
  reply.header('etag', `"${answer.revision}"`);
  reply.header('cache-control', 'no-store');
  return answer;
}

import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { applyDecorators, Get, Post, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { CommandAnswer, HttpQueryName, QueryName } from '@uplift/contracts';
import {
  ANSWERS,
  CONTENT_TYPES,
  QUERY_ANSWERS,
  QUERY_SCOPES,
  queryParameters,
  toOpenApi,
} from '@uplift/contracts';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { Limits } from '../access/route-access';
import { Needs } from '../access/route-access';
import type { CommandOutcome, CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import { USABLE_KEY } from '../commands/command-request';
import type { HttpReply } from './http-exchange';
import { IF_MATCH } from '../commands/command-request';

/* What operations do over HTTP, and what the published description says of them. */

const COMMAND_PROBLEMS = [400, 404, 409, 410, 412, 413, 415, 422, 429, 500, 503];
export const IDEMPOTENCY_KEY = {
  ...({ type: 'string', minLength: 1, maxLength: 255 } as const),
  pattern: USABLE_KEY.source,
};
const MIN_POSITION = { type: 'string', pattern: '^\\d{1,19}$' } as const;
const QUERY_PROBLEMS = [400, 404, 409, 429, 503];

/** POST of a command to an instance: the handler gives its result, the caller gets the answer with status and headers. */
export function PostCommand(path: string, summary: string): MethodDecorator {
  return applyDecorators(
    Needs('instances:write', { limits: 'held' }),
    UseInterceptors(CommandReply),
    DescribedIds(path),
    describedCommand(path, summary, {
      answer: 'command',
      ifMatch: 'ETag of the instance: refuse with 412 if it has changed',
    }),
  );
}

/** POST of a command to the switches of all starts. */
export function PostSwitchCommand(path: string, summary: string): MethodDecorator {
  return PostSystemCommand(path, summary, {
    answer: 'systemCommand',
    ifMatch: 'Revision of the switches: refuse with 412 if they have changed',
  });
}

/** POST of a command to one stream of the system. */
export function PostSystemCommand(
  path: string,
  summary: string,
  described: DescribedCommand,
): MethodDecorator {
  return applyDecorators(
    Needs('system:operate', { limits: described.limits }),
    UseInterceptors(SystemCommandReply),
    DescribedIds(path),
    describedCommand(path, summary, described),
  );
}

interface DescribedCommand {
  readonly answer: keyof typeof ANSWERS;
  readonly ifMatch: string;
  /** Of tokens that are limited to labels; absent: they are refused. */
  readonly limits?: Limits;
}

function describedCommand(
  path: string,
  summary: string,
  { answer, ifMatch }: DescribedCommand,
): MethodDecorator {
  return applyDecorators(
    Post(path),
    ApiOperation({ summary }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description:
        'Scoped to one instance or to the system; the same key gives the same answer for ever',
      schema: IDEMPOTENCY_KEY,
    }),
    ApiHeader({ name: 'If-Match', required: false, description: ifMatch, schema: IF_MATCH }),
    DescribedAnswer(202, answer, 'Accepted and stored'),
    DescribedAnswer(200, answer, 'Known, or held already'),
    DescribedProblems(...COMMAND_PROBLEMS),
  );
}

/** 202 for what is new, 200 for what was known or held already; where to look; the new revision. */
class CommandReply implements NestInterceptor<CommandResult, CommandAnswer> {
  intercept(
    context: ExecutionContext,
    next: CallHandler<CommandResult>,
  ): Observable<CommandAnswer> {
    const reply = context.switchToHttp().getResponse<HttpReply>();
    return next.handle().pipe(
      map((result) => {
        const answer = answerOf(result);
        const { upgrade, instance } = answer.links;
        return replyTo(reply, { ...result, answer, location: upgrade ?? instance });
      }),
    );
  }
}

interface SystemAnswer {
  readonly revision: number;
  /** The first says where to look. */
  readonly links: object;
}

interface SystemResult {
  readonly outcome: CommandOutcome;
  readonly answer: SystemAnswer;
}

class SystemCommandReply implements NestInterceptor<SystemResult, SystemAnswer> {
  intercept(context: ExecutionContext, next: CallHandler<SystemResult>): Observable<SystemAnswer> {
    const reply = context.switchToHttp().getResponse<HttpReply>();
    return next.handle().pipe(
      map(({ outcome, answer }) => {
        const [location] = Object.values(answer.links) as string[];
        return replyTo(reply, { outcome, answer, location: location ?? '' });
      }),
    );
  }
}

interface Reply<Answer> {
  readonly outcome: CommandOutcome;
  readonly answer: Answer;
  readonly location: string;
}

function replyTo<Answer extends { readonly revision: number }>(
  reply: HttpReply,
  { outcome, answer, location }: Reply<Answer>,
): Answer {
  reply.status(outcome === 'accepted' ? 202 : 200);
  reply.header('location', location);
  reply.header('etag', `"${answer.revision}"`);
  reply.header('cache-control', 'no-store');
  return answer;
}

/** GET of a query that the read model answers. */
export function GetQuery(path: string, query: QueryName, summary: string): MethodDecorator {
  return applyDecorators(
    Needs(QUERY_SCOPES[query], { limits: 'held' }),
    Get(path),
    ApiOperation({ summary }),
    DescribedIds(path),
    DescribedParameters(query),
    ApiHeader({
      name: 'Min-Position',
      required: false,
      description: 'Same as the parameter min-position',
      schema: MIN_POSITION,
    }),
    DescribedAnswer(200, QUERY_ANSWERS[query], 'What the read model knows, and how old it is'),
    DescribedProblems(...QUERY_PROBLEMS),
  );
}

/** `instances/:id` → the parameter `id`, "Id of the instance". */
export function DescribedIds(path: string): MethodDecorator {
  const ids = Array.from(path.matchAll(/(\w+)s\/:(\w+)/g), ([, concept, name = '']) =>
    ApiParam({
      name,
      description: `Id of the ${concept}`,
      schema: { type: 'string', format: 'uuid' },
    }),
  );
  return applyDecorators(...ids);
}

/** The parameters of the URL. */
export function DescribedParameters(query: HttpQueryName): MethodDecorator {
  const parameters = queryParameters(query).map(({ name, schema: { description, ...schema } }) =>
    ApiQuery({
      name,
      required: false,
      description: String(description),
      schema: toOpenApi(schema) as object,
    }),
  );
  return applyDecorators(...parameters);
}

export function DescribedAnswer(
  status: number,
  answer: keyof typeof ANSWERS,
  description: string,
): MethodDecorator {
  return ApiResponse({ status, description, schema: toOpenApi(ANSWERS[answer].json) as object });
}

/** Answers that are problem documents. */
export function DescribedProblems(...statuses: readonly number[]): MethodDecorator {
  const schema = toOpenApi(ANSWERS.problem.json) as object;
  const content = { [CONTENT_TYPES.problem]: { schema } };
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, description: 'Problem', content })),
  );
}

import {
  applyDecorators,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { CommandAnswer } from '@uplift/contracts';
import { ProblemError, refusal } from '@uplift/contracts';
import { isInstanceStatus, isRunning, LIFECYCLE } from '@uplift/domain';
import { InstanceHistory } from '@uplift/event-store';
import { Randomness } from '@uplift/runtime';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Public } from '../access/route-access';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import type { HttpRequest } from '../http/http-exchange';
import { callerWithOptionalKey } from '../http/http-requests';
import { DescribedAnswer, DescribedProblems } from '../http/routes';
import { isUuid } from '../input/fields';
import { InstanceCommands } from './instance-commands';
import { RUNNING_STATUSES } from './instances.dto';

/** Polydock answers these with 400 where our own routes say 409. */
const BAD_REQUEST_CODES = ['status-not-allowed', 'upgrade-in-flight'];
const MAY_REPORT: readonly string[] = LIFECYCLE.HealthReported.from;

/** The one token that all apps share; without one the callback is open. */
export class HealthCallbackToken {
  constructor(private readonly expected: string | undefined) {}

  get isOpen(): boolean {
    return this.expected === undefined;
  }

  /** Takes the same time whatever is given. Throws `health-token-refused`. */
  check(given: unknown): void {
    if (this.expected === undefined) return;
    const text = typeof given === 'string' ? given : '';
    if (timingSafeEqual(digest(text), digest(this.expected))) return;
    throw refusal('health-token-refused', 'The query parameter token is missing or wrong');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function DescribedCallback(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } }),
    ApiParam({ name: 'status', enum: RUNNING_STATUSES }),
    ApiQuery({ name: 'token', required: false, schema: { type: 'string' } }),
    DescribedAnswer(200, 'command', 'Taken'),
    DescribedProblems(400, 401, 404, 409, 412, 422, 429, 503),
  );
}

const OWN_TOKEN = 'has a token of its own, UPLIFT_HEALTH_CALLBACK_TOKEN';

type Path = Readonly<Record<'uuid' | 'status', string>>;

/** The path that Polydock gave to its apps, with the checks, and the order of checks, that they know. */
@ApiTags('callbacks')
@Controller('api/instance')
export class HealthCallbackController {
  constructor(
    private readonly history: InstanceHistory,
    private readonly commands: InstanceCommands,
    private readonly token: HealthCallbackToken,
    private readonly randomness: Randomness,
  ) {}

  @Public(OWN_TOKEN)
  @Get(':uuid/health/:status')
  @DescribedCallback('Report the health of an instance, as Polydock does')
  async healthCallback(
    @Param() { uuid, status }: Path,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    this.token.check(token);
    const instanceId = uuid.toLowerCase();
    if (!isUuid(instanceId)) throw refusal('instance-unknown', 'The path names no instance');
    return answerOf(await this.report(instanceId, status, this.callerOf(request)));
  }

  @Public(OWN_TOKEN)
  @Post(':uuid/health/:status')
  @HttpCode(200)
  @DescribedCallback('Report the health of an instance, as Polydock does; a body is ignored')
  healthCallbackByPost(
    @Param() path: Path,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    return this.healthCallback(path, token, request);
  }

  private callerOf(request: HttpRequest): Caller {
    const { idempotencyKey, ...caller } = callerWithOptionalKey(request);
    if (idempotencyKey !== undefined) return { ...caller, idempotencyKey };
    return { ...caller, idempotencyKey: this.randomness.uuid(), isKeyless: true };
  }

  private async report(instanceId: string, status: string, caller: Caller): Promise<CommandResult> {
    if (!isRunning(status)) throw await this.whyRefused(instanceId, status);
    try {
      return await this.commands.reportHealth({ instanceId, status }, caller);
    } catch (error) {
      throw asPolydockSaysIt(error);
    }
  }

  private async whyRefused(instanceId: string, status: string): Promise<ProblemError> {
    const { state } = await this.history.load(instanceId);
    if (state.kind === 'absent') {
      return refusal('instance-unknown', 'The instance is not registered', { instanceId });
    }
    const known = { instanceId, currentStatus: state.status };
    const isStatus = isInstanceStatus(status);
    if (isStatus && !MAY_REPORT.includes(state.status)) {
      const detail = `No report is taken in status ${state.status}`;
      const allowedFrom = MAY_REPORT;
      return asBadRequest(refusal('status-not-allowed', detail, { ...known, allowedFrom }));
    }
    const allowed = RUNNING_STATUSES.join(', ');
    const wrong = isStatus ? `An app may not report ${status};` : 'The path names no status;';
    return refusal('invalid-input', `${wrong} may be reported: ${allowed}`, {
      ...known,
      errors: [{ pointer: '/status', detail: `must be one of ${allowed}` }],
    });
  }
}

function asPolydockSaysIt(error: unknown): unknown {
  const isTranslated =
    error instanceof ProblemError && BAD_REQUEST_CODES.includes(error.problem.code);
  return isTranslated ? asBadRequest(error) : error;
}

function asBadRequest({ problem, cause }: ProblemError): ProblemError {
  return new ProblemError({ ...problem, status: 400 }, { cause });
}

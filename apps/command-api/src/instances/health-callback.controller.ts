import {
  applyDecorators,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@uplift/access';
import type { CallbackTokenAnswer, CommandAnswer } from '@uplift/contracts';
import { ProblemError, refusal } from '@uplift/contracts';
import { isInstanceStatus, isRunning, LIFECYCLE } from '@uplift/domain';
import { InstanceHistory } from '@uplift/event-store';
import { Randomness } from '@uplift/runtime';
import { CallbackTokens } from '../access/callback-tokens';
import { Needs, NeedsInstanceToken } from '../access/route-access';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { InstanceLimits } from '../commands/instance-limits';
import type { HttpRequest } from '../http/http-exchange';
import { HttpPrincipal, keylessCaller, UuidPipe } from '../http/http-requests';
import { DescribedAnswer, DescribedIds, DescribedProblems } from '../http/routes';
import { isUuid } from '../input/fields';
import { CallbackLimiter } from './callback-limiter';
import { InstanceCommands } from './instance-commands';
import { RUNNING_STATUSES } from './instances.dto';

/** Polydock answers these with 400 where our own routes say 409. */
const BAD_REQUEST_CODES = ['status-not-allowed', 'upgrade-in-flight'];
const MAY_REPORT: readonly string[] = LIFECYCLE.HealthReported.from;

function DescribedCallback(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiParam({
      name: 'uuid',
      description: 'Id of the instance',
      schema: { type: 'string', format: 'uuid' },
    }),
    ApiParam({
      name: 'status',
      description: 'What the app says of itself',
      enum: RUNNING_STATUSES,
    }),
    ApiQuery({
      name: 'token',
      required: false,
      description: 'Looked at only with UPLIFT_HEALTH_CALLBACK_URL_TOKEN',
      schema: { type: 'string' },
    }),
    DescribedAnswer(200, 'command', 'Taken'),
    DescribedProblems(400, 401, 403, 404, 409, 412, 429, 503),
  );
}

type Path = Readonly<Record<'uuid' | 'status', string>>;

/** The path that Polydock gave to its apps, with the checks, and the order of checks, that they know. */
@ApiTags('callbacks')
@Controller('api/instance')
export class HealthCallbackController {
  constructor(
    private readonly history: InstanceHistory,
    private readonly commands: InstanceCommands,
    private readonly limiter: CallbackLimiter,
    private readonly randomness: Randomness,
  ) {}

  @NeedsInstanceToken()
  @Get(':uuid/health/:status')
  @DescribedCallback('Report the health of an instance, as Polydock does; off by default')
  async healthCallback(
    @Param() { uuid, status }: Path,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    const instanceId = uuid.toLowerCase();
    if (!isUuid(instanceId)) throw refusal('instance-unknown', 'The path names no instance');
    this.limiter.take(instanceId);
    const caller = keylessCaller(request, this.randomness.uuid());
    return answerOf(await this.report(instanceId, status, caller));
  }

  @NeedsInstanceToken()
  @Post(':uuid/health/:status')
  @HttpCode(200)
  @DescribedCallback('Report the health of an instance; body and Idempotency-Key are ignored')
  healthCallbackByPost(@Param() path: Path, @Req() request: HttpRequest): Promise<CommandAnswer> {
    return this.healthCallback(path, request);
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

const TOKEN_PATH = 'instances/:id/callback-token';

/** Gives out what an app shows with its reports. */
@ApiTags('callbacks')
@Controller('v1')
export class CallbackTokenController {
  constructor(
    private readonly history: InstanceHistory,
    private readonly tokens: CallbackTokens,
    private readonly limits: InstanceLimits,
  ) {}

  @Needs('instances:write', { limits: 'held', isRecorded: true })
  @Get(TOKEN_PATH)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'The token with which the app of an instance reports its health' })
  @DescribedIds(TOKEN_PATH)
  @DescribedAnswer(200, 'callbackToken', 'The same until the key of the command API is changed')
  @DescribedProblems(400, 404, 503)
  callbackToken(
    @Param('id', UuidPipe) instanceId: string,
    @HttpPrincipal() { labels: limit }: Principal,
  ): Promise<CallbackTokenAnswer> {
    const token = this.tokens.tokenOf(instanceId);
    return this.limits.hiding({ limit, instanceId }, async () => {
      const loaded = await this.history.load(instanceId);
      const isKnown = loaded.state.kind !== 'absent';
      if (!isKnown || !(await this.limits.coversLoaded(limit, instanceId, loaded))) {
        throw refusal('instance-unknown', 'The instance is not registered', { instanceId });
      }
      const callback = `/api/instance/${instanceId}/health/`;
      return { instanceId, token, links: { callback } };
    });
  }
}

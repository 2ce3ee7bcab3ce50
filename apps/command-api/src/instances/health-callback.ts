import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ProblemError, refusal } from '@uplift/contracts';
import { LIFECYCLE, isInstanceStatus, isRunning } from '@uplift/domain';
import { InstanceHistory } from '@uplift/event-store';
import type { CommandResult } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
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

/** A health report with the checks, and the order of checks, that apps of Polydock know. */
@Injectable()
export class HealthCallback {
  constructor(
    private readonly history: InstanceHistory,
    private readonly commands: InstanceCommands,
  ) {}

  async report(instanceId: string, status: string, caller: Caller): Promise<CommandResult> {
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
    const allowed = `may be reported: ${RUNNING_STATUSES.join(', ')}`;
    if (isInstanceStatus(status) && !MAY_REPORT.includes(state.status)) {
      const detail = `No report is taken in status ${state.status}`;
      const allowedFrom = MAY_REPORT;
      return asBadRequest(refusal('status-not-allowed', detail, { ...known, allowedFrom }));
    }
    const errors = [
      { pointer: '/status', detail: `must be one of ${RUNNING_STATUSES.join(', ')}` },
    ];
    return refusal('invalid-input', `${quoted(status)} ${allowed}`, { ...known, errors });
  }
}

function quoted(status: string): string {
  return isInstanceStatus(status)
    ? `An app may not report ${status};`
    : 'The path names no status;';
}

function asPolydockSaysIt(error: unknown): unknown {
  const isTranslated =
    error instanceof ProblemError && BAD_REQUEST_CODES.includes(error.problem.code);
  return isTranslated ? asBadRequest(error) : error;
}

function asBadRequest({ problem, cause }: ProblemError): ProblemError {
  return new ProblemError({ ...problem, status: 400 }, { cause });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

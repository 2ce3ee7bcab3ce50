import { Injectable } from '@nestjs/common';
import type { ProblemCode, StoredEvent } from '@uplift/contracts';
import { instanceStream, problem, ProblemError, refusal } from '@uplift/contracts';
import type { Labels } from '@uplift/domain';
import { InstanceUnknownError, isLimit, isWithin, labelsInWords } from '@uplift/domain';
import type { LoadedInstance } from '@uplift/event-store';
import { InstanceHistory } from '@uplift/event-store';
import { Clock } from '@uplift/runtime';
import type { CommandRequest } from './command-request';
import { RefusalRecorder } from './refusal-recorder';

/** The labels of an instance, and the revision of the event that says them. */
export interface Registered {
  readonly labels: Labels;
  readonly revision: number;
}

/** A question about an instance. */
interface Asked {
  readonly limit: Labels;
  readonly instanceId: string;
  /** Whether it was found meanwhile that the caller reaches the instance. */
  readonly isCovered?: () => boolean;
}

/** What tells that there is an instance, although nothing could be found out about it. */
const UNREADABLE: readonly string[] = [
  'unreadable-history',
  'stream-gone',
  'unknown-event',
  'illegal-history',
] satisfies readonly ProblemCode[];
/** Longer than it takes to find out either that an instance is foreign, or that there is none. */
const HIDDEN_MS = 100;

/** Holds callers to the instances that their labels speak of: any other does not exist for them. */
@Injectable()
export class InstanceLimits {
  constructor(
    private readonly history: InstanceHistory,
    private readonly clock: Clock,
    private readonly refusals: RefusalRecorder,
  ) {}

  /** Whether a caller with this limit reaches an instance. */
  async covers(limit: Labels, instanceId: string): Promise<boolean> {
    if (!isLimit(limit)) return true;
    const registered = await this.registered(instanceId);
    return registered !== null && isWithin(registered.labels, limit);
  }

  /** The same, and when it does not is no sooner told than the other. */
  async coversUntold(limit: Labels, instanceId: string): Promise<boolean> {
    const begunAt = this.clock.monotonic();
    const isCovered = await this.covers(limit, instanceId);
    if (!isCovered) await this.rest(begunAt);
    return isCovered;
  }

  /** The same of an instance that was read already. */
  async coversLoaded(limit: Labels, instanceId: string, loaded: LoadedInstance): Promise<boolean> {
    if (!isLimit(limit)) return true;
    const registered = await this.registration(instanceId, loaded);
    return registered !== null && isWithin(registered.labels, limit);
  }

  /** Null: there is no such instance, or nobody can read what it is. Throws what the store throws. */
  async registered(instanceId: string): Promise<Registered | null> {
    try {
      return await this.registration(instanceId, await this.history.load(instanceId));
    } catch (error) {
      if (isUnreadable(error)) return null;
      throw error;
    }
  }

  /**
   * What a limited caller asks of an instance. That it is foreign shows neither in the words nor in the time of the
   * answer, nor in that its history cannot be read. Throws what `work` throws.
   */
  async hiding<Result>(
    { limit, instanceId, isCovered }: Asked,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (!isLimit(limit)) return work();
    const begunAt = this.clock.monotonic();
    try {
      return await work();
    } catch (error) {
      if (isCovered?.() === true || !isUnknown(error)) throw error;
      await this.rest(begunAt);
      throw unknownInstance(instanceId, error);
    }
  }

  /** Before anything is read: the answer must not depend on which instances there are. Throws `token-limited`. */
  refuseWiderLabels(request: CommandRequest): void {
    const { command, caller } = request;
    const labels = 'labels' in command.data ? command.data.labels : null;
    if (labels === null || isWithin(labels, caller.labels)) return;
    this.recordDenial(request, 'token-limited');
    const words = `The token is limited to instances with ${labelsInWords(caller.labels)}: the instance has to carry these labels`;
    throw refusal('token-limited', words);
  }

  /** Before anything is decided. Throws InstanceUnknownError also of an instance that the caller does not reach. */
  async refuseForeign(request: CommandRequest, loaded: LoadedInstance): Promise<void> {
    const { instanceId, command, caller } = request;
    const isAbsent = loaded.state.kind === 'absent';
    if (isAbsent && command.type === 'RegisterInstance') return;
    if (await this.coversLoaded(caller.labels, instanceId, loaded)) return;
    if (!isAbsent) this.recordDenial(request, 'instance-unknown');
    throw new InstanceUnknownError();
  }

  private recordDenial({ command, caller }: CommandRequest, code: ProblemCode): void {
    const { transport, actor } = caller;
    this.refusals.recordDenial({ command: command.type, transport, code, actor });
  }

  private async rest(begunAt: number): Promise<void> {
    const restMs = begunAt + HIDDEN_MS - this.clock.monotonic();
    if (restMs > 0) await this.clock.pause(restMs);
  }

  /** Null: nobody can read it. */
  async registration(instanceId: string, loaded: LoadedInstance): Promise<Registered | null> {
    const { registration } = loaded.memory;
    if (registration === null) return null;
    const { labelled: revision = registration.revision } = registration;
    const stream = instanceStream(instanceId);
    const event = await this.history.eventAt(loaded, { stream, revision });
    return event !== undefined && saysLabels(event) ? { labels: labelsIn(event), revision } : null;
  }
}

/** Whether it says which labels its instance has from there on. */
export function saysLabels({ type, data }: Pick<StoredEvent, 'type' | 'data'>): boolean {
  return type === 'InstanceRegistered' || (type === 'InstanceUpdated' && 'labels' in data);
}

export function labelsIn({ data }: Pick<StoredEvent, 'data'>): Labels {
  const { labels = {} } = data as { readonly labels?: Labels };
  return labels;
}

function isUnknown(error: unknown): boolean {
  return codeOf(error) === 'instance-unknown' || isUnreadable(error);
}

function isUnreadable(error: unknown): boolean {
  return UNREADABLE.includes(codeOf(error));
}

function codeOf(error: unknown): string {
  if (error instanceof ProblemError) return error.problem.code;
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** As a command to an instance that nobody has registered is answered. */
export function unknownInstance(instanceId: string, cause?: unknown): ProblemError {
  const { code, message } = new InstanceUnknownError();
  return new ProblemError({ ...problem(code, message), instanceId }, { cause });
}

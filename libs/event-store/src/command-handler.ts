import type { InstanceCommand } from '@uplift/domain';
import { decide, evolve } from '@uplift/domain';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import { deterministicEventId } from './event-id';
import { EventStoreUnavailableError, RevisionConflictError } from './event-store.port';
import type { Cause, InstanceHistory, KnownInstance, LoadedInstance } from './instance-history';

/** A command for one instance, and what goes into the metadata of the events it leads to. */
export interface InstanceChange {
  readonly instanceId: string;
  readonly command: InstanceCommand;
  readonly cause: Cause;
}

export interface HandlePolicy<Answer = never> {
  /** Appends that are tried at most. */
  readonly tries: number;
  /** Decide from here at first, without reading the stream. Absent: load it. */
  readonly from?: KnownInstance;
  /**
   * Whether an append of unknown outcome is looked for in the stream, by the ids of its events, and tried again if it
   * is not there. The cause then has to name this handling alone: an event that another one wrote counts as ours.
   */
  readonly retriesUnknown?: boolean;
  /** Sees the instance after each load, before anything is decided. An answer ends the handling, and so does an error. */
  readonly onLoad?: (instance: LoadedInstance) => Answer | undefined | Promise<Answer | undefined>;
}

/**
 * `appended`: the events of this command stand in the stream, and the instance is as they left it or later.
 * `not-due`: nothing to do, the instance is as it was decided on. `answered`: by `onLoad`.
 */
export type Handled<Answer = never> =
  | { readonly kind: 'appended' | 'not-due'; readonly instance: KnownInstance }
  | { readonly kind: 'answered'; readonly answer: Answer };

/**
 * Load, decide, append at the revision that was decided on; on a conflict pause, load and decide again. The only way
 * to change an instance.
 *
 * - A command from outside: no `from`; `onLoad` finds the earlier result of the same command and checks the revision
 *   that the caller expects.
 * - A message that carries state and head: `from` it, with `retriesUnknown`; `onLoad` runs only after a conflict.
 * - Somebody who has just looked at the instance and tries once: `from` what was loaded, `tries: 1`.
 *
 * Throws what `decide`, `onLoad` and the store throw; after the last try the error of that try.
 */
export class CommandHandler {
  constructor(
    private readonly history: InstanceHistory,
    private readonly ports: { readonly clock: Clock; readonly randomness: Randomness },
  ) {}

  async handle<Answer = never>(
    change: InstanceChange,
    policy: HandlePolicy<Answer>,
  ): Promise<Handled<Answer>> {
    const { clock, randomness } = this.ports;
    const backoff = new Backoff(randomness, { firstMs: 10, longestMs: 200 });
    let found = policy.from ?? (await this.load(change, policy, false));
    for (let n = 1; ; n += 1) {
      if ('kind' in found) return found;
      const outcome = await this.attempt(change, found);
      if ('kind' in outcome) return outcome;
      if (n >= policy.tries || !isWorthAnotherTry(outcome.error, policy)) throw outcome.error;
      await clock.pause(backoff.next());
      found = await this.load(change, policy, policy.retriesUnknown === true);
    }
  }

  private async load<Answer>(
    { instanceId, cause }: InstanceChange,
    { onLoad }: HandlePolicy<Answer>,
    mayHaveLanded: boolean,
  ): Promise<Handled<Answer> | LoadedInstance> {
    const instance = await this.history.load(instanceId);
    const eventId = deterministicEventId(cause.causationId, cause.step, 0);
    if (mayHaveLanded && instance.events.some(({ id }) => id === eventId)) {
      return { kind: 'appended', instance };
    }
    const answer = await onLoad?.(instance);
    return answer === undefined ? instance : { kind: 'answered', answer };
  }

  private async attempt(
    { instanceId, command, cause }: InstanceChange,
    instance: KnownInstance,
  ): Promise<Handled | { readonly error: unknown }> {
    const events = decide(command, instance.state);
    if (events.length === 0) return { kind: 'not-due', instance };
    try {
      const { head, position } = await this.history.append(
        instanceId,
        instance.head,
        events,
        cause,
      );
      const state = events.reduce(evolve, instance.state);
      return { kind: 'appended', instance: { state, head, position } };
    } catch (error) {
      return { error };
    }
  }
}

function isWorthAnotherTry(error: unknown, policy: HandlePolicy<unknown>): boolean {
  if (error instanceof EventStoreUnavailableError) return policy.retriesUnknown === true;
  return error instanceof RevisionConflictError;
}

import { LagoonRefusedError, LagoonUnavailableError } from '../lagoon.errors';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import { Lagoon } from '../lagoon.port';
import type { InMemoryEnvironment } from './in-memory.environment';
import { disabled, NOT_FOUND, NOT_SENT, UNREACHABLE, UNREAD } from './in-memory.refusals';
import { LagoonScript } from './lagoon-script';

export interface InMemoryCall {
  readonly operation: string;
  readonly input: unknown;
}

type Effect<A> = () => A | Refused | Ambiguous;

/** How a call of the twin runs: it is noted, meets what was scripted, and then takes effect. */
export abstract class InMemoryCalls extends Lagoon {
  readonly script = new LagoonScript();
  /** Every call that came in, oldest first. */
  readonly calls: InMemoryCall[] = [];

  close(): Promise<void> {
    return Promise.resolve();
  }

  protected async read<T>(operation: string, input: unknown, answer: () => T): Promise<T> {
    this.calls.push({ operation, input });
    await Promise.resolve();
    if (this.script.unavailable) throw new LagoonUnavailableError('scripted to be unavailable');
    const scripted = this.script.takeReadError();
    if (scripted !== null) throw scripted;
    return answer();
  }

  protected async mutate<A>(
    call: InMemoryCall,
    signal: AbortSignal,
    effect: Effect<A>,
  ): Promise<A | Refused | Ambiguous> {
    this.calls.push(call);
    await Promise.resolve();
    if (signal.aborted) return NOT_SENT;
    if (this.script.unavailable) return UNREACHABLE;
    const scripted = this.script.takeAnswer();
    if (scripted?.lands === false) return scripted.answer;
    const carriedOut = effect();
    return scripted?.answer ?? carriedOut;
  }

  /** A mutation that needs to read before: an outage ends it with the read. */
  protected async mutateAfterRead<A>(
    call: InMemoryCall,
    signal: AbortSignal,
    effect: Effect<A>,
  ): Promise<A | Refused | Ambiguous> {
    if (!this.script.unavailable) return this.mutate(call, signal, effect);
    this.calls.push(call);
    return Promise.resolve(UNREAD);
  }

  protected existing(environmentId: number): InMemoryEnvironment {
    const environment = this.script.byId(environmentId);
    if (environment !== undefined) return environment;
    throw new LagoonRefusedError('not-found', 'the environment does not exist', false);
  }
}

/** The effect on an environment that is there and takes work of this sort. */
export function carryOut<A>(
  what: 'Tasks' | 'Deployments',
  environment: InMemoryEnvironment | undefined,
  effect: (environment: InMemoryEnvironment) => A | Refused,
): A | Refused {
  if (environment === undefined) return NOT_FOUND;
  return environment.isClosedTo(what) ? disabled(what) : effect(environment);
}

import type { Ambiguous, Refused } from '@uplift/lagoon';
import type { InstanceSession } from '../runner/instance-session';

/** What Lagoon shows of an effect: a build's name, or a task. */
export type Landed<Trace> = readonly [newest: Trace, ...older: Trace[]];

export type EffectAnswer<Trace> =
  { readonly kind: 'accepted'; readonly trace: Trace } | Refused | Ambiguous;

/** One change in Lagoon that the protocol brings about at most once. */
export interface Effect<Trace> {
  /** Prefix of the failpoints in it. */
  readonly name: string;

  /** Deploys, or takes the place of a deployment: not repeated while starts are stopped. */
  readonly isTrigger: boolean;

  /** Throws if the core is believed to be away: nothing is begun that cannot be ended. */
  proveReachable(signal: AbortSignal): Promise<void>;

  /** One call, on a connection of its own. */
  send(signal: AbortSignal): Promise<EffectAnswer<Trace>>;

  /** Everything that carries the marker, newest first. Throws if Lagoon does not say. */
  lookUp(signal: AbortSignal): Promise<readonly Trace[]>;

  /** Records that the effect took place. */
  accept(session: InstanceSession, landed: Landed<Trace>): Promise<void>;
}

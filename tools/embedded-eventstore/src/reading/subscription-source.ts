import type { CallFailure } from '../wire/call-failure';

export interface Pulled {
  readonly frames: readonly Uint8Array[];
  /** Events looked at; 0 means the end is reached. */
  readonly looked: number;
  /** Ends the subscription once the frames are sent. */
  readonly failure?: CallFailure;
}

/** Remembers how far a subscription has come, and fetches what follows. */
export interface SubscriptionSource {
  pull(limit: number): Pulled;
  /** What to send before the signal that the end is reached. */
  framesAtEnd(): readonly Uint8Array[];
}

import type { AskedBy } from '../instance/instance.events';

/** Which starts a switch is about: those of one Lagoon core, or of the whole system. */
export interface StartsScope {
  readonly core: string | null;
}

/** A message of the relay whose event the store does not have: the bus was filled from another store, or from a later one. */
export interface DivergedMessage {
  /** Of the bus: what its ordinals count from. */
  readonly epoch: string;
  /** Of the message, within the stream of the bus. */
  readonly sequence: number;
  readonly eventId: string;
}

/** Data of every event of the category, by event type. */
export interface SystemEventData {
  /** From here on no instance begins its pre-upgrade and no deployment is triggered. */
  StartsStopped: StartsScope & AskedBy;
  StartsAllowed: StartsScope & AskedBy;
  /** A command that found its effect in place already: its key stands for this answer. */
  CommandNoted: { readonly command: string };
  /** A process asks the store for the time: that of this event. `clock` is the process's own, RFC 3339. */
  ClockChecked: { readonly clock: string };
  /**
   * The store as it is counts, whatever bus and read model hold: both are filled from it anew. `message` is what showed
   * that the bus differs; null: it was the read model that does.
   */
  StoreAccepted: AskedBy & { readonly message: DivergedMessage | null };
}

export type SystemEventType = keyof SystemEventData;

export type SystemEventOf<Type extends SystemEventType> = {
  readonly [T in Type]: { readonly type: T; readonly data: SystemEventData[T] };
}[Type];

export type SystemEvent = SystemEventOf<SystemEventType>;

/** An event with the place and time the store gave it. */
export interface RecordedSystemEvent {
  readonly eventId: string;
  readonly revision: number;
  /** Store time, milliseconds since 1970. */
  readonly at: number;
  readonly event: SystemEvent;
}

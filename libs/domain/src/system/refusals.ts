import type { InstanceStatus } from '../status';

/** Data of every event of a refusal stream, by event type. */
export interface RefusalEventData {
  /** The first refusal of an instance by one rule in one hour; the metric counts all of them. */
  CommandRefused: {
    readonly instanceId: string;
    readonly command: string;
    /** The rule that was broken: the code of the problem. */
    readonly code: string;
    readonly detail: string;
    readonly currentStatus: InstanceStatus;
    readonly requestedBy: string;
    /** Start of the hour, RFC 3339. */
    readonly hour: string;
  };
  /**
   * The first denial in one hour of one command to one caller, for want of a right; or its refusal where nobody waits for
   * the answer. Kept by the hour, not by the instance: whoever has no right is told of no instance, and fills no streams
   * by guessing at some.
   */
  CommandDenied: {
    readonly command: string;
    readonly transport: 'http' | 'nats';
    /** The code of the problem. */
    readonly code: string;
    /** Null where nothing that was shown told who it is. */
    readonly deniedTo: string | null;
    /** Start of the hour, RFC 3339. */
    readonly hour: string;
  };
}

export type RefusalEventType = keyof RefusalEventData;

export type RefusalEvent = {
  readonly [Type in RefusalEventType]: {
    readonly type: Type;
    readonly data: RefusalEventData[Type];
  };
}[RefusalEventType];

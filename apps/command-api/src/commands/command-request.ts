import type { Actor } from '@uplift/contracts';
import type { InstanceCommandOf } from '@uplift/domain';

/** Commands of people and services; a worker's report does not come through this service. */
export type EdgeCommand = InstanceCommandOf<
  'RegisterInstance' | 'ReportHealth' | 'RequestUpgrade' | 'CancelUpgrade'
>;

export type Door = 'http' | 'nats';

/** Who asks, through which door, under which key. */
export interface Caller {
  readonly door: Door;
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly traceparent?: string;
  /** Revision the caller believes the instance to be at. */
  readonly ifRevision?: number;
}

export interface CommandRequest {
  readonly instanceId: string;
  readonly command: EdgeCommand;
  /** What the caller said, without anything this service adds: the key stands for exactly this. */
  readonly content: object;
  readonly caller: Caller;
}

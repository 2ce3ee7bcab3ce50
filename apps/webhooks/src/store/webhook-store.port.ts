import type {
  DeliveryState,
  WebhookDocument,
  WebhookFormat,
  WebhookRequest,
} from '@uplift/contracts';
import type { WebhookDeliveryPage } from '@uplift/contracts';
import type { MessageOnBus } from '@uplift/bus';
import type { InstanceView, Labels } from '@uplift/domain';

/** What has to be known of an instance to tell of its next event; revision and status stand in the view. */
export interface FollowedInstance {
  /** Which filling of the bus its last event came with. */
  readonly epoch: string;
  readonly view: InstanceView;
}

/** Who gets which events. */
export interface Subscription {
  readonly webhookId: string;
  readonly format: WebhookFormat;
  /** Null: all. */
  readonly events: readonly string[] | null;
  readonly labels: Labels;
  /** Time of the newest event when it was created: it gets this one and what comes later. */
  readonly since: string;
}

/** One event for one webhook, with the very bytes that are signed and sent. */
export interface NewDelivery {
  readonly webhookId: string;
  readonly eventId: string;
  readonly instanceId: string;
  /** As the receiver is told it. */
  readonly event: string;
  readonly recordedAt: string;
  readonly body: string;
}

/** What a run of messages leads to. */
export interface FollowedRun {
  readonly instances: ReadonlyMap<string, FollowedInstance>;
  readonly deliveries: readonly NewDelivery[];
}

export interface Known {
  readonly instances: ReadonlyMap<string, FollowedInstance>;
  readonly subscriptions: readonly Subscription[];
}

/** The stream of the bus is another one than the one that was followed: it has to be asked for anew how far it is kept. */
export class AnotherStreamError extends Error {
  readonly code = 'another-stream';
  constructor() {
    super('The stream of the bus was made anew, or messages before these are not kept');
  }
}

/** How far the bus is followed, and what came of it: one transaction for both. */
export abstract class FollowStore {
  /** The sequence up to which the messages of this stream are kept, which ends with `lastSequence`. */
  abstract keptUpTo(stream: string, lastSequence: number): Promise<number>;
  /**
   * Keeps what `follow` makes of the messages that are not kept yet. A delivery that is there already stays as it is.
   * Throws AnotherStreamError.
   */
  abstract keep(
    stream: string,
    messages: readonly MessageOnBus[],
    follow: (fresh: readonly MessageOnBus[], known: Known) => FollowedRun,
  ): Promise<void>;
}

/** A secret as it is kept: sealed, and until when it still signs; null: it has no end. */
export interface KeptSecret {
  readonly sealed: string;
  readonly until: string | null;
}

/** Whose deliveries this process may make. */
export interface ClaimedWebhook {
  readonly webhookId: string;
  readonly url: string;
  readonly format: WebhookFormat;
  /** The newest first. */
  readonly secrets: readonly KeptSecret[];
  /** Failures in a row that say that the receiver is away. */
  readonly failures: number;
}

export interface QueuedDelivery {
  readonly eventId: string;
  readonly instanceId: string;
  readonly event: string;
  readonly body: string;
  /** Attempts so far. */
  readonly attempts: number;
}

/** What became of one attempt. */
export interface Attempt {
  readonly outcome: 'delivered' | 'refused' | 'away';
  readonly status: number | null;
  /** One line for a person; never a part of the answer. */
  readonly detail: string;
  readonly durationMs: number;
  /** Not tried again before, in ms. */
  readonly againInMs: number;
  /** If it is away: how often in a row it was, and how long nothing at all is sent to it, in ms. */
  readonly failures: number;
  readonly restMs: number;
}

export interface QueueCounts {
  readonly pending: number;
  /** Age of the oldest event that was not delivered, in seconds. */
  readonly oldestSeconds: number;
  readonly failingWebhooks: number;
  readonly webhooks: number;
}

/** One process sends for one webhook, as long as it says so now and then. */
export interface Lease {
  readonly webhookId: string;
  readonly owner: string;
}

/** What is to be sent. Times are those of the database, so that clocks of processes do not matter. */
export abstract class DeliveryQueue {
  /** Webhooks that have something to send now and are nobody's, or this owner's already: leased to it. */
  abstract claim(owner: string): Promise<readonly ClaimedWebhook[]>;
  /**
   * The oldest deliveries that are due, in the order of their events: none of an instance whose oldest one is not due.
   * Prolongs the lease; null if it is lost, or the webhook is gone.
   */
  abstract due(lease: Lease, most: number): Promise<readonly QueuedDelivery[] | null>;
  /** Keeps the outcome and prolongs the lease; false: it is lost. */
  abstract settle(lease: Lease, delivery: QueuedDelivery, attempt: Attempt): Promise<boolean>;
  abstract release(lease: Lease): Promise<void>;
  abstract counts(): Promise<QueueCounts>;
  /** Forgets what was settled and is older than deliveries are kept; how many those were. */
  abstract forgetOld(): Promise<number>;
}

export interface NewWebhook extends WebhookRequest<'create'> {
  readonly since: string;
  readonly sealedSecret: string;
}

export type CreateOutcome =
  | { readonly kind: 'created' | 'repeated'; readonly webhook: WebhookDocument }
  /** The id stands for other content. */
  | { readonly kind: 'other-content' }
  | { readonly kind: 'too-many' };

/** Webhooks and their deliveries, as those see them who manage them. */
export abstract class WebhookRegistry {
  abstract create(webhook: NewWebhook, most: number): Promise<CreateOutcome>;
  abstract list(): Promise<readonly WebhookDocument[]>;
  abstract find(webhookId: string): Promise<ClaimedWebhook | null>;
  abstract delete(webhookId: string): Promise<void>;
  /** The new one signs at once, the one before it for as long as is said, and none before that. */
  abstract rotate(webhookId: string, sealed: string, overlapHours: number): Promise<string | null>;
  abstract deliveries(
    webhookId: string,
    page: { readonly limit: number; readonly state?: DeliveryState; readonly cursor?: string },
  ): Promise<Omit<WebhookDeliveryPage, 'webhookId'>>;
  /** Sends again: one event, or all that failed, of a time. */
  abstract replay(
    webhookId: string,
    which: { readonly eventId?: string; readonly since?: string; readonly until?: string },
  ): Promise<number>;
}

/* Written by `npm run generate` from the schemas of answers and queries in this folder. */
/* eslint-disable max-lines */
import type { Evidence } from '@uplift/domain';
import type { InstanceStatus } from '@uplift/domain';
import type { StoredEventMetadata } from './stored-event';

export interface UnreadableHistory {
  /** Id of the event */
  readonly eventId: string;
  /** Type of the event, see docs/lifecycle.md */
  readonly eventType: string;
  /** Revision of the stream */
  readonly revision: number;
  /** A code, for example newer-version */
  readonly reason: string;
  /** The same in words */
  readonly detail: string;
  /** Time of the event */
  readonly since: string;
  /** Events that came after it, and changed nothing */
  readonly laterEvents: number;
}

export interface Waiting {
  /** What it waits for, in words */
  readonly sentence: string;
  /** What it cannot go on without: `lagoon:<core>`, `credentials:<core>`, `admission:<core>`, `queue:<stage>`, `switch:system`, `switch:<core>`, `operator`, `call:<marker>`, `build:<name>`; null if a worker or Lagoon has it in hand */
  readonly target: string | null;
  /** From when on */
  readonly since: string | null;
  /** When it goes on or is over, as far as is known */
  readonly until: string | null;
  /** What was seen, as small facts */
  readonly evidence: Evidence;
}

export interface AllowedCommand {
  /** Name of the command, for example `RetryUpgrade` */
  readonly command: string;
  /** Whether it would be accepted now */
  readonly allowed: boolean;
  /** The rule in the way, see /problems; null if none is, or if it is in force already */
  readonly code: string | null;
  /** Why not, or what it needs beside its reason */
  readonly detail: string | null;
}

export interface InstanceDocument {
  /** Id of the instance */
  readonly instanceId: string;
  /** Lagoon project name */
  readonly project: string;
  /** Lagoon project id; null: it is not known */
  readonly projectId: number | null;
  /** Lagoon environment name */
  readonly environment: string;
  /** Lagoon core that hosts the project */
  readonly core: string;
  /** Store app that the instance was made from */
  readonly app: string;
  /** Free labels of the instance */
  readonly labels: Readonly<Record<string, string>>;
  /** Status of the instance, see docs/lifecycle.md */
  readonly status: InstanceStatus;
  /** The status in words */
  readonly statusLabel: string;
  /** Whether somebody uses the instance; null: it is not known */
  readonly claimed: boolean | null;
  /** The upgrade in flight; null if there is none */
  readonly currentUpgradeId: string | null;
  /** The newest upgrade; null if there was none */
  readonly lastUpgradeId: string | null;
  /** Why the last upgrade failed; null unless it did */
  readonly failureReason: string | null;
  /** Class of the reason, see docs/reasons.md */
  readonly reasonClass: 'environment' | 'configuration' | 'busy' | 'lagoon-refused' | 'script' | 'build' | 'health' | 'timeout' | 'unknown-outcome' | 'other' | null;
  /** Revision of the stream */
  readonly revision: number;
  /** When the instance became known */
  readonly registeredAt: string;
  /** When something happened last */
  readonly updatedAt: string;
  /** Null while the history can be read; else the event that cannot, and the rest is as it was before it */
  readonly unreadable: UnreadableHistory | null;
  /** Null if nothing holds it up */
  readonly waitingFor: Waiting | null;
  /** Every command, and whether it would be accepted now */
  readonly allowedCommands: readonly AllowedCommand[];
}

export interface Stop {
  /** Lagoon core whose starts are stopped; null: all of them */
  readonly core: string | null;
  /** From when on */
  readonly since: string;
  /** Id of whoever asked for it */
  readonly requestedBy: string;
  /** Why, in the words of whoever asked for it */
  readonly reason: string;
}

export interface AsOf {
  /** The answer reflects the store up to here */
  readonly position: string;
  /** Up to this moment the answer is known to be complete */
  readonly at: string;
  /** From then to the answer */
  readonly ageMs: number;
  /** Why the read model does not follow the store; absent while it does */
  readonly reason?: 'store-diverged' | 'projection-halted' | 'projection-interrupted';
  /** The reason in words */
  readonly detail?: string;
}

export interface InstanceAnswer {
  /** The instance */
  readonly instance: InstanceDocument;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface InstancePage {
  /** What is on the page */
  readonly items: readonly InstanceDocument[];
  /** Value of cursor for the next page; null on the last */
  readonly nextCursor: string | null;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface TimelineEntryDocument {
  /** Id of the instance */
  readonly instanceId: string;
  /** Revision of the stream */
  readonly revision: number;
  /** Id of the event */
  readonly eventId: string;
  /** Time of the store */
  readonly at: string;
  /** Type of the event, see docs/lifecycle.md */
  readonly eventType: string;
  /** Status of the instance, see docs/lifecycle.md */
  readonly status: InstanceStatus;
  /** Id of the upgrade; null outside of one */
  readonly upgradeId: string | null;
  /** What the event says, in words */
  readonly note: string | null;
}

export interface TimelinePage {
  /** Id of the instance */
  readonly instanceId: string;
  /** What is on the page */
  readonly items: readonly TimelineEntryDocument[];
  /** Value of cursor for the next page; null on the last */
  readonly nextCursor: string | null;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export type TaskScript = { readonly service: string; readonly command: string; } | { readonly registeredTask: string; };

export type UpgradeTarget = { readonly ref: string; } | { readonly sourceEnvironment: string; } | { readonly variables: readonly ({ readonly name: string; readonly value: string; readonly scope: 'BUILD' | 'RUNTIME' | 'GLOBAL' | 'CONTAINER_REGISTRY'; })[]; } | { readonly script: TaskScript; };

export interface StageDocument {
  /** The stage of the path */
  readonly stage: 'pre-upgrade' | 'upgrade' | 'post-upgrade' | 'verify';
  /** When it came into the queue */
  readonly queuedAt: string;
  /** When it began; null before that */
  readonly startedAt: string | null;
  /** When it ended; null while it goes on */
  readonly endedAt: string | null;
  /** Milliseconds before its begin: in a queue, or waiting */
  readonly queuedMs: number | null;
  /** Milliseconds from its begin to its end, or to now */
  readonly activeMs: number | null;
}

export interface UpgradeFailure {
  /** By its present name, see docs/reasons.md */
  readonly reason: string;
  /** Class of the reason, see docs/reasons.md */
  readonly reasonClass: 'environment' | 'configuration' | 'busy' | 'lagoon-refused' | 'script' | 'build' | 'health' | 'timeout' | 'unknown-outcome' | 'other';
  /** What was seen, as small facts */
  readonly evidence: Evidence;
  /** Whether the same may succeed later */
  readonly retryable: boolean;
}

export interface UpgradeDocument {
  /** Id of the upgrade; null outside of one */
  readonly upgradeId: string;
  /** Id of the instance */
  readonly instanceId: string;
  /** Lagoon project name */
  readonly project: string;
  /** Lagoon environment name */
  readonly environment: string;
  /** Lagoon core that hosts the project */
  readonly core: string;
  /** Store app that the instance was made from */
  readonly app: string;
  /** Of its instance, as that is: a later upgrade may have changed it */
  readonly status: InstanceStatus;
  /** Number of the attempt, from 1 */
  readonly attempt: number;
  /** How Lagoon is asked to bring the new version */
  readonly strategy: 'redeploy-latest' | 'branch-ref' | 'promote' | 'variables' | 'script';
  /** What is brought; null where the strategy says it all */
  readonly target: UpgradeTarget | null;
  /** Status that the instance comes back to */
  readonly originStatus: 'running-healthy-claimed' | 'running-healthy-unclaimed';
  /** Id of whoever asked for it */
  readonly requestedBy: string;
  /** Why, in the words of whoever asked for it */
  readonly reason: string;
  /** The rollout it belongs to; null: none */
  readonly rolloutId: string | null;
  /** Whether it passes the queue for admission */
  readonly priority: 'urgent' | null;
  /** It expires if it has not begun by then */
  readonly startBy: string | null;
  /** The ill status that it is to mend */
  readonly repairs: 'running-healthy-unclaimed' | 'running-healthy-claimed' | 'running-unhealthy' | 'running-unresponsive' | null;
  /** The upgrade whose deployment it takes back */
  readonly rollsBack: string | null;
  /** How it ended, or that it goes on */
  readonly outcome: 'in-flight' | 'succeeded' | 'failed' | 'cancelled' | 'abandoned' | 'expired';
  /** The stage of the path */
  readonly stage: 'pre-upgrade' | 'upgrade' | 'post-upgrade' | 'verify' | null;
  /** In the order of the path; only those that were reached */
  readonly stages: readonly StageDocument[];
  /** Deploy calls made to Lagoon */
  readonly calls: number;
  /** Name of the build in Lagoon; null while there is none */
  readonly buildName: string | null;
  /** Status of the build as Lagoon tells it */
  readonly buildStatus: string | null;
  /** Step of the build as Lagoon tells it */
  readonly buildStep: string | null;
  /** Whether the build ended with warnings */
  readonly warnings: boolean;
  /** Why it failed; null unless it did */
  readonly failure: UpgradeFailure | null;
  /** When it was asked for */
  readonly requestedAt: string;
  /** When it ended; null while it goes on */
  readonly endedAt: string | null;
  /** Revision of the stream */
  readonly revision: number;
  /** Of its instance, while this is its last upgrade */
  readonly unreadable: UnreadableHistory | null;
  /** Null if nothing holds it up */
  readonly waitingFor: Waiting | null;
  /** Every command, and whether it would be accepted now */
  readonly allowedCommands: readonly AllowedCommand[];
}

export interface UpgradeAnswer {
  /** The upgrade, or its path */
  readonly upgrade: UpgradeDocument;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface UpgradePage {
  /** What is on the page */
  readonly items: readonly UpgradeDocument[];
  /** Value of cursor for the next page; null on the last */
  readonly nextCursor: string | null;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface InstanceCounts {
  /** How many in all */
  readonly total: number;
  /** How many, by status */
  readonly byStatus: Readonly<Record<string, number>>;
}

export interface UpgradeCounts {
  /** How many in all */
  readonly total: number;
  /** How many, by outcome */
  readonly byOutcome: Readonly<Record<string, number>>;
}

export interface Percentiles {
  /** Half took no longer; null if none was measured */
  readonly p50: number | null;
  /** Of a hundred, 95 took no longer; null if none was measured */
  readonly p95: number | null;
}

export interface StageStats {
  /** The stage of the path */
  readonly stage: 'pre-upgrade' | 'upgrade' | 'post-upgrade' | 'verify';
  /** Upgrades that began the stage */
  readonly count: number;
  /** Milliseconds before its begin: in a queue, or waiting */
  readonly queuedMs: Percentiles;
  /** Milliseconds from its begin to its end, or to now */
  readonly activeMs: Percentiles;
}

export interface StatsAnswer {
  /** How many instances there are */
  readonly instances: InstanceCounts;
  /** How many upgrades there were */
  readonly upgrades: UpgradeCounts;
  /** By stage, in the order of the path */
  readonly stages: readonly StageStats[];
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface SystemAnswer {
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface FindingDocument {
  /** Id of the finding */
  readonly findingId: string;
  /** See docs/operations.md for what to do about each */
  readonly kind: 'foreign-events' | 'unreadable-event' | 'newer-version' | 'broken-chain' | 'false-snapshot' | 'stream-gone' | 'forged-message' | 'missing-message' | 'bus-differs' | 'store-diverged' | 'clock-skew' | 'bus-settings';
  /** A stream, a category, an epoch of the bus, a setting, a process */
  readonly subject: string;
  /** The same in words */
  readonly detail: string;
  /** What was seen, as small facts */
  readonly evidence: Evidence;
  /** How often it was come upon in all */
  readonly count: number;
  /** Nobody has looked after it, and it has not ended by itself */
  readonly open: boolean;
  /** When it was come upon first */
  readonly firstAt: string;
  /** When it was told last */
  readonly lastAt: string;
  /** When it was closed; null while it is open */
  readonly closedAt: string | null;
  /** Who closed it; null while it is open, or if it ended by itself */
  readonly closedBy: string | null;
  /** Why it was closed */
  readonly closeReason: string | null;
}

export interface FindingPage {
  /** Newest first */
  readonly items: readonly FindingDocument[];
  /** How many are open, whatever the filter */
  readonly openByKind: Readonly<Record<string, number>>;
  /** Value of cursor for the next page; null on the last */
  readonly nextCursor: string | null;
  /** Switches in force: what they cover starts nothing */
  readonly stops: readonly Stop[];
  /** How old the answer is */
  readonly asOf: AsOf;
}

export interface CommandLinks {
  /** The instance */
  readonly instance: string;
  /** Path of the timeline */
  readonly timeline: string;
  /** Path of the raw events */
  readonly events: string;
  /** The upgrade, or its path */
  readonly upgrade?: string;
}

export interface CommandAnswer {
  /** Id of the instance */
  readonly instanceId: string;
  /** Revision the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Status the command led to */
  readonly status: InstanceStatus;
  /** Where to look next */
  readonly links: CommandLinks;
  /** Only of an upgrade */
  readonly upgradeId?: string;
  /** Only of a registration with upsert: the environment had this instance already */
  readonly existed?: true;
}

export interface SystemLinks {
  /** Path of the switches */
  readonly system: string;
}

export interface SystemCommandAnswer {
  /** Revision of the switches that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Whether it left all starts stopped */
  readonly stopped: boolean;
  /** The cores whose starts it left stopped */
  readonly stoppedCores: readonly string[];
  /** Where to look next */
  readonly links: SystemLinks;
}

export interface AcceptStoreLinks {
  /** Path of the switches */
  readonly system: string;
}

export interface AcceptStoreAnswer {
  /** Revision of the decisions that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Where to look next */
  readonly links: AcceptStoreLinks;
}

export interface FindingLinks {
  /** Path of the findings */
  readonly findings: string;
}

export interface FindingCommandAnswer {
  /** Id of the finding */
  readonly findingId: string;
  /** Revision of the findings that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Where to look next */
  readonly links: FindingLinks;
}

export interface IdentityAnswer {
  /** As events name the caller */
  readonly actor: { readonly type: string; readonly id: string; };
  /** What its holder may do */
  readonly scopes: readonly ('instances:read' | 'instances:write' | 'system:operate' | 'audit:read')[];
  /** Only for instances with all of these; none: for every instance */
  readonly labels: Readonly<Record<string, string>>;
  /** Who vouches for the caller */
  readonly issuer: string;
  /** Its name there */
  readonly subject: string;
  /** Null: not by itself */
  readonly expiresAt: string | null;
}

export interface ApiTokenDocument {
  /** Id of the token */
  readonly tokenId: string;
  /** The id by which events name the holder */
  readonly actor: string;
  /** What its holder may do */
  readonly scopes: readonly ('instances:read' | 'instances:write' | 'system:operate' | 'audit:read')[];
  /** Only for instances with all of these; none: for every instance */
  readonly labels: Readonly<Record<string, string>>;
  /** Until when it is good */
  readonly expiresAt: string;
  /** Whether it is in force */
  readonly state: 'in-force' | 'expired' | 'revoked';
  /** The actor who created it */
  readonly createdBy: string;
  /** What it is for */
  readonly reason: string;
}

export interface ApiTokenList {
  /** Newest first, at most a thousand */
  readonly items: readonly ApiTokenDocument[];
}

export interface ApiTokenLinks {
  /** Path of the tokens */
  readonly tokens: string;
}

export interface ApiTokenCreatedAnswer {
  /** Id of the token */
  readonly tokenId: string;
  /** The id by which events name the holder */
  readonly actor: string;
  /** Shown this once; null where the command is repeated: revoke the token and create another */
  readonly token: string | null;
  /** Until when it is good */
  readonly expiresAt: string;
  /** Revision of the tokens that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Where to look next */
  readonly links: ApiTokenLinks;
}

export interface ApiTokenCommandAnswer {
  /** Id of the token */
  readonly tokenId: string;
  /** Revision of the tokens that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Where to look next */
  readonly links: ApiTokenLinks;
}

export interface ActorAnswer {
  /** Id by which events name the actor */
  readonly actorId: string;
  /** unnamed: no name is kept, perhaps not yet; erased: none is kept again */
  readonly state: 'named' | 'unnamed' | 'erased';
  /** Null unless it is named */
  readonly name: string | null;
}

export interface ActorName {
  /** Id by which events name the actor */
  readonly actorId: string;
  /** Its name */
  readonly name: string;
}

export interface ActorNamesAnswer {
  /** Of those whose name is kept */
  readonly items: readonly ActorName[];
}

export interface ActorLinks {
  /** Path of the actor */
  readonly actor: string;
}

export interface ActorCommandAnswer {
  /** Id by which events name the actor */
  readonly actorId: string;
  /** False: the name goes as soon as the database can be reached */
  readonly nameGone: boolean;
  /** Revision of the erasures that the command led to */
  readonly revision: number;
  /** Position in the store, for min-position */
  readonly position: string;
  /** Where to look next */
  readonly links: ActorLinks;
}

export interface CallbackTokenLinks {
  /** POST here, with a status at the end */
  readonly callback: string;
}

export interface CallbackTokenAnswer {
  /** Id of the instance */
  readonly instanceId: string;
  /** What the app shows with its reports */
  readonly token: string;
  /** Where to look next */
  readonly links: CallbackTokenLinks;
}

export interface EventDocument {
  /** Id of the event */
  readonly id: string;
  /** Its type */
  readonly type: string;
  /** Stream of the event in the store */
  readonly stream: string;
  /** Id of the stream: of the instance, for events of an instance */
  readonly subject: string;
  /** Revision of the stream */
  readonly revision: number;
  /** Position in the store */
  readonly position: string;
  /** Time of the store */
  readonly recordedAt: string;
  /** What the event says, by its type */
  readonly data: object;
  /** Cause, actor, schema version, hash */
  readonly metadata: StoredEventMetadata;
}

export interface EventPage {
  /** Id of the instance */
  readonly instanceId: string;
  /** What is on the page */
  readonly items: readonly EventDocument[];
  /** Value of from for the next page; null on the last */
  readonly nextRevision: number | null;
}

export interface WebhookDocument {
  /** Id of the webhook */
  readonly webhookId: string;
  /** Where events are sent */
  readonly url: string;
  /** The form in which events are sent */
  readonly format: 'polydock' | 'cloudevents';
  /** Types of events; null: all of an instance */
  readonly events: readonly string[] | null;
  /** Only of instances with all of these */
  readonly labels: Readonly<Record<string, string>>;
  /** What it is for */
  readonly description: string;
  /** The actor who created it */
  readonly createdBy: string;
  /** When it was made */
  readonly createdAt: string;
  /** Deliveries that are still to come */
  readonly pending: number;
  /** Time of the oldest event among them */
  readonly oldestPendingAt: string | null;
  /** Null: its last answer was good */
  readonly failingSince: string | null;
  /** Until when the secret before signs as well; null: it does not */
  readonly previousSecretUntil: string | null;
}

export interface WebhookLinks {
  /** Path of all of them */
  readonly webhooks: string;
  /** Path of its deliveries */
  readonly deliveries: string;
}

export interface WebhookCreatedAnswer {
  /** What was created */
  readonly webhook: WebhookDocument;
  /** Shown this once; null where the command is repeated: rotate the secret to get one */
  readonly secret: string | null;
  /** Where to look next */
  readonly links: WebhookLinks;
}

export interface WebhookList {
  /** Oldest first */
  readonly items: readonly WebhookDocument[];
}

export interface WebhookDeletedAnswer {
  /** Id of the webhook */
  readonly webhookId: string;
  /** False: it was deleted before */
  readonly deleted: boolean;
}

export interface WebhookSecretAnswer {
  /** Id of the webhook */
  readonly webhookId: string;
  /** Shown this once */
  readonly secret: string;
  /** Until when the secret before signs as well; null: it does not */
  readonly previousSecretUntil: string | null;
}

export interface WebhookDeliveryDocument {
  /** The id of the delivery, too: webhook-id and X-Polydock-Delivery */
  readonly eventId: string;
  /** Id of the instance */
  readonly instanceId: string;
  /** As the receiver is told it */
  readonly event: string;
  /** Time of the event */
  readonly recordedAt: string;
  /** What became of it so far */
  readonly state: 'pending' | 'delivered' | 'failed';
  /** How often it was tried */
  readonly attempts: number;
  /** When it was tried last; null: it was not yet */
  readonly lastAttemptAt: string | null;
  /** Not before; null: there is none to come */
  readonly nextAttemptAt: string | null;
  /** HTTP status of the last answer; null: none came */
  readonly status: number | null;
  /** What became of the last attempt */
  readonly detail: string;
  /** Milliseconds of the last attempt; null: there was none */
  readonly durationMs: number | null;
}

export interface WebhookDeliveryPage {
  /** Id of the webhook */
  readonly webhookId: string;
  /** Newest first */
  readonly items: readonly WebhookDeliveryDocument[];
  /** Value of cursor for the next page; null on the last */
  readonly nextCursor: string | null;
}

export interface WebhookReplayAnswer {
  /** Id of the webhook */
  readonly webhookId: string;
  /** Deliveries that are to be made again */
  readonly replayed: number;
}

export interface WebhookTestAnswer {
  /** Id of the webhook */
  readonly webhookId: string;
  /** As the receiver was told it */
  readonly deliveryId: string;
  /** Whether the answer was good */
  readonly delivered: boolean;
  /** HTTP status of the answer; null: none came */
  readonly status: number | null;
  /** What came of it, in words */
  readonly detail: string;
  /** Milliseconds that it took */
  readonly durationMs: number;
}

export interface ProblemFault {
  /** JSON pointer of the place */
  readonly pointer: string;
  /** The same in words */
  readonly detail: string;
}

export interface ProblemDetails {
  /** Stable reference of the rule, see /problems */
  readonly type: string;
  /** The rule in words */
  readonly title: string;
  /** Status of the instance, see docs/lifecycle.md */
  readonly status: number;
  /** What was wrong and what to do about it */
  readonly detail: string;
  /** The rule, see /problems */
  readonly code: string;
  /** The instance */
  readonly instance?: string;
  /** Id of the instance */
  readonly instanceId?: string;
  /** The instance that has the environment already */
  readonly existingInstanceId?: string;
  /** Present status of the instance */
  readonly currentStatus?: string;
  /** Statuses that would allow it */
  readonly allowedFrom?: readonly string[];
  /** The same request may succeed later */
  readonly retryable?: boolean;
  /** After how many seconds; 1 if absent */
  readonly retryAfterSeconds?: number;
  /** Each fault and its place */
  readonly errors?: readonly ProblemFault[];
  /** The scope that the caller would need */
  readonly scope?: string;
  /** What holds the instance up */
  readonly waitingFor?: Waiting | null;
  /** What is possible instead */
  readonly allowedCommands?: readonly AllowedCommand[];
}

export interface InstanceGetQuery {
  /** Id of the instance */
  readonly instanceId: string;
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface InstanceListQuery {
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** nextCursor of the page before */
  readonly cursor?: string;
  /** Items on a page */
  readonly limit?: number;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only this status */
  readonly status?: InstanceStatus;
  /** Only this Lagoon project */
  readonly project?: string;
  /** Only this store app */
  readonly app?: string;
  /** Only this Lagoon core */
  readonly core?: string;
  /** Only what is about instances that carry the label name=value; several: all of them */
  readonly label?: readonly string[];
  /** Only this Lagoon environment */
  readonly environment?: string;
  /** Only where the last failure was for a reason of this class, see docs/reasons.md */
  readonly reasonClass?: 'environment' | 'configuration' | 'busy' | 'lagoon-refused' | 'script' | 'build' | 'health' | 'timeout' | 'unknown-outcome' | 'other';
  /** By this field, behind - the last first; -registeredAt if absent */
  readonly sort?: 'registeredAt' | '-registeredAt' | 'updatedAt' | '-updatedAt' | 'project' | '-project' | 'app' | '-app' | 'status' | '-status';
}

export interface InstanceStatsQuery {
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only this Lagoon project */
  readonly project?: string;
  /** Only this store app */
  readonly app?: string;
  /** Only this Lagoon core */
  readonly core?: string;
  /** Only what is about instances that carry the label name=value; several: all of them */
  readonly label?: readonly string[];
}

export interface InstanceTimelineQuery {
  /** Id of the instance */
  readonly instanceId: string;
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** nextCursor of the page before */
  readonly cursor?: string;
  /** Items on a page */
  readonly limit?: number;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface UpgradeGetQuery {
  /** Id of the upgrade; null outside of one */
  readonly upgradeId: string;
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface UpgradeListQuery {
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** nextCursor of the page before */
  readonly cursor?: string;
  /** Items on a page */
  readonly limit?: number;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only this outcome */
  readonly outcome?: 'in-flight' | 'succeeded' | 'failed' | 'cancelled' | 'abandoned' | 'expired';
  /** Only where the last failure was for a reason of this class, see docs/reasons.md */
  readonly reasonClass?: 'environment' | 'configuration' | 'busy' | 'lagoon-refused' | 'script' | 'build' | 'health' | 'timeout' | 'unknown-outcome' | 'other';
  /** Only this Lagoon project */
  readonly project?: string;
  /** Only this store app */
  readonly app?: string;
  /** Only this Lagoon core */
  readonly core?: string;
  /** Only what is about instances that carry the label name=value; several: all of them */
  readonly label?: readonly string[];
  /** Only of this Lagoon environment */
  readonly environment?: string;
  /** Only of this instance */
  readonly instanceId?: string;
  /** Only of instances that have this status */
  readonly status?: InstanceStatus;
  /** Only requested at this time or later */
  readonly since?: string;
  /** Only requested before this time */
  readonly until?: string;
  /** By this field, behind - the last first; what has not ended ends last of all; -requestedAt if absent */
  readonly sort?: 'requestedAt' | '-requestedAt' | 'endedAt' | '-endedAt';
}

export interface SystemStatusQuery {
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
}

export interface SystemFindingsQuery {
  /** Answer only when the read model has come this far (waits up to 5 s) */
  readonly minPosition?: string;
  /** nextCursor of the page before */
  readonly cursor?: string;
  /** Items on a page */
  readonly limit?: number;
  /** Only what is about instances that carry all of these labels: for the rest the answer is as if it did not exist */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only findings of this kind */
  readonly kind?: 'foreign-events' | 'unreadable-event' | 'newer-version' | 'broken-chain' | 'false-snapshot' | 'stream-gone' | 'forged-message' | 'missing-message' | 'bus-differs' | 'store-diverged' | 'clock-skew' | 'bus-settings';
  /** Only those that are open, or only those that are closed */
  readonly open?: boolean;
}

/** What each query takes, at either door. */
export interface QueryInputs {
  readonly instanceGet: InstanceGetQuery;
  readonly instanceList: InstanceListQuery;
  readonly instanceStats: InstanceStatsQuery;
  readonly instanceTimeline: InstanceTimelineQuery;
  readonly upgradeGet: UpgradeGetQuery;
  readonly upgradeList: UpgradeListQuery;
  readonly systemStatus: SystemStatusQuery;
  readonly systemFindings: SystemFindingsQuery;
}

/** What each query is answered with. */
export interface QueryAnswers {
  readonly instanceGet: InstanceAnswer;
  readonly instanceList: InstancePage;
  readonly instanceStats: StatsAnswer;
  readonly instanceTimeline: TimelinePage;
  readonly upgradeGet: UpgradeAnswer;
  readonly upgradeList: UpgradePage;
  readonly systemStatus: SystemAnswer;
  readonly systemFindings: FindingPage;
}

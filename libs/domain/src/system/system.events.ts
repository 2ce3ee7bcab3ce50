import type { AskedBy, Evidence } from '../instance/instance.events';
import type { Labels } from '../labels';

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

/** What an auditor of store and bus can come upon. */
export const FINDING_KINDS = [
  'foreign-events',
  'unreadable-event',
  'newer-version',
  'broken-chain',
  'false-snapshot',
  'stream-gone',
  'forged-message',
  'missing-message',
  'bus-differs',
  'store-diverged',
  'clock-skew',
  'bus-settings',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something that is not as it should be. */
export interface Finding {
  /** The same for the same kind and subject. */
  readonly findingId: string;
  readonly kind: FindingKind;
  /** What it is about: a stream, a category of streams, an epoch of the bus, a setting, a process. */
  readonly subject: string;
  /** In words. */
  readonly detail: string;
  readonly evidence: Evidence;
  /** How often it was come upon in all. */
  readonly count: number;
}

/** What a caller may do. */
export const SCOPES = [
  'instances:read',
  'instances:write',
  'system:operate',
  'audit:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Scopes that hold for instances with all of these labels. */
export interface LimitedGrant {
  readonly labels: Labels;
  readonly scopes: readonly Scope[];
}

/** What an API token lets its holder do, and until when. */
export interface ApiTokenGrant {
  readonly tokenId: string;
  /** SHA-256 (hex) of the token, which nobody can make from it. */
  readonly hash: string;
  /** For every instance. */
  readonly scopes: readonly Scope[];
  /** Of a token for some instances alone. It has no other scopes: a build that does not know of limits lets it do nothing. */
  readonly limited?: LimitedGrant;
  /** RFC 3339. */
  readonly expiresAt: string;
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
  /** Come upon for the first time, or oftener than before: it is open, also if it had been closed. */
  FindingRecorded: Finding;
  /** Somebody has looked after it, or it has ended by itself. */
  FindingClosed: Pick<Finding, 'findingId'> & AskedBy;
  /** The reason says what the token is for. */
  ApiTokenCreated: ApiTokenGrant & AskedBy;
  ApiTokenRevoked: Pick<ApiTokenGrant, 'tokenId'> & AskedBy;
  /** From here on nobody keeps a name of the actor. The name itself stands in no event. */
  ActorErased: { readonly actorId: string } & AskedBy;
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

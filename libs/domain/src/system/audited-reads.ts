/** Data of every event of an audit stream, by event type. */
export interface AuditEventData {
  /** The first read in one hour of one route by one caller of what only `audit:read` opens. */
  AuditRecordsRead: {
    /** Method and route. */
    readonly route: string;
    /** The actor. */
    readonly readBy: string;
    /** Start of the hour, RFC 3339. */
    readonly hour: string;
  };
}

export type AuditEventType = keyof AuditEventData;

export type AuditEvent = {
  readonly [Type in AuditEventType]: {
    readonly type: Type;
    readonly data: AuditEventData[Type];
  };
}[AuditEventType];

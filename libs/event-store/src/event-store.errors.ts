/** Somebody else appended first: load the stream and decide again. */
export class RevisionConflictError extends Error {
  readonly code = 'revision-conflict';
  constructor(
    readonly stream: string,
    readonly expectedRevision: number,
  ) {
    super(`Stream ${stream} is not at revision ${expectedRevision}: load it and decide again`);
  }
}

export class StreamNotFoundError extends Error {
  readonly code = 'stream-not-found';
  constructor(readonly stream: string) {
    super(`Stream ${stream} does not exist`);
  }
}

export class EventTooLargeError extends Error {
  readonly code = 'event-too-large';
  constructor(
    readonly eventType: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`Event ${eventType} has ${bytes} bytes; at most ${limit} are accepted`);
  }
}

/** The store did not answer in time or the connection broke: whether an append was stored is unknown. */
export class EventStoreUnavailableError extends Error {
  readonly code = 'event-store-unavailable';
}

export type PublishFailureReason =
  /** Another message already stands at that sequence: read the resume point again. */
  | 'wrong-sequence'
  /** The bus took the message for one it knows: it was not stored. */
  | 'duplicate'
  /** No answer in time: whether it was stored is unknown. */
  | 'timeout'
  /** There is no stream. */
  | 'no-stream'
  /** Anything else the bus had to say, for example that it is full. */
  | 'refused';

/** A publish was not accepted; nothing sent after it counts. */
export class PublishFailedError extends Error {
  readonly code = 'publish-failed';
  constructor(
    readonly reason: PublishFailureReason,
    readonly sequence: number,
    detail: string,
  ) {
    super(`Message ${sequence} was not accepted (${reason}): ${detail}`);
  }
}

/** The stream has had messages, but the last one is gone: where to go on cannot be known. */
export class ResumePointLostError extends Error {
  readonly code = 'resume-point-lost';
  constructor(readonly sequence: number) {
    super(`The bus is at sequence ${sequence}, but that message is gone`);
  }
}

export interface ReceiverCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ReceiverAnswer {
  readonly status: number;
  /** Seconds or a date, as the receiver has written it. */
  readonly retryAfter?: string;
}

/** No answer came, in words for a person. */
export class NoReceiverError extends Error {
  readonly code = 'no-receiver';
}

/** Whoever is told of events: one POST, of whose answer the status alone is read. */
export abstract class Receiver {
  /** Throws NoReceiverError. */
  abstract call(call: ReceiverCall, signal?: AbortSignal): Promise<ReceiverAnswer>;
  /** Why the address may not be called, without asking anybody; null: it may be, if its name leads somewhere public. */
  abstract whyNot(url: string): string | null;
}

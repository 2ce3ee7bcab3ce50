const HOUR_MS = 3_600_000;
/** Thirds of a token do not add up to whole ones. */
const ROUNDING = 1e-6;

export interface BucketOptions {
  /** 0: never empty. */
  readonly perHour: number;
  /** Tokens after a quiet time; at least 1. */
  readonly capacity: number;
}

/** Tokens that come back evenly. Times are those of events, in ms, and only ever move forward. */
export class TokenBucket {
  private readonly msPerToken: number;
  private readonly capacity: number;
  private level: number;
  private levelAt = 0;
  private lackEndsAt = Number.NEGATIVE_INFINITY;

  constructor({ perHour, capacity }: BucketOptions) {
    this.msPerToken = perHour === 0 ? 0 : HOUR_MS / perHour;
    this.capacity = Math.max(1, capacity);
    this.level = this.capacity;
  }

  /** Whoever does not ask first leaves a debt. */
  spend(at: number): void {
    if (this.msPerToken === 0) return;
    const gained = Math.max(0, at - this.levelAt) / this.msPerToken;
    this.level = Math.min(this.capacity, this.level + gained) - 1;
    this.levelAt = Math.max(this.levelAt, at);
    if (this.level + ROUNDING >= 1) return;
    this.lackEndsAt = this.levelAt + (1 - ROUNDING - this.level) * this.msPerToken;
  }

  /** From when on there is a whole token, in the past or to come; -Infinity if there always was. */
  get emptyUntil(): number {
    return this.lackEndsAt;
  }
}

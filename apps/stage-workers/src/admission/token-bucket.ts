const HOUR_MS = 3_600_000;
/** Thirds of a token do not add up to whole ones. */
const ROUNDING = 1e-6;

export interface BucketOptions {
  /** 0: never empty. */
  readonly perHour: number;
  /** Tokens after a quiet time; at least 1. */
  readonly capacity: number;
}

export interface KeptBucket {
  readonly level: number;
  readonly levelAt: number;
  /** Null: there always was one. */
  readonly lackEndsAt: number | null;
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

  /** As a checkpoint carries it. */
  get kept(): KeptBucket {
    const { level, levelAt, lackEndsAt } = this;
    return { level, levelAt, lackEndsAt: Number.isFinite(lackEndsAt) ? lackEndsAt : null };
  }

  takeBack({ level, levelAt, lackEndsAt }: KeptBucket): void {
    this.level = level;
    this.levelAt = levelAt;
    this.lackEndsAt = lackEndsAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Whoever does not ask first leaves a debt. */
  spend(at: number): void {
    this.change(at, -1);
  }

  /** A token that was spent and not used. */
  giveBack(at: number): void {
    this.change(at, 1);
  }

  /** From when on there is a whole token, in the past or to come; -Infinity if there always was. */
  get emptyUntil(): number {
    return this.lackEndsAt;
  }

  /** Whole tokens at a time that is not before the last event's. */
  countAt(at: number): number {
    return this.msPerToken === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.levelOn(at));
  }

  /** From when on there are so many tokens, each of them spent at once; null if they never run out. */
  timeOf(count: number): number | null {
    if (this.msPerToken === 0) return null;
    return this.levelAt + Math.max(0, count - ROUNDING - this.level) * this.msPerToken;
  }

  private change(at: number, by: 1 | -1): void {
    if (this.msPerToken === 0) return;
    this.level = Math.min(this.capacity, this.levelOn(at) + by);
    this.levelAt = Math.max(this.levelAt, at);
    const isEmpty = this.level + ROUNDING < 1;
    if (isEmpty) this.lackEndsAt = this.timeOf(1) ?? this.levelAt;
    else this.lackEndsAt = Math.min(this.lackEndsAt, this.levelAt);
  }

  private levelOn(at: number): number {
    const gained = Math.max(0, at - this.levelAt) / this.msPerToken;
    return Math.min(this.capacity, this.level + gained);
  }
}

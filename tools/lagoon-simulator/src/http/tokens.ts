import type { Clock } from '@uplift/runtime';

/** Every token that has no rule of its own. */
const ANY = '*';

export interface TokenRule {
  /** A bearer token, or `*` for every other one. */
  readonly token: string;
  /** Real milliseconds from now until it is refused; 0: from now on; null: for ever good. */
  readonly validMs: number | null;
}

/** Which bearer tokens are good, and until when. */
export class Tokens {
  /** Real time in milliseconds at which a token ends. */
  private readonly ends = new Map<string, number>();

  /** `only`: the one token that is good; null: every token is. */
  constructor(
    private readonly only: string | null,
    private readonly clock: Pick<Clock, 'wall'>,
  ) {
    this.clear();
  }

  rule({ token, validMs }: TokenRule): void {
    this.ends.set(token, validMs === null ? Infinity : this.clock.wall() + validMs);
  }

  clear(): void {
    this.ends.clear();
    if (this.only === null) return;
    this.ends.set(ANY, 0);
    this.ends.set(this.only, Infinity);
  }

  accepts(authorization: string | undefined): boolean {
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    const end = this.ends.get(token) ?? this.ends.get(ANY) ?? Infinity;
    return this.clock.wall() < end;
  }
}

import type { Principal } from '@uplift/access';
import { isCounted } from '@uplift/access';
import type { ProblemError } from '@uplift/contracts';

/** Who wants a place, and how many it may have; 0: as many as there are. */
export interface Holder {
  readonly name: string;
  readonly most: number;
}

/** Of a token, that of nobody in particular and that for emergencies left out. */
export function holderOf(principal: Principal, most: number): Holder {
  return isCounted(principal) ? { name: principal.actor.id, most } : { name: '', most: 0 };
}

/** Places of this process that all callers share: bounded for each, so that nobody takes those of all. */
export class SharedPlaces {
  private readonly byHolder = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly most: number,
    private readonly refusalBeyond: (most: number, ofWhom: 'one' | 'all') => ProblemError,
  ) {}

  get taken(): number {
    return this.count;
  }

  /** Gives the place back the first time that it is called. Throws the refusal. */
  take({ name, most }: Holder): () => void {
    const ofHolder = this.byHolder.get(name) ?? 0;
    if (most > 0 && ofHolder >= most) throw this.refusalBeyond(most, 'one');
    if (this.count >= this.most) throw this.refusalBeyond(this.most, 'all');
    this.count += 1;
    this.byHolder.set(name, ofHolder + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.giveBack(name);
      isTaken = false;
    };
  }

  private giveBack(name: string): void {
    this.count -= 1;
    const left = (this.byHolder.get(name) ?? 1) - 1;
    if (left > 0) this.byHolder.set(name, left);
    else this.byHolder.delete(name);
  }
}

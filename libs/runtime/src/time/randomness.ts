import { randomUUID } from 'node:crypto';

/** Chance, as far as a run depends on it. */
export abstract class Randomness {
  /** At least 0, less than 1. */
  abstract fraction(): number;

  /** UUID, version 4. */
  abstract uuid(): string;
}

export class SystemRandomness extends Randomness {
  override fraction(): number {
    return Math.random();
  }

  override uuid(): string {
    return randomUUID();
  }
}

export const systemRandomness: Randomness = new SystemRandomness();

import { randomBytes, randomUUID } from 'node:crypto';

/** Chance, as far as a run depends on it. */
export abstract class Randomness {
  /** At least 0, less than 1. */
  abstract fraction(): number;

  /** UUID, version 4. */
  abstract uuid(): string;

  /** So many bytes that nobody can guess. */
  abstract bytes(count: number): Buffer;
}

export class SystemRandomness extends Randomness {
  override fraction(): number {
    return Math.random();
  }

  override uuid(): string {
    return randomUUID();
  }

  override bytes(count: number): Buffer {
    return randomBytes(count);
  }
}

export const systemRandomness: Randomness = new SystemRandomness();

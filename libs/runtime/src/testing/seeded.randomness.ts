import { Randomness } from '../time/randomness';

/** The same seed gives the same run. */
export class SeededRandomness extends Randomness {
  constructor(private state: number) {
    super();
  }

  /** Mulberry32. */
  override fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  override uuid(): string {
    const digits = Array.from({ length: 32 }, () => Math.floor(this.fraction() * 16).toString(16));
    digits[12] = '4';
    digits[16] = '8';
    const part = (from: number, to: number) => digits.slice(from, to).join('');
    return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join('-');
  }

  override bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => Math.floor(this.fraction() * 256)));
  }
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { refusal } from '../problems/problem';

/** The one token that all apps share; without one the callback is open. */
export class HealthCallbackToken {
  constructor(private readonly expected: string | undefined) {}

  get isOpen(): boolean {
    return this.expected === undefined;
  }

  /** Takes the same time whatever is given. Throws `health-token-refused`. */
  check(given: unknown): void {
    if (this.expected === undefined) return;
    const text = typeof given === 'string' ? given : '';
    if (timingSafeEqual(digest(text), digest(this.expected))) return;
    throw refusal('health-token-refused', 'The query parameter token is missing or wrong');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

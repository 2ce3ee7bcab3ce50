import { refusal } from '../problems/problem';

const MOST_LEVELS = 20;
const RESERVED_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Refuses, before any schema is asked, what would overflow a recursion or reach a prototype. */
export function assertSoundJson(value: unknown, pointer = '', level = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (level > MOST_LEVELS) {
    throw refusal('input-too-deep', `At most ${MOST_LEVELS} levels of nesting are accepted`);
  }
  for (const key of Object.getOwnPropertyNames(value)) {
    const at = `${pointer}/${escapePointer(key)}`;
    if (RESERVED_KEYS.includes(key)) throw reservedKey(at);
    assertSoundJson((value as Record<string, unknown>)[key], at, level + 1);
  }
}

/** RFC 6901. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function reservedKey(pointer: string): Error {
  return refusal('invalid-input', 'A property name is reserved', {
    errors: [{ pointer, detail: 'this property name is reserved' }],
  });
}

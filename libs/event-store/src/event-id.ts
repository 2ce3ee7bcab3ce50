import { createHash } from 'node:crypto';

/** Namespace of every event id; changing it would make all repeats look new. */
export const EVENT_ID_NAMESPACE = '5b0d7f3e-6c1a-5e52-9d0b-2f6a4c8e71d9';

const VERSION_5 = 0x50;
const RFC_VARIANT = 0x80;

/** Name-based UUID of RFC 9562, version 5 (SHA-1). */
export function uuid5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | VERSION_5, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | RFC_VARIANT, 8);
  return formatUuid(bytes.toString('hex'));
}

/** The same cause, step and number always give the same id. `n` counts the events of one step, from 0. */
export function deterministicEventId(causationId: string, step: string, n: number): string {
  return uuid5(EVENT_ID_NAMESPACE, JSON.stringify([causationId, step, n]));
}

/** First 32 of the hex digits given, in the 8-4-4-4-12 form. */
export function formatUuid(hex: string): string {
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

import { createHash } from 'node:crypto';
import { canonicalJson, deterministicEventId } from '@uplift/event-store';
import type { CommandRequest, EdgeCommand } from './command-request';

/** A key is scoped to one instance: the same key on another instance is another command. */
export function commandIdOf(instanceId: string, idempotencyKey: string): string {
  return deterministicEventId(`command/instance/${instanceId}`, idempotencyKey, 0);
}

/** Follows from key and instance, so that repeats of a command agree on it. */
export function upgradeIdFor(instanceId: string, idempotencyKey: string): string {
  return deterministicEventId(commandIdOf(instanceId, idempotencyKey), 'upgrade', 0);
}

/** The upgrade that a command speaks of; null for other commands. */
export function upgradeOf({ data }: EdgeCommand): string | null {
  return 'upgradeId' in data ? data.upgradeId : null;
}

/** Id of an instance whose caller gave none. */
export function instanceIdFor(idempotencyKey: string): string {
  return deterministicEventId('command/register-instance', idempotencyKey, 0);
}

/** SHA-256 (hex) of what the caller asked for, whatever the order of keys. */
export function fingerprintOf({ command, content }: CommandRequest): string {
  const text = canonicalJson({ command: command.type, content });
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

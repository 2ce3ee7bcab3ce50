import type { StoredEvent } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import { canonicalJson } from '@uplift/event-store';
import type { Cause, StreamMemory } from '@uplift/event-store';
import { createHash } from 'node:crypto';
import type { Asked } from './command-request';

/** A command under its key: repeats of it agree on both. */
export interface KeyedCommand {
  /** Follows from the key and from what it is scoped to. */
  readonly commandId: string;
  /** SHA-256 (hex) of what the caller asked for, whatever the order of keys. */
  readonly fingerprint: string;
}

/**
 * Commands in a row that may find their effect in place and still be noted. Enough for every person and every retry;
 * a program that says the same for ever, each time under a new key, must not fill the stream.
 */
export const MOST_NOTES_IN_A_ROW = 100;

export function keyed({ command, content }: Asked, commandId: string): KeyedCommand {
  const text = canonicalJson({ command: command.type, content });
  return { commandId, fingerprint: createHash('sha256').update(text, 'utf8').digest('hex') };
}

/** The last event that this command left, as it was found under its id. Throws if its key stands for another command. */
export function ownEvent(
  { events }: { readonly events: readonly StoredEvent[] },
  { fingerprint }: KeyedCommand,
): StoredEvent | undefined {
  const own = events.at(-1);
  if (own === undefined || own.metadata.commandFingerprint === fingerprint) return own;
  throw refusal(
    'idempotency-key-reused',
    'This Idempotency-Key was used for another command: take a new key',
  );
}

/** Throws if the stream is not at the revision that the caller expects. */
export function assertRevision({ caller }: Asked, revision: number): void {
  const { ifRevision } = caller;
  if (ifRevision === undefined || ifRevision === revision) return;
  throw refusal(
    'precondition-failed',
    `The present revision is ${revision}, not ${ifRevision}: look again`,
  );
}

/**
 * What a command leaves that finds its effect in place already: without it the same key would be decided anew later,
 * on another state. A caller without a key cannot repeat its command, and leaves nothing.
 */
export function noteOf({ command, caller }: Asked, { notesInARow }: StreamMemory) {
  if (caller.isKeyless === true) return [];
  if (notesInARow < MOST_NOTES_IN_A_ROW) {
    return [{ type: 'CommandNoted', data: { command: command.type } } as const];
  }
  throw refusal(
    'repeated-too-often',
    `The last ${notesInARow} commands changed nothing, as this one would: it is neither done nor noted`,
  );
}

export function causeOf(
  { command, caller: { actor, traceparent } }: Asked,
  { commandId, fingerprint }: KeyedCommand,
  correlationId: string,
): Cause {
  return {
    causationId: commandId,
    step: command.type,
    correlationId,
    actor,
    commandFingerprint: fingerprint,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

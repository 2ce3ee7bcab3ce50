import type { EnvironmentName, FindingKind } from '@uplift/domain';
import { environmentKey } from '@uplift/domain';
import { parse, v5 as uuid5 } from 'uuid';

/** Namespace of every event id; changing it would make all repeats look new. */
const NAMESPACE = parse('5b0d7f3e-6c1a-5e52-9d0b-2f6a4c8e71d9');

/** The same cause, step and number always give the same id. `n` counts the events of one step, from 0. */
export function deterministicEventId(causationId: string, step: string, n: number): string {
  return uuid5(JSON.stringify([causationId, step, n]), NAMESPACE);
}

/** The same for the same kind and subject, whoever finds it. */
export function findingIdOf(kind: FindingKind, subject: string): string {
  return uuid5(JSON.stringify(['finding', kind, subject]), NAMESPACE);
}

/** The id of an environment of Lagoon, whoever asks for it. */
export function environmentIdOf(environment: EnvironmentName): string {
  return deterministicEventId('environment', environmentKey(environment), 0);
}

/** First 32 of the hex digits given, in the 8-4-4-4-12 form. */
export function formatUuid(hex: string): string {
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

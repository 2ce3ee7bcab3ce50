import type { Decider } from '../decider';
import { DomainError } from '../decider';

/** One environment of Lagoon; its core under the core's own name. */
export interface EnvironmentName {
  readonly core: string;
  readonly project: string;
  readonly environment: string;
}

/** The instance that an environment is reserved for. */
export interface Holder {
  readonly instanceId: string;
  /** Revision of the event in its stream with which it was registered, or is about to be. */
  readonly registration: number;
}

/** Data of every event of an environment's stream, by event type. */
export interface EnvironmentEventData {
  /** Written before the instance is registered: from here on no other one can be. */
  EnvironmentReserved: EnvironmentName & Holder & { readonly requestedBy: string };
  EnvironmentFreed: Holder & { readonly requestedBy: string; readonly reason: string };
}

export type EnvironmentEventType = keyof EnvironmentEventData;

export type EnvironmentEventOf<Type extends EnvironmentEventType> = {
  readonly [T in Type]: { readonly type: T; readonly data: EnvironmentEventData[T] };
}[Type];

export type EnvironmentEvent = EnvironmentEventOf<EnvironmentEventType>;

/** Null: nobody has it. */
export interface EnvironmentState {
  readonly holder: Holder | null;
}

export interface EnvironmentCommandData {
  ReserveEnvironment: EnvironmentEventData['EnvironmentReserved'] & {
    /** A holder that is known to be over: the environment is taken from it. */
    readonly ended: Holder | null;
  };
  FreeEnvironment: EnvironmentEventData['EnvironmentFreed'];
}

export type EnvironmentCommandType = keyof EnvironmentCommandData;

type CommandOf<Type extends EnvironmentCommandType> = {
  readonly [T in Type]: { readonly type: T; readonly data: EnvironmentCommandData[T] };
}[Type];

export type EnvironmentCommand = CommandOf<EnvironmentCommandType>;

/** One environment is one instance, and another one has it. */
export class EnvironmentTakenError extends DomainError {
  readonly code = 'environment-taken';
  constructor(readonly holder: Holder) {
    super(`The environment belongs to instance ${holder.instanceId}: deregister that one first`);
  }
}

export const UNUSED_ENVIRONMENT: EnvironmentState = { holder: null };

/**
 * What tells one environment from another. Lagoon builds in a namespace whose name has lower case, digits and dashes
 * only: names that differ in nothing else are one environment.
 */
export function environmentKey({ core, project, environment }: EnvironmentName): string {
  return [core, namespaced(project), namespaced(environment)].join('/');
}

function namespaced(name: string): string {
  return name.toLowerCase().replace(/[^0-9a-z-]/g, '-');
}

function isSameHolder(one: Holder, other: Holder | null): boolean {
  return one.instanceId === other?.instanceId && one.registration === other.registration;
}

function decide(command: EnvironmentCommand, { holder }: EnvironmentState) {
  return command.type === 'ReserveEnvironment'
    ? reserve(command.data, holder)
    : free(command.data, holder);
}

function reserve(
  { ended, ...data }: EnvironmentCommandData['ReserveEnvironment'],
  holder: Holder | null,
): readonly EnvironmentEvent[] {
  if (isSameHolder(data, holder)) return [];
  const reserved = { type: 'EnvironmentReserved', data } as const;
  if (holder === null) return [reserved];
  if (ended === null || !isSameHolder(ended, holder)) throw new EnvironmentTakenError(holder);
  const { requestedBy } = data;
  const freed = { ...holder, requestedBy, reason: 'the instance is not registered there any more' };
  return [{ type: 'EnvironmentFreed', data: freed }, reserved];
}

function free(
  data: EnvironmentCommandData['FreeEnvironment'],
  holder: Holder | null,
): readonly EnvironmentEvent[] {
  return isSameHolder(data, holder) ? [{ type: 'EnvironmentFreed', data }] : [];
}

function evolve(_state: EnvironmentState, { type, data }: EnvironmentEvent): EnvironmentState {
  if (type === 'EnvironmentFreed') return UNUSED_ENVIRONMENT;
  const { instanceId, registration } = data;
  return { holder: { instanceId, registration } };
}

export const environmentDecider: Decider<EnvironmentCommand, EnvironmentState, EnvironmentEvent> = {
  initialState: UNUSED_ENVIRONMENT,
  decide,
  evolve,
};

import fc from 'fast-check';
import { DomainError } from '../domain-error';
import type { InstanceCommand, InstanceCommandType } from '../instance/instance.commands';
import { decide } from '../instance/instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceState } from '../instance/instance.state';
import { candidatesFor } from './command-candidates';
import type { Choice } from './command-choice';
import { choices } from './command-choice';
import { VARIATIONS } from './command-variations';
import { EXAMPLE_COMMAND_DATA } from './example-commands';

/** What was decided on one command, and from where. */
export interface Turn {
  readonly command: InstanceCommand;
  readonly before: InstanceState;
  readonly events: readonly InstanceEvent[];
  readonly after: InstanceState;
}

/** Histories that commands, mostly fitting and sometimes not, have led to. */
export const commandSequences: fc.Arbitrary<readonly Turn[]> = fc
  .array(choices, { minLength: 1, maxLength: 60, size: 'max' })
  .map(played);

export function eventsOf(turns: readonly Turn[]): readonly InstanceEvent[] {
  return turns.flatMap(({ events }) => events);
}

function played(chosen: readonly Choice[]): readonly Turn[] {
  const turns: Turn[] = [];
  let before = INITIAL_STATE;
  for (const each of chosen) {
    const command = commandFor(each, before, turns.length);
    const events = decidedOrRefused(command, before);
    const after = events.reduce(evolve, before);
    turns.push({ command, before, events, after });
    before = after;
  }
  return turns;
}

function decidedOrRefused(
  command: InstanceCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  try {
    return decide(command, state);
  } catch (error) {
    if (error instanceof DomainError) return [];
    throw error;
  }
}

function commandFor(chosen: Choice, state: InstanceState, turn: number): InstanceCommand {
  const candidates = candidatesFor(chosen, state);
  const type = candidates[chosen.pick % candidates.length] ?? 'RegisterInstance';
  const fixed = EXAMPLE_COMMAND_DATA[type];
  const ids = 'upgradeId' in fixed ? { upgradeId: upgradeIdFor(type, chosen, state, turn) } : {};
  return {
    type,
    data: { ...fixed, ...ids, ...VARIATIONS[type]?.(chosen, state) },
  } as InstanceCommand;
}

/** A new upgrade has a new id, as every caller promises; all else speaks of the newest one. */
function upgradeIdFor(
  type: InstanceCommandType,
  { isStale }: Choice,
  state: InstanceState,
  turn: number,
): string {
  const isNew = type === 'RequestUpgrade' && !isStale;
  if (isNew || state.kind === 'absent') return `upgrade-${turn}`;
  if (state.kind === 'upgrading') return isStale ? 'upgrade-of-old' : state.workOrder.upgradeId;
  return state.lastUpgrade?.workOrder.upgradeId ?? `upgrade-${turn}`;
}

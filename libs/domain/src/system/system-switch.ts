import type { Decider } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { RecordedSystemEvent, StartsScope, SystemEvent, SystemEventOf } from './system.events';

type SwitchingEvent = SystemEventOf<'StartsStopped' | 'StartsAllowed'>;

export function isSwitching(event: SystemEvent): event is SwitchingEvent {
  return event.type === 'StartsStopped' || event.type === 'StartsAllowed';
}

/** What the switches forbid. `Stop` is what is known of each stop in force. */
export interface Switches<Stop> {
  readonly system: Stop | null;
  /** By core; only those that are stopped. */
  readonly cores: Readonly<Record<string, Stop>>;
}

export type StopInForce = AskedBy;
export type SystemState = Switches<StopInForce>;

/** Who stopped what, why and since when (milliseconds since 1970). */
export interface StopView extends StopInForce {
  readonly since: number;
}
export type SystemView = Switches<StopView>;

export interface SystemCommandData {
  StopStarts: StartsScope & AskedBy;
  AllowStarts: StartsScope & AskedBy;
}

export type SystemCommandType = keyof SystemCommandData;

export type SystemCommand = {
  readonly [Type in SystemCommandType]: {
    readonly type: Type;
    readonly data: SystemCommandData[Type];
  };
}[SystemCommandType];

export const ALL_STARTS_ALLOWED: Switches<never> = { system: null, cores: {} };

/** Idempotent: what holds already leads to nothing. The switch of the system and those of the cores are independent. */
function decideSystem({ type, data }: SystemCommand, state: SystemState): readonly SystemEvent[] {
  const isStopped = stopAt(state, data.core) !== null;
  if (isStopped === (type === 'StopStarts')) return [];
  return [{ type: type === 'StopStarts' ? 'StartsStopped' : 'StartsAllowed', data }];
}

function evolveSystem(state: SystemState, event: SystemEvent): SystemState {
  return switched(state, event, (stop) => stop);
}

/** Folds one event into what is shown of the switches. */
export function evolveSystemView(
  view: SystemView,
  { event, at }: Pick<RecordedSystemEvent, 'event' | 'at'>,
): SystemView {
  return switched(view, event, (stop) => ({ ...stop, since: at }));
}

export const systemDecider: Decider<SystemCommand, SystemState, SystemEvent> = {
  initialState: ALL_STARTS_ALLOWED,
  decide: decideSystem,
  evolve: evolveSystem,
};

/** The switch that holds up starts on a core, and its name as the target of a wait; null if they are allowed. */
export function startsStoppedFor<Stop>(
  switches: Switches<Stop>,
  core: string,
): { readonly target: string; readonly stop: Stop } | null {
  const { system } = switches;
  if (system !== null) return { target: 'switch:system', stop: system };
  const stop = stopAt(switches, core);
  return stop === null ? null : { target: `switch:${core}`, stop };
}

function stopAt<Stop>({ system, cores }: Switches<Stop>, core: string | null): Stop | null {
  if (core === null) return system;
  return Object.hasOwn(cores, core) ? (cores[core] ?? null) : null;
}

function switched<Stop>(
  switches: Switches<Stop>,
  event: SystemEvent,
  stopOf: (asked: StopInForce) => Stop,
): Switches<Stop> {
  if (!isSwitching(event)) return switches;
  const { core, requestedBy, reason } = event.data;
  const stop = event.type === 'StartsStopped' ? stopOf({ requestedBy, reason }) : null;
  if (core === null) return { ...switches, system: stop };
  const others = Object.entries(switches.cores).filter(([name]) => name !== core);
  return { ...switches, cores: Object.fromEntries(stop ? [...others, [core, stop]] : others) };
}
